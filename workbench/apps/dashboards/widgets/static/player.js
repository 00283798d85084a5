// Plays one track by URL, with its waveform, sections and beats; or the transition from one track to the next.

function paint(canvas, { peaks, beats, sections, duration, position }) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width) return;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const style = getComputedStyle(canvas), color = (name) => style.getPropertyValue(name);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const x = (seconds) => (duration ? (seconds / duration) * width : 0);
  const middle = height / 2 - 4, count = peaks.length / 2;
  for (let column = 0; column < width && count; column++) {
    const first = Math.floor((column / width) * count), last = Math.max(first + 1, Math.ceil(((column + 1) / width) * count));
    let low = 127, high = -127;
    for (let i = first; i < Math.min(last, count); i++) {
      low = Math.min(low, peaks[2 * i]);
      high = Math.max(high, peaks[2 * i + 1]);
    }
    context.fillStyle = color(column <= x(position) ? "--pw-1" : "--pw-faint");
    context.globalAlpha = column <= x(position) ? 1 : 0.55;
    context.fillRect(column, middle - (high / 127) * middle, 1, Math.max(1, ((high - low) / 127) * middle));
  }
  context.globalAlpha = 1;
  context.fillStyle = color("--pw-3");
  let every = 1;
  while (beats.length > 1 && (width / beats.length) * every < 4) every *= 2;
  for (let i = 0; i < beats.length; i += every) context.fillRect(x(beats[i]), height - 7, 1, 7);
  context.fillStyle = color("--pw-2");
  context.font = "11px sans-serif";
  sections.forEach((at, index) => {
    context.fillRect(x(at), 0, 1.5, height - 9);
    context.fillText(String(index + 1), x(at) + 4, 11);
  });
  context.fillStyle = color("--pw-text");
  context.fillRect(x(position) - 1, 0, 2, height);
}

