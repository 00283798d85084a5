// The bar of the player at the bottom of a page: the current track, its position and rating, the queue, the volume.

(() => {
  const player = window.workbenchPlayer, SHOWN = 50; // tracks of the queue; set by hand: nobody looks farther ahead
  if (player.hasBar) return; // in this page, or in the page around this frame
  player.hasBar = true;

  function addButton(parent, icon, label, act) {
    const button = element(parent, "button", { type: "button", title: label, onclick: act }, { "aria-label": label });
    element(button, "i", { className: `pw-icon pw-i-${icon}` }, { "aria-hidden": "true" });
    return button;
  }
  const range = (parent, label, step) => element(parent, "input", { type: "range", min: 0, max: 1, step }, { "aria-label": label });

  const bar = element(document.body, "section", { className: "pw pw-now", hidden: true }, { "aria-label": "Player" });
  const problem = element(bar, "p", { className: "pw-now-problem", hidden: true }, { role: "alert" });
  const who = element(bar, "div", { className: "pw-now-who" });
  const cover = element(who, "div", { className: "pw-now-cover" }, { "aria-hidden": "true" });
  const names = element(who, "div", { className: "pw-now-names", dir: "auto" });
  const title = element(names, "b"), artist = element(names, "span");
  const buttons = element(bar, "div", { className: "pw-now-buttons" });
  addButton(buttons, "previous", "Previous track", player.previous);
  const main = addButton(buttons, "play", "Play", player.toggle);
  const next = addButton(buttons, "next", "Next track", player.next);
  const along = element(bar, "div", { className: "pw-now-along" });
  const passed = element(along, "span", { className: "pw-now-time" });
  const place = range(along, "Position", 0.1);
  const whole = element(along, "span", { className: "pw-now-time" });
  const more = element(bar, "div", { className: "pw-now-more" });
  const drawStars = addStars(more, player.rate);
  const crossfade = addButton(more, "crossfade", "Crossfade", () => player.set({ crossfade: !player.settings.crossfade }));
  const opener = addButton(more, "queue", "Queue", () => openQueue(list.hidden));
  const volume = range(more, "Volume", 0.05);
  addButton(more, "close", "Stop and close the player", player.stop);
  const list = element(bar, "ol", { className: "pw-queue", hidden: true }, { "aria-label": "Queue" });

  function drawTrack() {
    const { ids, at, track, problem: said } = player.queue, id = ids[at];
    bar.hidden = id === undefined;
    document.documentElement.classList.toggle("pw-has-player", !bar.hidden);
    problem.textContent = said;
    problem.hidden = !said;
    title.textContent = nameOf(track, id);
    artist.textContent = track?.artist ?? "";
    who.title = [title.textContent, artist.textContent].filter(Boolean).join(" — ");
    drawCover(id, track);
    next.disabled = at + 1 >= ids.length;
    volume.value = player.settings.volume;
    crossfade.setAttribute("aria-pressed", player.settings.crossfade);
    drawStars(track?.rating ?? 0, track?.own_rating ?? null);
    drawQueue();
    tellSystem(track);
  }
  const nameOf = (track, id) => track?.title || track?.path?.split(/[\\/]/).pop() || (id === undefined ? "" : `Track ${id}`);
  const coverUrl = (track) => (track?.tags?.cover ? serverUrl(`api/v1/tracks/${track.id}/cover`) : "");
  function drawCover(id, track) {
    const url = coverUrl(track);
    if (cover.dataset.url === url) return;
    cover.dataset.url = url;
    cover.replaceChildren();
    if (url) element(cover, "img", { alt: "", src: url });
  }
  function tellSystem(track) {
    if (!track || !navigator.mediaSession) return;
    const artwork = coverUrl(track) ? [{ src: coverUrl(track), type: "image/jpeg" }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title: title.textContent, artist: artist.textContent, album: track.album ?? "", artwork });
  }
  function openQueue(open) {
    list.hidden = !open;
    opener.setAttribute("aria-expanded", open);
    drawQueue();
  }
  async function drawQueue() {
    if (list.hidden) return;
    const { ids, at } = player.queue, first = Math.max(0, at - 2), shown = ids.slice(first, first + SHOWN);
    const tracks = await Promise.all(shown.map(player.about)), focused = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren();
    list.start = first + 1;
    tracks.forEach((track, index) => drawItem(track, shown[index], first + index, first + index === at));
    if (focused >= 0) (list.querySelectorAll("button")[focused] ?? opener).focus();
  }
  function drawItem(track, id, position, playsNow) {
    const item = element(list, "li"), name = [nameOf(track, id), track.artist].filter(Boolean).join(" — ");
    const button = element(item, "button", { type: "button", dir: "auto", textContent: name, onclick: () => player.start(position) });
    if (playsNow) button.setAttribute("aria-current", "true");
    else addButton(item, "close", `Remove ${name} from the queue`, () => player.remove(position));
  }
  function drawPosition() {
    const { at_s, paused, duration_s } = player.now, label = paused ? "Play" : "Pause";
    passed.textContent = clock(at_s);
    whole.textContent = clock(duration_s);
    place.max = duration_s || 1;
    if (!place.matches(":active")) place.value = at_s;
    place.setAttribute("aria-valuetext", `${clock(at_s)} of ${clock(duration_s)}`);
    main.title = label;
    main.setAttribute("aria-label", label);
    main.firstChild.className = `pw-icon pw-i-${label.toLowerCase()}`;
    if (!navigator.mediaSession) return;
    navigator.mediaSession.playbackState = bar.hidden ? "none" : paused ? "paused" : "playing";
    if (duration_s) navigator.mediaSession.setPositionState({ duration: duration_s, position: Math.min(at_s, duration_s) });
  }
  place.oninput = () => player.seek(Number(place.value));
  place.onkeydown = (event) => handleKey(event, {
    " ": player.toggle, ArrowLeft: () => player.seek(player.now.at_s - 5), ArrowRight: () => player.seek(player.now.at_s + 5),
  });
  volume.oninput = () => player.set({ volume: Number(volume.value) });
  bar.onkeydown = (event) => {
    if (list.hidden) return;
    handleKey(event, { Escape: () => { openQueue(false); opener.focus(); } });
  };
  window.addEventListener("workbench-queue", drawTrack);
  window.addEventListener("workbench-playing", drawPosition);
  window.addEventListener("workbench-position", drawPosition);
  new ResizeObserver(() => document.documentElement.style.setProperty("--pw-player-height", `${bar.offsetHeight}px`)).observe(bar);
  drawTrack();
  drawPosition();
})();
