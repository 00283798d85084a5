// A map of up to some hundred thousand points, drawn pixel by pixel, so no graphics card is needed. Positions are float32
// pairs from -1 to 1; colors are one index into the palette for each point.

const MARGIN = 1.08, CLUSTERED = 0.7, LEAST_LABELED = 3; // set by hand: how compact a group must be for a label

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// The pixels of a disc of this radius around (0, 0), and the share of each pixel that the disc covers.
function stamp(radius, hollow) {
  const reach = Math.ceil(radius + 0.5), dx = [], dy = [], cover = [];
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) {
      const away = Math.hypot(x, y), share = Math.min(1, radius + 0.5 - away, hollow ? away - radius + 2 : 1);
      if (share > 0) { dx.push(x); dy.push(y); cover.push(share); }
    }
  return { reach, dx: Int32Array.from(dx), dy: Int32Array.from(dy), cover: Float64Array.from(cover) };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

function inside(polygon, x, y) {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i], [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}

function render({ model, el }) {
  el.classList.add("pw");
  const div = (parent, className) => element(parent, "div", { className });
  const root = div(el, "pw-scatter"), controls = div(root, "pw-controls");
  const button = (textContent, onclick) => element(controls, "button", { textContent, type: "button", onclick });
  const lassoButton = button("Lasso", () => { lassoing = !lassoing; drawControls(); });
  button("Zoom in", () => zoom(1.5));
  button("Zoom out", () => zoom(1 / 1.5));
  button("Show all", () => { view = { x: 0, y: 0, k: 1 }; redraw(); });
  const clear = button("Clear selection", () => select([]));
  const labelButton = button("Labels", () => { labeled = !labeled; drawControls(); redraw(); });
  const field = div(root, "pw-field"), canvas = element(field, "canvas"), tip = div(field, "pw-tip"), pulse = div(field, "pw-pulse"), empty = div(field, "pw-empty-map");
  const axes = div(root, "pw-axes"), legend = div(root, "pw-legend");
  pulse.hidden = true;
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", "Legend: press a name to show only its tracks");
  field.tabIndex = 0;
  field.setAttribute("role", "application");
  tip.setAttribute("role", "status");
  let points = new Float32Array(0), codes = new Uint8Array(0), chosen = new Uint8Array(0), chosenCount = 0, palette = [];
  let view = { x: 0, y: 0, k: 1 }, lassoing = false, outline = [], drag = null, hovered = -1, frame = 0;
  let labeled = true, labels = [], keys = new Int32Array(0), playing = -1, pinch = null;
  const only = new Set(), fingers = new Map();

  const isOff = (i) => only.size > 0 && !only.has(codes[i]);

  const scale = () => (Math.min(field.clientWidth, field.clientHeight) / 2 / MARGIN) * view.k;
  const screenX = (i) => field.clientWidth / 2 + (points[2 * i] - view.x) * scale();
  const screenY = (i) => field.clientHeight / 2 - (points[2 * i + 1] - view.y) * scale();
  const radius = () => Math.min(7, Math.max(1.1, (90 / Math.sqrt(points.length / 2 + 1)) * Math.sqrt(view.k)));

  function drawPoints(context, width, height, ratio) {
    const image = context.createImageData(width, height), pixels = image.data, k = scale() * ratio;
    const unknown = model.get("unknown"), filled = stamp(radius() * ratio), ring = stamp(radius() * ratio, true), reach = filled.reach, middleX = width / 2 - view.x * k, middleY = height / 2 + view.y * k;
    for (let pass = chosenCount || only.size ? 0 : 1; pass < 2; pass++) {
      const strength = !pass ? (only.size ? 0.12 : 0.28) : 0.88;
      for (let i = 0; i < codes.length; i++) {
        const color = palette[codes[i]], faded = isOff(i) || (chosenCount && !chosen[i]);
        if (!color || faded === Boolean(pass)) continue;
        const { dx, dy, cover } = codes[i] === unknown ? ring : filled;
        const left = Math.round(middleX + points[2 * i] * k), top = Math.round(middleY - points[2 * i + 1] * k);
        if (left < -reach || left >= width + reach || top < -reach || top >= height + reach) continue;
        const [r, g, b] = color;
        for (let p = 0; p < cover.length; p++) {
          const x = left + dx[p], y = top + dy[p];
          if (x < 0 || x >= width || y < 0 || y >= height) continue;
          const alpha = cover[p] * strength, at = (y * width + x) * 4, below = (pixels[at + 3] / 255) * (1 - alpha), total = alpha + below;
          pixels[at] = (r * alpha + pixels[at] * below) / total;
          pixels[at + 1] = (g * alpha + pixels[at + 1] * below) / total;
          pixels[at + 2] = (b * alpha + pixels[at + 2] * below) / total;
          pixels[at + 3] = total * 255;
        }
      }
    }
    context.putImageData(image, 0, 0);
  }
  function line(context, places, color, close) {
    if (places.length < 2) return;
    context.beginPath();
    places.forEach(([x, y]) => context.lineTo(x, y));
    if (close) context.closePath();
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.stroke();
  }
  function write(context, words, x, y, text, back) {
    context.font = "600 12px system-ui, sans-serif";
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeStyle = back;
    context.strokeText(words, x, y);
    context.fillStyle = text;
    context.fillText(words, x, y);
  }
  // Draws the name of each compact group at its center; names that would overlap another one are left out.
  function drawLabels(context, text, back) {
    const taken = [];
    for (const { name, code, x, y } of labels) {
      if (only.size && !only.has(code)) continue;
      context.font = "600 12px system-ui, sans-serif";
      const wide = context.measureText(name).width, left = field.clientWidth / 2 + (x - view.x) * scale() - wide / 2;
      const base = field.clientHeight / 2 - (y - view.y) * scale() - radius() - 5;
      if (taken.some((other) => left < other.right + 6 && left + wide > other.left - 6 && Math.abs(base - other.base) < 16)) continue;
      taken.push({ left, right: left + wide, base });
      write(context, name, left, base, text, back);
    }
    field.dataset.labels = taken.length;
  }
  function findLabels() {
    const names = model.get("names"), groups = names.map(() => ({ x: [], y: [] })), all = { x: [], y: [] };
    const rest = [model.get("other"), model.get("unknown")], spread = ({ x, y }) => {
      const [mx, my] = [median([...x]), median([...y])];
      return { mx, my, away: median(x.map((value, i) => Math.hypot(value - mx, y[i] - my))) };
    };
    for (let i = 0; i < codes.length && names.length; i++)
      for (const group of [all, groups[codes[i]]]) { group?.x.push(points[2 * i]); group?.y.push(points[2 * i + 1]); }
    if (!all.x.length) return [];
    const usual = spread(all).away;
    return groups.flatMap((group, code) => {
      if (group.x.length < LEAST_LABELED || rest.includes(code)) return [];
      const { mx, my, away } = spread(group);
      return away <= CLUSTERED * usual ? [{ name: names[code], code, x: mx, y: my, many: group.x.length }] : [];
    }).sort((a, b) => b.many - a.many);
  }
  function showPlaying() {
    pulse.hidden = playing < 0;
    if (playing < 0) return;
    pulse.style.left = screenX(playing) + "px";
    pulse.style.top = screenY(playing) + "px";
    pulse.style.setProperty("--pw-size", `${2 * radius() + 10}px`);
  }
  function follows({ detail }) {
    playing = detail?.id ? keys.indexOf(detail.id) : -1;
    field.dataset.playing = playing < 0 ? "" : detail.id;
    pulse.classList.toggle("pw-paused", Boolean(detail?.paused));
    redraw();
  }
  function draw() {
    frame = 0;
    const ratio = window.devicePixelRatio || 1, width = Math.round(field.clientWidth * ratio), height = Math.round(field.clientHeight * ratio);
    if (!width || !height) return;
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d"), text = getComputedStyle(field).getPropertyValue("--pw-text");
    drawPoints(context, width, height, ratio);
    context.scale(ratio, ratio);
    const path = model.get("path").map((i) => [screenX(i), screenY(i)]);
    line(context, path, text, false);
    const back = getComputedStyle(field).getPropertyValue("--pw-back");
    if (path.length) write(context, "start", path[0][0] + 8, path[0][1] - 8, text, back);
    if (path.length > 1) write(context, "end", path.at(-1)[0] + 8, path.at(-1)[1] + 16, text, back);
    if (labeled) drawLabels(context, text, back);
    showPlaying();
    line(context, outline, text, true);
    if (hovered >= 0) {
      context.beginPath();
      context.arc(screenX(hovered), screenY(hovered), radius() + 4, 0, 7);
      context.strokeStyle = text;
      context.lineWidth = 2;
      context.stroke();
    }
    field.dataset.drawn = codes.length;
  }
  const redraw = () => (frame ||= requestAnimationFrame(draw));
  function nearest(x, y, within) {
    let best = -1, least = within * within;
    for (let i = 0; i < codes.length; i++) {
      if (isOff(i)) continue;
      const d = (screenX(i) - x) ** 2 + (screenY(i) - y) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  }
  function hover(index) {
    if (index === hovered) return;
    hovered = index;
    tip.hidden = index < 0;
    if (index >= 0) { tip.textContent = "…"; model.send({ kind: "hover", index }); }
    redraw();
  }
  function select(indices) {
    const raw = new Uint32Array(indices);
    model.send({ kind: "select" }, undefined, [raw.buffer]);
  }
  function zoom(factor, x = field.clientWidth / 2, y = field.clientHeight / 2) {
    const before = scale(), dx = x - field.clientWidth / 2, dy = field.clientHeight / 2 - y;
    view = { ...view, k: Math.min(500, Math.max(0.5, view.k * factor)) };
    view.x += dx / before - dx / scale();
    view.y += dy / before - dy / scale();
    redraw();
  }
  // Returns the closest point that is more in this direction than to the side.
  function step(dx, dy) {
    if (!codes.length) return;
    if (hovered < 0) return hover(nearest(field.clientWidth / 2, field.clientHeight / 2, 1e9));
    let best = -1, least = Infinity;
    for (let i = 0; i < codes.length; i++) {
      if (isOff(i)) continue;
      const x = screenX(i) - screenX(hovered), y = screenY(i) - screenY(hovered), along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (i !== hovered && along > 0 && along >= aside && along + aside < least) { least = along + aside; best = i; }
    }
    if (best >= 0) hover(best);
  }
  function drawControls() {
    lassoButton.setAttribute("aria-pressed", lassoing);
    lassoButton.title = "Draw around points to select them (or hold Shift and drag)";
    field.classList.toggle("pw-lassoing", lassoing);
    clear.disabled = !chosenCount;
    labelButton.setAttribute("aria-pressed", labeled);
    labelButton.hidden = !labels.length;
    field.style.height = model.get("height") + "px";
    field.setAttribute("aria-label", `${model.get("label")}: ${codes.length} points. Arrow keys go from point to point, Enter opens, plus and minus zoom.`);
    axes.textContent = model.get("axes");
    empty.textContent = codes.length ? "" : model.get("empty");
    empty.hidden = codes.length > 0;
    const ramp = model.get("ramp"), colors = model.get("palette"), unknown = model.get("unknown");
    const items = ramp.length ? [...drawRamp(ramp, colors.slice(0, -1)), ...(unknown < 0 ? [] : [legendItem("unknown", unknown, colors)])]
      : model.get("names").map((name, code) => legendItem(name, code, colors));
    if (only.size) items.push(Object.assign(document.createElement("button"), { type: "button", className: "pw-everything", textContent: "Show all groups", onclick: () => showOnly() }));
    const focused = [...legend.children].indexOf(document.activeElement);
    legend.replaceChildren(...items);
    if (focused >= 0) (legend.children[focused] ?? legend.lastElementChild)?.focus();
  }
  // A name in the legend. If names are pressed, only their tracks are shown.
  function legendItem(name, code, colors) {
    const item = document.createElement("button"), dot = element(item, "i");
    item.type = "button";
    if (code === model.get("unknown")) dot.style.border = `2px solid ${colors[code]}`;
    else dot.style.background = colors[code];
    item.append(name);
    item.setAttribute("aria-pressed", only.has(code));
    item.onclick = () => showOnly(code);
    return item;
  }
  function showOnly(code) {
    if (code === undefined) only.clear();
    else if (!only.delete(code)) only.add(code);
    hover(-1);
    drawControls();
    redraw();
  }
  function drawRamp([low, high], colors) {
    const bar = document.createElement("span");
    bar.className = "pw-ramp";
    bar.style.background = `linear-gradient(90deg, ${colors.join(",")})`;
    return [low, bar, high];
  }
  function takePoints() {
    const was = keys[playing];
    points = numbers(model, "points", Float32Array);
    keys = numbers(model, "track_ids", Int32Array);
    playing = was === undefined ? -1 : keys.indexOf(was);
    takeColors();
  }
  function takeColors() {
    codes = numbers(model, "codes", Uint8Array);
    palette = model.get("palette").map(rgb);
    if (codes.length * 2 !== points.length) codes = new Uint8Array(points.length / 2);
    hovered = -1;
    tip.hidden = true;
    only.clear();
    labels = findLabels();
    takeChosen();
  }
  function takeChosen() {
    chosen = numbers(model, "chosen", Uint8Array);
    chosenCount = chosen.reduce((sum, one) => sum + one, 0);
    drawControls();
    redraw();
  }
  const place = (event) => { const box = field.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  field.onpointerdown = (event) => {
    field.setPointerCapture(event.pointerId);
    const [x, y] = place(event);
    fingers.set(event.pointerId, [x, y]);
    if (fingers.size > 1) {
      drag = null;
      outline = [];
      pinch = between();
      return;
    }
    drag = { x, y, from: view, lasso: lassoing || event.shiftKey, moved: false };
    outline = drag.lasso ? [[x, y]] : [];
  };
  field.onpointermove = (event) => {
    const [x, y] = place(event);
    if (pinch) {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, [x, y]);
      const is = between();
      view = { ...view, x: view.x - (is.x - pinch.x) / scale(), y: view.y + (is.y - pinch.y) / scale() };
      zoom(is.apart / pinch.apart, is.x, is.y);
      pinch = is;
      return;
    }
    if (!drag) {
      hover(nearest(x, y, 14));
      tip.style.left = Math.min(x + 14, Math.max(0, field.clientWidth - 250)) + "px";
      tip.style.top = Math.min(y + 14, field.clientHeight - 60) + "px";
      return;
    }
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 4;
    if (drag.lasso) outline.push([x, y]);
    else view = { ...view, x: drag.from.x - (x - drag.x) / scale(), y: drag.from.y + (y - drag.y) / scale() };
    redraw();
  };
  field.onpointerup = (event) => {
    const [x, y] = place(event), was = drag;
    lift(event);
    if (!was) return;
    if (was.lasso && was.moved) {
      const found = [];
      for (let i = 0; i < codes.length; i++) if (!isOff(i) && inside(outline, screenX(i), screenY(i))) found.push(i);
      lassoing = false;
      select(found);
    } else if (!was.moved) {
      const index = nearest(x, y, event.pointerType === "touch" ? 24 : 14);
      if (index >= 0) model.send({ kind: "open", index });
    }
    outline = [];
    redraw();
  };
  // Moves and zooms the map with two fingers.
  function between() {
    const [[x0, y0], [x1, y1]] = [...fingers.values()];
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, apart: Math.max(1, Math.hypot(x1 - x0, y1 - y0)) };
  }
  function lift(event) {
    fingers.delete(event.pointerId);
    drag = null;
    if (fingers.size < 2) pinch = null;
  }
  field.onpointercancel = (event) => { lift(event); outline = []; redraw(); };
  field.onpointerleave = () => !drag && hover(-1);
  field.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), ...place(event));
  }, { passive: false });
  const acts = {
    ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
    "+": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: () => { view = { x: 0, y: 0, k: 1 }; redraw(); }, Escape: () => select([]),
    Enter: () => hovered >= 0 && model.send({ kind: "open", index: hovered }),
  };
  field.onkeydown = (event) => {
    handleKey(event, acts);
    if (hovered >= 0) { tip.style.left = screenX(hovered) + 12 + "px"; tip.style.top = screenY(hovered) + 12 + "px"; }
  };
  const onMessage = (message) => { if (message.kind === "tip" && message.index === hovered) tip.textContent = message.text; };
  const actions = {
    "change:points": takePoints, "change:codes": takeColors, "change:palette": takeColors, "change:chosen": takeChosen, "change:path": redraw,
    "change:names": drawControls, "change:ramp": drawControls, "change:axes": drawControls, "msg:custom": onMessage,
  };
  takePoints();
  window.addEventListener("workbench-playing", follows); // sent by the player of the page
  const stop = follow(model, actions, field, redraw);
  return () => {
    window.removeEventListener("workbench-playing", follows);
    stop();
  };
}

export default { render };
