// Opens other pages without leaving the document. An app replaces the previous one, which saves half a second of
// loading scripts. While the player has a queue, other pages are shown in frames above, so that the sound goes on.
// Address, title and Back are those of the visible page. While there is a queue, up to KEPT pages that were left are
// kept, so that returning to them takes no time and loses nothing.

(() => {
  const player = window.workbenchPlayer, KEPT = 4; // set by hand: each has a kernel of 30 to 80 MB
  const root = new URL(serverUrl("")).pathname, apps = `${root}voila/render/`;
  const addressOf = (url) => url.pathname + url.search;

  // Passes the clicks on links of a page to a function that shows their pages, where there is one.
  function catchLinks(page, { opens, open }) {
    page.document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href]");
      if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      if (link.target || link.hasAttribute("download") || link.origin !== location.origin || link.hash || !opens(link)) return;
      event.preventDefault();
      open(new URL(link.href));
    });
  }

  if (player.pages) { // this page is in a frame, and the page around it shows pages
    catchLinks(window, player.pages);
    return;
  }

  let own = { address: addressOf(location), title: document.title }, place = null; // Voila's place for the content of an app
  // A screen reader says by itself only the title of a new document.
  const spoken = element(document.body, "p", { className: "pw-hidden" }, { "aria-live": "polite" });
  let pages = [own], shown = own, wanted = own.address, opened = 0; // pages in the order in which they were visible

  function frameOf(address) {
    const frame = element(document.body, "iframe", { className: "pw-frame", src: address, title: "Playlist Workbench", hidden: true });
    const page = { address, title: document.title, frame, isLoaded: false, close: () => frame.remove() };
    frame.addEventListener("load", () => {
      page.isLoaded = true; // before, its links would load pages in the frame
      page.title = frame.title = frame.contentDocument.title;
      page.address = addressOf(frame.contentWindow.location);
      if (page !== shown) return;
      sayWhere();
      frame.hidden = false;
      frame.contentWindow.focus();
    });
    return page;
  }
  function sayWhere() {
    document.title = shown.title;
    wanted = shown.address;
    if (addressOf(location) !== wanted) history.replaceState(null, "", wanted);
  }
  function markLink(address) {
    for (const link of document.querySelectorAll(".pw-nav a")) {
      if (link.pathname === address.split("?")[0]) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
  function show(page) {
    if (shown !== page) shown.scrolled = window.scrollY;
    shown = page;
    pages = [...pages.filter((one) => one !== page), page];
    const left = pages.filter((one) => one !== page && one.close), kept = player.now.id ? KEPT : 0;
    for (const gone of left.slice(0, Math.max(0, left.length - kept))) {
      gone.close();
      pages = pages.filter((one) => one !== gone);
    }
    for (const each of pages) {
      if (each.frame) {
        each.frame.contentWindow.workbenchBehind = each !== page;
        each.frame.hidden = each !== page || !each.isLoaded;
      }
      else if (each !== page && page.element) each.element?.remove(); // below a frame, the last app stays
    }
    window.workbenchBehind = Boolean(page.frame);
    if (page.element && !page.element.isConnected) place.append(page.element);
    page.element?.removeAttribute("aria-busy");
    document.documentElement.classList.toggle("pw-covered", Boolean(page.frame));
    for (const each of document.body.children) each.inert = Boolean(page.frame) && !each.matches(".pw-frame, .pw-now");
    document.title = page.title;
    markLink(page.address);
    spoken.textContent = page.title;
    if (page.frame) page.frame.contentWindow.focus();
    else {
      document.activeElement?.blur(); // keys are for the player again, as in a new document
      window.scrollTo(0, page.scrolled ?? 0);
    }
    document.dispatchEvent(new Event("workbench-page"));
  }
  // Shows an app in this document instead of the previous one.
  async function openApp(address, isCurrent) {
    if (!place) {
      own = pages[pages.indexOf(own)] = workbenchAppPage.first();
      if (!shown.frame) shown = own;
      place = own.element.parentElement;
    }
    markLink(address);
    shown.element?.setAttribute("aria-busy", "true");
    const page = await workbenchAppPage.load(address);
    if (!isCurrent()) return page.close();
    show(page);
    await page.render();
  }
  // `again` opens the visible app anew.
  async function open(address, again) {
    const number = ++opened, isCurrent = () => number === opened; // until a later click
    wanted = address;
    const known = !again && pages.find((one) => one.address === address);
    if (known) return show(known);
    if (!workbenchAppPage.isReady || !address.startsWith(apps)) return show(frameOf(address));
    try {
      await openApp(address, isCurrent);
    } catch (error) {
      console.warn(error);
      if (!isCurrent()) return;
      if (player.now.id) show(frameOf(address));
      else location.reload(); // the page itself says what is wrong
    }
  }
  player.pages = {
    opens({ pathname }) {
      if (![root, `${root}api`].includes(pathname) && !pathname.startsWith(apps)) return false;
      return Boolean(player.now.id) || (workbenchAppPage.isReady && pathname.startsWith(apps));
    },
    open(url) {
      const address = addressOf(url), again = address === wanted;
      if (again && (player.now.id || shown.address !== wanted)) return; // it is there, or is being opened
      if (!again) history.pushState(null, "", address);
      open(address, again);
    },
  };
  catchLinks(window, player.pages);
  addEventListener("popstate", () => addressOf(location) !== wanted && open(addressOf(location), false));
})();