function render({ model, el }) {
  el.classList.add("pw");
  const root = element(el, "div", { className: "pw-player" }, { role: "group" });
  const controls = element(root, "div", { className: "pw-controls" });
  const button = element(controls, "button", { type: "button" });
  const time = element(controls, "span", { className: "pw-time" });
  const title = element(controls, "span", { className: "pw-title" });
  const volumeLabel = element(controls, "label", { textContent: "Volume" });
  const volume = element(volumeLabel, "input", { type: "range", min: 0, max: 1, step: 0.05, value: 0.8 });
  const wave = element(root, "div", { className: "pw-wave", tabIndex: 0 }, { role: "slider", "aria-valuemin": 0, "aria-label": "Position in the track" });
  const canvas = element(wave, "canvas", {}, { "aria-hidden": "true" });
  const keysHint = element(root, "span", { className: "pw-keys", textContent: "Space plays and pauses · ← → 5 s · Page keys 30 s · [ ] section · orange: sections, green: beats" });
  const problem = element(root, "div", { className: "pw-problem", hidden: true }, { role: "alert" });
  const audio = new Audio(), second = new Audio();
  audio.preload = second.preload = "none";
  let marks = {}, crossing = null, frame = 0;

  const duration = () => (Number.isFinite(audio.duration) && audio.duration) || model.get("duration_s") || 0;
  function draw() {
    frame = 0;
    const position = audio.currentTime || 0;
    paint(canvas, { ...marks, duration: model.get("duration_s") || duration(), position });
    time.textContent = `${clock(position)} / ${clock(duration())}`;
    button.textContent = audio.paused ? "▶ Play" : "❚❚ Pause";
    wave.setAttribute("aria-valuemax", Math.round(duration()));
    wave.setAttribute("aria-valuenow", Math.round(position));
    wave.setAttribute("aria-valuetext", `${clock(position)} of ${clock(duration())}`);
  }
  const redraw = () => (frame ||= requestAnimationFrame(draw));
  function load() {
    marks = { peaks: numbers(model, "peaks", Int8Array), beats: numbers(model, "beats", Float32Array), sections: numbers(model, "sections", Float32Array) };
    title.textContent = model.get("title") || "Choose a track to hear it";
    root.setAttribute("aria-label", "Player: " + title.textContent);
    problem.hidden = true;
    const source = model.get("source"), url = source ? serverUrl(source) : "";
    if (audio.dataset.url !== url) {
      second.pause();
      audio.dataset.url = url;
      if (url) audio.src = url; else audio.removeAttribute("src");
    }
    button.disabled = !url;
    wave.hidden = keysHint.hidden = !url;
    redraw();
  }
  // The server sends WAV where it knows that browsers lack the format; this browser may lack another one.
  function fail() {
    const url = audio.dataset.url, asWav = url + "?format=wav";
    if (!url) return;
    if (audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && audio.src === url) {
      const wanted = !audio.paused, at = audio.currentTime;
      audio.src = asWav;
      if (at) seekWhenReady(audio, at);
      if (wanted) start();
      return;
    }
    problem.hidden = false;
    problem.textContent = "This track cannot be played here: its file is missing or damaged, or this page was not opened with `workbench serve` or `workbench lab`.";
    redraw();
  }
  // The event "error" comes with NotSupportedError too, and handles it.
  const start = () => audio.dataset.url && audio.play().catch((error) => !["AbortError", "NotSupportedError"].includes(error.name) && fail());
  function seek(seconds) {
    const to = Math.min(Math.max(0, seconds), Math.max(0, duration() - 0.05));
    audio.currentTime = to;
    model.set("position_s", to);
    model.save_changes();
    redraw();
  }
  function skipSection(step) {
    const now = audio.currentTime, all = [...marks.sections];
    const to = step > 0 ? all.find((at) => at > now + 0.1) : all.reverse().find((at) => at < now - 1);
    seek(to ?? (step > 0 ? duration() : 0));
  }
  function toggle() {
    if (audio.paused) start(); else { audio.pause(); second.pause(); crossing = null; }
  }
  // The last seconds of one track under the first of the next, with equal power.
  function cross(message) {
    crossing = message;
    second.src = serverUrl(message.next);
    second.preload = "auto";
    second.load();
    seekWhenReady(audio, message.from_s);
    start();
  }
  function seekWhenReady(media, seconds) {
    if (media.readyState > 0) media.currentTime = seconds;
    else media.addEventListener("loadedmetadata", () => (media.currentTime = seconds), { once: true });
  }
  function showPosition() {
    redraw();
    if (!crossing) return;
    const share = (audio.currentTime - crossing.fade_at_s) / crossing.fade_s;
    if (share < 0) return;
    if (second.paused && share < 1) { seekWhenReady(second, crossing.next_from_s); second.play().catch(fail); }
    audio.volume = volume.value * Math.cos((Math.min(1, share) * Math.PI) / 2);
    second.volume = volume.value * Math.sin((Math.min(1, share) * Math.PI) / 2);
    if (share >= 1 || audio.ended) { audio.pause(); audio.volume = volume.value; second.volume = volume.value; crossing = null; }
  }
  const keys = {
    " ": toggle, Enter: toggle, ArrowLeft: () => seek(audio.currentTime - 5), ArrowRight: () => seek(audio.currentTime + 5),
    PageUp: () => seek(audio.currentTime - 30), PageDown: () => seek(audio.currentTime + 30), Home: () => seek(0), End: () => seek(duration()),
    "[": () => skipSection(-1), "]": () => skipSection(1),
  };

  button.onclick = toggle;
  volume.oninput = () => (audio.volume = second.volume = volume.value);
  audio.volume = second.volume = 0.8;
  wave.onkeydown = (event) => { handleKey(event, keys); };
  wave.onpointerdown = (event) => {
    const box = wave.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * duration());
  };
  audio.ontimeupdate = showPosition;
  audio.onloadedmetadata = audio.onpause = audio.onseeked = redraw;
  audio.onplay = () => { problem.hidden = true; redraw(); };
  audio.onerror = fail;
  second.onplay = second.onpause = redraw;
  const onMessage = (message) => {
    crossing = null;
    second.pause();
    if (message.kind === "play") {
      if (message.at_s) seekWhenReady(audio, message.at_s);
      start();
    } else if (message.kind === "pause") audio.pause();
    else if (message.kind === "crossing") cross(message);
  };
  const changes = ["source", "title", "duration_s", "peaks", "beats", "sections"].map((name) => ["change:" + name, load]);
  const stop = follow(model, { ...Object.fromEntries(changes), "msg:custom": onMessage }, wave, redraw);
  load();
  return () => {
    audio.pause();
    second.pause();
    stop();
  };
}

export default { render };
