// The player of a page: a queue, and two decks for transitions from one track to the next.
// Other scripts call `workbenchPlayer`. Each window of the page gets three events with the values of `workbenchPlayer.now`:
// "workbench-playing" when another track starts, or the sound stops or continues; "workbench-position" several times a
// second; "workbench-queue" when the queue, the facts about a track, or a setting has changed. A fourth event,
// "workbench-rated", has { id, rating, own_rating }.

(() => {
  if (window.workbenchPlayer) return;
  const outer = window.parent !== window && nearby(() => window.parent.workbenchPlayer);
  if (outer) { // this page is in a frame of a page that plays
    window.workbenchPlayer = outer;
    outer.join(window);
    return;
  }

  const FADE_S = 4, LEAD_S = 6; // a usual crossfade, and the sound before a transition that is played; set by hand
  const LOUDNESS_LUFS = -18; // the reference of ReplayGain 2.0
  const FARTHEST_DB = 12; // set by hand: a track with a wrong value is neither silent nor much too loud
  const HEARD_SHARE = 0.5, HEARD_S = 240; // a play counts as on Last.fm and ListenBrainz
  const FAILURES = 3; // set by hand: after these, the drive is probably missing, and further attempts would not help
  const KEPT = "workbench-queue", SETTINGS = "workbench-player";

  const heardOf = new Map(); // the server's facts about tracks, by id
  const windows = new Set([window]);
  const settings = { volume: 0.8, crossfade: true, ...nearby(() => JSON.parse(localStorage.getItem(SETTINGS))) };
  const decks = [newDeck(), newDeck()];
  let playing = 0; // the index of the audible deck
  let ids = [], at = -1, wanted = false, failures = 0;
  let fade = null; // { from, until, timer } while both decks play
  let problem = ""; // why the last track could not be played
  let transition = false; // whether the next change is played as a transition

  function nearby(read) {
    try { return read() ?? null; } catch { return null; }
  }
  const deck = () => decks[playing], spare = () => decks[1 - playing];
  const current = () => ids[at], following = () => ids[at + 1];
  const length = () => (Number.isFinite(deck().audio.duration) && deck().audio.duration) || heardOf.get(current())?.duration_s || 0;

  async function ask(path, method = "GET", body = undefined) {
    const token = document.cookie.match(/\b_xsrf=([^;]*)/), headers = { "Content-Type": "application/json" };
    if (token && method !== "GET") headers["X-XSRFToken"] = token[1];
    const answer = await fetch(serverUrl(`api/v1/tracks/${path}`), { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error((await answer.json()).message);
    return answer.status === 204 ? null : answer.json();
  }
  async function about(id) {
    if (id === undefined) return null;
    if (!heardOf.has(id)) heardOf.set(id, await ask(id).catch(() => ({ id, title: null, features: {}, tags: {} })));
    return heardOf.get(id);
  }

  // --- decks

  function newDeck() {
    const audio = new Audio(), made = { audio, id: null, share: 1, heard_s: 0, last_s: 0, told: false };
    audio.preload = "auto";
    audio.addEventListener("timeupdate", () => made === deck() && tick());
    audio.addEventListener("ended", () => made === deck() && advance());
    audio.addEventListener("error", () => fail(made));
    for (const name of ["play", "pause", "seeked", "loadedmetadata"]) audio.addEventListener(name, () => made === deck() && tell("workbench-playing"));
    return made;
  }
  function load(made, id) {
    if (made.id === id && !made.audio.error) return;
    Object.assign(made, { id, share: 1 });
    if (id === undefined) return made.audio.removeAttribute("src");
    made.audio.src = serverUrl(`api/v1/tracks/${id}/audio`);
    made.audio.load();
  }
  function seekWhenReady(audio, seconds) {
    if (audio.readyState > 0) audio.currentTime = seconds;
    else audio.addEventListener("loadedmetadata", () => (audio.currentTime = seconds), { once: true });
  }
  // Loud tracks are turned down, and quiet ones up as far as the volume allows, because an element's volume is 1 at most.
  function gain(id) {
    const known = heardOf.get(id), measured = known?.features?.loudness_lufs, written = known?.tags?.tag_gain_db;
    const decibels = measured ? LOUDNESS_LUFS - measured : written ?? 0;
    return 10 ** (Math.max(-FARTHEST_DB, Math.min(FARTHEST_DB, decibels)) / 20);
  }
  function setVolumes() {
    for (const each of decks) each.audio.volume = Math.min(1, settings.volume ** 2 * gain(each.id) * each.share);
  }
  // The server sends WAV for formats that no browser plays; this browser may lack another format.
  function fail(made) {
    const { audio, id } = made, source = audio.currentSrc || audio.src;
    if (!id || !source) return;
    if (audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && !source.endsWith("format=wav")) {
      const position = audio.currentTime;
      audio.src = `${source}?format=wav`;
      if (position) seekWhenReady(audio, position);
      if (made === deck() && wanted) sound();
      return;
    }
    if (made !== deck()) return;
    failures += 1;
    problem = "This track cannot be played here: its file is missing or damaged, or this page was not opened with `workbench serve` or `workbench lab`.";
    changed();
    if (failures < FAILURES && following() !== undefined) start(at + 1);
    else pause();
  }
  // NotSupportedError also causes the event "error", whose handler handles it.
  function sound() {
    wanted = true;
    deck().audio.play().catch((error) => {
      if (error.name === "NotAllowedError") { wanted = false; tell("workbench-playing"); }
    });
  }

  // --- queue

  async function start(place, from_s = 0) {
    endFade();
    at = place;
    const id = current();
    const ready = spare().id === id && !spare().audio.error;
    deck().audio.pause();
    if (ready) playing = 1 - playing;
    else load(deck(), id);
    Object.assign(deck(), { share: 1, heard_s: 0, last_s: from_s, told: false });
    if (from_s || deck().audio.currentTime) seekWhenReady(deck().audio, from_s);
    if (heardOf.has(id)) setVolumes();
    sound();
    changed();
    await about(id);
    setVolumes();
    changed();
    prepare();
  }
  // The next track is loaded while this one plays, so that it starts without a delay.
  async function prepare() {
    const next = following();
    if (next === undefined) return;
    await about(next);
    if (next === following() && !fade) load(spare(), next);
    setVolumes();
  }
  function play(chosen, { at: place = 0, from_s = 0, as_transition = false } = {}) {
    ids = chosen.map(Number);
    failures = 0;
    transition = as_transition;
    problem = "";
    if (as_transition) return hearTransition(place);
    return start(place, from_s);
  }
  async function hearTransition(place) {
    const [first, second] = await Promise.all([about(ids[place]), about(ids[place + 1])]);
    const crossing = crossingOf(first, second);
    return start(place, crossing ? Math.max(0, crossing.fade_at_s - LEAD_S) : 0);
  }
  function advance() {
    if (following() !== undefined) start(at + 1);
    else pause();
  }
  function next() { if (following() !== undefined) start(at + 1); }
  function previous() { deck().audio.currentTime > 3 || at <= 0 ? seek(0) : start(at - 1); }
  function pause() {
    wanted = false;
    endFade();
    deck().audio.pause();
    tell("workbench-playing");
  }
  function toggle() {
    if (current() === undefined) return;
    if (!deck().audio.paused) pause();
    else if (deck().id === current()) sound();
    else start(at, restored_s);
  }
  function seek(seconds) {
    endFade();
    deck().audio.currentTime = deck().last_s = Math.min(Math.max(0, seconds), Math.max(0, length() - 0.05));
    tell("workbench-position");
  }
  function stop() {
    pause();
    ids = [];
    at = -1;
    for (const each of decks) load(each, undefined);
    changed();
  }
  function remove(place) {
    if (place === at) return;
    ids = ids.filter((_, index) => index !== place);
    if (place < at) at -= 1;
    changed();
    prepare();
  }

  // --- from one track to the next

  // The start of a crossfade between the end of a track and the start of the next one; null if there is no crossfade.
  function crossingOf(first, second) {
    if (!first?.duration_s || !second || first.duration_s < 3 * FADE_S) return null;
    const silence_s = first.features?.trailing_silence_s ?? 0;
    return { fade_at_s: Math.max(0, first.duration_s - silence_s - FADE_S), from_s: second.features?.leading_silence_s ?? 0 };
  }
  // Consecutive tracks of an album have no crossfade.
  function isAlbum(first, second) {
    const number = (track) => Number(track?.track_number);
    return Boolean(first.album) && first.album === second.album && number(second) === number(first) + 1;
  }
  function tick() {
    const { audio } = deck(), now = audio.currentTime, passed = now - deck().last_s;
    if (passed > 0 && passed < 2) deck().heard_s += passed;
    deck().last_s = now;
    if (now > 1) failures = 0;
    report();
    tell("workbench-position");
    const first = heardOf.get(current()), second = heardOf.get(following());
    if (fade || !second || !(transition || (settings.crossfade && !isAlbum(first, second)))) return;
    const crossing = crossingOf(first, second);
    if (crossing && !audio.paused && now >= crossing.fade_at_s && spare().id === following()) cross(crossing.from_s);
  }
  // Crossfade with equal power.
  function cross(from_s) {
    const from = deck(), began = performance.now();
    playing = 1 - playing;
    at += 1;
    transition = false;
    Object.assign(deck(), { share: 0, heard_s: 0, last_s: from_s, told: false });
    seekWhenReady(deck().audio, from_s);
    setVolumes();
    const timer = setInterval(() => {
      const share = (performance.now() - began) / 1000 / FADE_S;
      from.share = Math.cos((Math.min(1, share) * Math.PI) / 2);
      deck().share = Math.sin((Math.min(1, share) * Math.PI) / 2);
      setVolumes();
      if (share >= 1) { endFade(); prepare(); }
    }, 40);
    fade = { from, timer };
    sound();
    changed();
  }
  function endFade() {
    if (!fade) return;
    clearInterval(fade.timer);
    fade.from.audio.pause();
    fade = null;
    deck().share = 1;
    setVolumes();
  }

  // --- reports to the server

  function report() {
    const made = deck();
    if (made.told || made.heard_s < Math.min(HEARD_S, HEARD_SHARE * length()) || !length()) return;
    made.told = true;
    ask(`${made.id}/plays`, "POST").catch(() => {});
  }
  async function rate(stars) {
    const id = current();
    try {
      learn({ id, ...(await ask(`${id}/rating`, "PUT", { rating: stars })) });
    } catch (error) {
      problem = error.message;
      changed();
    }
  }
  // Sets a new rating of a track, from the bar or another part of the page.
  function learn(rated) {
    if (heardOf.has(rated.id)) Object.assign(heardOf.get(rated.id), rated);
    send("workbench-rated", rated);
    changed();
  }

  // --- other players

  const others = new BroadcastChannel("workbench-player");
  others.onmessage = () => pause(); // a page in another tab has started to play

  function now() {
    const loaded = deck().id === current();
    return { id: current() ?? 0, paused: !loaded || deck().audio.paused, at_s: loaded ? deck().audio.currentTime : restored_s, duration_s: length() };
  }
  function tell(kind) {
    if (kind === "workbench-playing" && !deck().audio.paused) others.postMessage("playing");
    send(kind, now());
    if (kind === "workbench-playing") keep();
  }
  function send(kind, detail) {
    for (const each of windows) nearby(() => each.dispatchEvent(new each.CustomEvent(kind, { detail })));
  }
  function changed() {
    tell("workbench-queue");
    tell("workbench-playing");
  }

  // --- state for a reload of this tab

  let restored_s = 0;
  function keep() {
    nearby(() => sessionStorage.setItem(KEPT, JSON.stringify({ ids, at, at_s: now().at_s })));
  }
  async function restore() {
    const kept = nearby(() => JSON.parse(sessionStorage.getItem(KEPT)));
    if (!kept?.ids?.length) return;
    ({ ids, at, at_s: restored_s } = kept);
    await about(current());
    changed();
  }
  function set(changes) {
    Object.assign(settings, changes);
    nearby(() => localStorage.setItem(SETTINGS, JSON.stringify(settings)));
    setVolumes();
    changed();
  }

  const keys = {
    " ": toggle, ArrowLeft: () => seek(now().at_s - 5), ArrowRight: () => seek(now().at_s + 5),
  };
  // Keys of the player, unless they have another meaning in a field, a button or a table.
  function onKey(event) {
    if (!event.target.matches?.("body, html") || current() === undefined) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }
  // Sends the events to another window of this page, and handles its keys, except in a notebook, which has its own.
  function join(other) {
    windows.add(other);
    other.addEventListener("pagehide", () => windows.delete(other));
    if (other.document.body.dataset.voila !== undefined) other.document.addEventListener("keydown", onKey);
  }
  if ("mediaSession" in navigator) {
    const acts = {
      play: toggle, pause, previoustrack: previous, nexttrack: next, stop,
      seekto: ({ seekTime }) => seek(seekTime), seekbackward: () => seek(now().at_s - 10), seekforward: () => seek(now().at_s + 10),
    };
    for (const [name, act] of Object.entries(acts)) nearby(() => navigator.mediaSession.setActionHandler(name, act));
  }
  addEventListener("pagehide", keep);
  window.workbenchPlayer = {
    play, toggle, pause, next, previous, seek, stop, start, remove, rate, learn, set, join, about, settings,
    get now() { return now(); },
    get queue() { return { ids: [...ids], at, track: heardOf.get(current()), problem }; },
  };
  join(window);
  restore();
})();
