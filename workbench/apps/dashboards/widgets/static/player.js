// Shows a track with its waveform, sections and beats. The player of the page plays the sound; this shows its position
// and starts it at a position.

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
  const player = window.workbenchPlayer;
  const root = element(el, "div", { className: "pw-player" }, { role: "group" });
  const controls = element(root, "div", { className: "pw-controls" });
  const button = element(controls, "button", { type: "button" });
  const time = element(controls, "span", { className: "pw-time" });
  const title = element(controls, "span", { className: "pw-title" });
  const wave = element(root, "div", { className: "pw-wave", tabIndex: 0 }, { role: "slider", "aria-valuemin": 0, "aria-label": "Position in the track" });
  const canvas = element(wave, "canvas", {}, { "aria-hidden": "true" });
  const keysHint = element(root, "span", { className: "pw-keys", textContent: "Space plays and pauses · ← → 5 s · Page keys 30 s · [ ] section · orange: sections, green: beats" });
  let marks = {}, waits_s = 0, frame = 0; // where a track that is not playing would start

  const id = () => model.get("track_id");
  const isHeard = () => id() && player.now.id === id();
  const at = () => (isHeard() ? player.now.at_s : waits_s);
  const duration = () => (isHeard() && player.now.duration_s) || model.get("duration_s") || 0;
  function draw() {
    frame = 0;
    paint(canvas, { ...marks, duration: model.get("duration_s") || duration(), position: at() });
    time.textContent = `${clock(at())} / ${clock(duration())}`;
    button.textContent = isHeard() && !player.now.paused ? "❚❚ Pause" : "▶ Play";
    wave.setAttribute("aria-valuemax", Math.round(duration()));
    wave.setAttribute("aria-valuenow", Math.round(at()));
    wave.setAttribute("aria-valuetext", `${clock(at())} of ${clock(duration())}`);
  }
  const redraw = () => (frame ||= requestAnimationFrame(draw));
  function load() {
    marks = { peaks: numbers(model, "peaks", Int8Array), beats: numbers(model, "beats", Float32Array), sections: numbers(model, "sections", Float32Array) };
    title.textContent = model.get("title") || "Choose a track to hear it";
    root.setAttribute("aria-label", "Track: " + title.textContent);
    waits_s = 0;
    button.disabled = !id();
    wave.hidden = keysHint.hidden = !id();
    redraw();
  }
  function play(from_s, as_transition = false) {
    const queue = model.get("queue"), place = queue.indexOf(id());
    player.play(place < 0 ? [id()] : queue, { at: Math.max(0, place), from_s, as_transition });
  }
  const toggle = () => (isHeard() ? player.toggle() : play(waits_s));
  function seek(seconds) {
    const to = Math.min(Math.max(0, seconds), Math.max(0, duration() - 0.05));
    if (isHeard()) player.seek(to);
    else waits_s = to;
    redraw();
  }
  function skipSection(step) {
    const now = at(), all = [...marks.sections];
    const to = step > 0 ? all.find((one) => one > now + 0.1) : all.reverse().find((one) => one < now - 1);
    seek(to ?? (step > 0 ? duration() : 0));
  }
  const keys = {
    " ": toggle, Enter: toggle, ArrowLeft: () => seek(at() - 5), ArrowRight: () => seek(at() + 5),
    PageUp: () => seek(at() - 30), PageDown: () => seek(at() + 30), Home: () => seek(0), End: () => seek(duration()),
    "[": () => skipSection(-1), "]": () => skipSection(1),
  };
  button.onclick = toggle;
  wave.onkeydown = (event) => { handleKey(event, keys); };
  wave.onpointerdown = (event) => {
    const box = wave.getBoundingClientRect(), to = ((event.clientX - box.left) / box.width) * duration();
    if (isHeard()) seek(to); else play(to);
  };
  function follows() {
    const { id: heard, paused } = player.now;
    if (model.get("playing") !== heard || model.get("paused") !== paused) {
      model.set({ playing: heard, paused });
      model.save_changes();
    }
    redraw();
  }
  const onMessage = (message) => {
    if (message.kind === "play") play(message.at_s, message.as_transition);
    else if (message.kind === "pause" && isHeard()) player.pause();
  };
  window.addEventListener("workbench-playing", follows);
  window.addEventListener("workbench-position", redraw);
  const changes = ["track_id", "title", "duration_s", "peaks", "beats", "sections"].map((name) => ["change:" + name, load]);
  const stop = follow(model, { ...Object.fromEntries(changes), "msg:custom": onMessage }, wave, redraw);
  load();
  follows();
  return () => {
    window.removeEventListener("workbench-playing", follows);
    window.removeEventListener("workbench-position", redraw);
    stop();
  };
}

export default { render };
