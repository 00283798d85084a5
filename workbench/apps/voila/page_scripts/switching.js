// Keeps the sound playing when another app is opened. While the player has a queue, its page stays open and shows the
// other pages of the workbench in frames above itself. Address, title and Back are those of the visible page. Up to KEPT
// pages that were left are kept, so that returning to them takes no time and loses nothing.

(() => {
  const player = window.workbenchPlayer, KEPT = 4; // set by hand: each has a kernel of 30 to 80 MB
  const root = new URL(serverUrl("")).pathname;
  const isPage = ({ origin, pathname }) =>
    origin === location.origin && (pathname === root || pathname === `${root}api` || pathname.startsWith(`${root}voila/render/`));
  const addressOf = (url) => url.pathname + url.search;

  // A page in a frame passes a click on a link to the page around it, which follows the link.
  function catchLinks(page, open) {
    page.document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      if (link.target || link.hasAttribute("download") || !isPage(link) || link.hash || !player.now.id) return;
      event.preventDefault();
      open(new URL(link.href));
    });
  }

  if (player.openPage) {
    catchLinks(window, player.openPage);
    return;
  }

  const own = { address: addressOf(location), title: document.title, frame: null };
  let pages = [own], shown = own; // in the order in which they were visible
  const windowOf = (page) => page.frame?.contentWindow ?? window;

  function add(address) {
    const frame = element(document.body, "iframe", { className: "pw-frame", src: address, title: "Playlist Workbench" });
    const page = { address, title: document.title, frame };
    frame.addEventListener("load", () => {
      page.title = frame.title = frame.contentDocument.title;
      page.address = addressOf(frame.contentWindow.location);
      if (page === shown) sayWhere(page);
    });
    return page;
  }
  function sayWhere(page) {
    document.title = page.title;
    if (addressOf(location) !== page.address) history.replaceState(null, "", page.address);
  }
  function show(address) {
    const page = pages.find((one) => one.address === address) ?? add(address);
    pages = [...pages.filter((one) => one !== page), page];
    shown = page;
    const left = pages.filter((one) => one.frame);
    if (left.length > KEPT) {
      left[0].frame.remove();
      pages = pages.filter((one) => one !== left[0]);
    }
    for (const each of pages) {
      if (each.frame) each.frame.hidden = each !== page;
      windowOf(each).workbenchBehind = each !== page;
    }
    document.documentElement.classList.toggle("pw-covered", page !== own);
    for (const each of document.body.children) each.inert = page !== own && !each.matches(".pw-frame, .pw-now");
    document.title = page.title;
    windowOf(page).focus();
  }
  player.openPage = (url) => {
    if (addressOf(url) === shown.address) return;
    history.pushState(null, "", addressOf(url));
    show(addressOf(url));
  };
  catchLinks(window, player.openPage);
  addEventListener("popstate", () => addressOf(location) !== shown.address && show(addressOf(location)));
})();
