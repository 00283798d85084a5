// A map of up to some hundred thousand points, drawn pixel by pixel, so it needs no graphics card. Positions are float32
// pairs from -1 to 1; colors are one index into the palette for each point.

const MARGIN = 1.06;

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// The pixels of a disc of this radius around (0, 0), and the share of each pixel that the disc covers.
function stamp(radius) {
  const reach = Math.ceil(radius + 0.5), dx = [], dy = [], cover = [];
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) {
      const share = Math.min(1, radius + 0.5 - Math.hypot(x, y));
      if (share > 0) { dx.push(x); dy.push(y); cover.push(share); }
    }
  return { reach, dx: Int32Array.from(dx), dy: Int32Array.from(dy), cover: Float64Array.from(cover) };
}

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
  const field = div(root, "pw-field"), canvas = element(field, "canvas"), tip = div(field, "pw-tip"), empty = div(field, "pw-empty-map");
  const axes = div(root, "pw-axes"), legend = div(root, "pw-legend");
  field.tabIndex = 0;
  field.setAttribute("role", "application");
  tip.setAttribute("role", "status");
  let points = new Float32Array(0), codes = new Uint8Array(0), chosen = new Uint8Array(0), chosenCount = 0, palette = [];
  let view = { x: 0, y: 0, k: 1 }, lassoing = false, outline = [], drag = null, hovered = -1, frame = 0;

  const scale = () => (Math.min(field.clientWidth, field.clientHeight) / 2 / MARGIN) * view.k;
  const screenX = (i) => field.clientWidth / 2 + (points[2 * i] - view.x) * scale();
  const screenY = (i) => field.clientHeight / 2 - (points[2 * i + 1] - view.y) * scale();
  const radius = () => Math.min(7, Math.max(1.1, (90 / Math.sqrt(points.length / 2 + 1)) * Math.sqrt(view.k)));

  function drawPoints(context, width, height, ratio) {
    const image = context.createImageData(width, height), pixels = image.data, k = scale() * ratio;
    const { reach, dx, dy, cover } = stamp(radius() * ratio), middleX = width / 2 - view.x * k, middleY = height / 2 + view.y * k;
    for (let pass = 0; pass < (chosenCount ? 2 : 1); pass++) {
      const strength = chosenCount && !pass ? 0.28 : 0.88;
      for (let i = 0; i < codes.length; i++) {
        const color = palette[codes[i]];
        if (!color || (chosen[i] || 0) !== pass) continue;
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
    context.font = "bold 12px sans-serif";
    context.fillStyle = text;
    if (path.length) context.fillText("start", path[0][0] + 8, path[0][1] - 8);
    if (path.length > 1) context.fillText("end", path.at(-1)[0] + 8, path.at(-1)[1] + 16);
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
  // The closest point that lies more in this direction than to the side.
  function step(dx, dy) {
    if (!codes.length) return;
    if (hovered < 0) return hover(nearest(field.clientWidth / 2, field.clientHeight / 2, 1e9));
    let best = -1, least = Infinity;
    for (let i = 0; i < codes.length; i++) {
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
    field.style.height = model.get("height") + "px";
    field.setAttribute("aria-label", `${model.get("label")}: ${codes.length} points. Arrow keys go from point to point, Enter opens, plus and minus zoom.`);
    axes.textContent = model.get("axes");
    empty.textContent = codes.length ? "" : model.get("empty");
    empty.hidden = codes.length > 0;
    const ramp = model.get("ramp"), colors = model.get("palette");
    legend.replaceChildren(...(ramp.length ? drawRamp(ramp, colors) : model.get("names").map((name, i) => {
      const item = document.createElement("span"), dot = document.createElement("i");
      dot.style.background = colors[i];
      item.append(dot, name);
      return item;
    })));
  }
  function drawRamp([low, high], colors) {
    const bar = document.createElement("span");
    bar.className = "pw-ramp";
    bar.style.background = `linear-gradient(90deg, ${colors.join(",")})`;
    return [low, bar, high];
  }
  function takePoints() {
    points = numbers(model, "points", Float32Array);
    takeColors();
  }
  function takeColors() {
    codes = numbers(model, "codes", Uint8Array);
    palette = model.get("palette").map(rgb);
    if (codes.length * 2 !== points.length) codes = new Uint8Array(points.length / 2);
    hovered = -1;
    tip.hidden = true;
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
    drag = { x, y, from: view, lasso: lassoing || event.shiftKey, moved: false };
    outline = drag.lasso ? [[x, y]] : [];
  };
  field.onpointermove = (event) => {
    const [x, y] = place(event);
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
    drag = null;
    if (!was) return;
    if (was.lasso && was.moved) {
      const found = [];
      for (let i = 0; i < codes.length; i++) if (inside(outline, screenX(i), screenY(i))) found.push(i);
      lassoing = false;
      select(found);
    } else if (!was.moved) {
      const index = nearest(x, y, 14);
      if (index >= 0) model.send({ kind: "open", index });
    }
    outline = [];
    redraw();
  };
  field.onpointerleave = () => !drag && hover(-1);
  field.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), ...place(event));
  }, { passive: false });
  const keys = {
    ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
    "+": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: () => { view = { x: 0, y: 0, k: 1 }; redraw(); }, Escape: () => select([]),
    Enter: () => hovered >= 0 && model.send({ kind: "open", index: hovered }),
  };
  field.onkeydown = (event) => {
    handleKey(event, keys);
    if (hovered >= 0) { tip.style.left = screenX(hovered) + 12 + "px"; tip.style.top = screenY(hovered) + 12 + "px"; }
  };
  const onMessage = (message) => { if (message.kind === "tip" && message.index === hovered) tip.textContent = message.text; };
  const actions = {
    "change:points": takePoints, "change:codes": takeColors, "change:palette": takeColors, "change:chosen": takeChosen, "change:path": redraw,
    "change:names": drawControls, "change:ramp": drawControls, "change:axes": drawControls, "msg:custom": onMessage,
  };
  takePoints();
  return follow(model, actions, field, redraw);
}

export default { render };
