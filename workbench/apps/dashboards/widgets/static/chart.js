// Draws lines or bars over a common axis as SVG, in the colors of the theme, with a description and the values at the pointer.

const SVG = "http://www.w3.org/2000/svg", DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 4", "10 4"];
const LEFT = 52, RIGHT = 12, TOP = 8, BOTTOM = 36;

function shape(parent, tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || 10 * power;
  const values = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-6; v += step) values.push(Math.abs(v) < step * 1e-6 ? 0 : v);
  return values;
}

function shown(value, kind) {
  if (value === null || value === undefined || Number.isNaN(value)) return "unknown";
  if (kind === "clock") return clock(value);
  if (kind === "time") return new Date(value * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const size = Math.abs(value);
  return size >= 1000 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString();
}

function extent(values, low, high) {
  const known = values.filter((v) => v !== null && Number.isFinite(v));
  let from = low ?? Math.min(...known), to = high ?? Math.max(...known);
  if (!known.length) [from, to] = [low ?? 0, high ?? 1];
  if (from === to) [from, to] = low !== null && low !== undefined ? [from, from + 1] : [from - 1, to + 1];
  return [from, to];
}

function render({ model, el }) {
  el.classList.add("pw");
  const root = element(el, "div", { className: "pw-chart" });
  const heading = element(root, "div", { className: "pw-heading" }), legend = element(root, "div", { className: "pw-legend" });
  const svg = shape(root, "svg", {});
  let view = null, hair = null;

  // The values at the pointer; in a chart over time without a pointer, the latest values.
  function tell(index) {
    const named = index < 0 && model.get("x_kind") === "time" ? model.get("x").length - 1 : index;
    legend.replaceChildren(...model.get("series").map((line, at) => {
      const item = document.createElement("span"), key = document.createElementNS(SVG, "svg");
      key.setAttribute("style", "width:22px;height:8px");
      shape(key, "line", { x1: 0, x2: 22, y1: 4, y2: 4, stroke: `var(--pw-${(at % 6) + 1})`, "stroke-width": 2, "stroke-dasharray": DASHES[at % 6] });
      item.append(key, line.name);
      if (named >= 0) element(item, "b", { textContent: line.values[named] === null ? "—" : shown(line.values[named]) });
      return item;
    }));
    if (index >= 0) legend.append(`at ${model.get("x_names")[index] ?? shown(model.get("x")[index], model.get("x_kind"))}`);
  }
  function draw() {
    const width = root.clientWidth, height = model.get("height");
    if (!width) return;
    const x = model.get("x"), series = model.get("series"), xKind = model.get("x_kind"), names = model.get("x_names");
    const [x0, x1] = names.length ? [-0.6, names.length - 0.4] : extent(x, null, null);
    const [y0, y1] = extent(series.flatMap((line) => line.values), model.get("y_low"), model.get("y_high"));
    const px = (v) => LEFT + ((v - x0) / (x1 - x0)) * (width - LEFT - RIGHT);
    const py = (v) => TOP + (1 - (v - y0) / (y1 - y0)) * (height - TOP - BOTTOM);
    view = { x, px };
    heading.textContent = model.get("title");
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.setAttribute("role", "img");
    const last = series.map((line) => `${line.name} ${shown(line.values.at(-1))}`).join(", ");
    svg.setAttribute("aria-label", `${model.get("title")}: ${model.get("y_label")} over ${model.get("x_label")}. Last: ${last || "nothing yet"}`);
    for (const v of ticks(y0, y1, 4)) {
      shape(svg, "line", { x1: LEFT, x2: width - RIGHT, y1: py(v), y2: py(v), class: "pw-rule" });
      shape(svg, "text", { x: LEFT - 6, y: py(v) + 4, "text-anchor": "end" }, shown(v));
    }
    const wanted = Math.max(2, Math.floor(width / 110));
    names.forEach((name, i) => shape(svg, "text", { x: px(i), y: height - BOTTOM + 15, "text-anchor": "middle" }, name));
    for (const v of x.length && !names.length ? (xKind === "number" ? ticks(x0, x1, 2 * wanted) : Array.from({ length: wanted }, (_, i) => x0 + ((x1 - x0) * i) / (wanted - 1))) : [])
      shape(svg, "text", { x: px(v), y: height - BOTTOM + 15, "text-anchor": v === x0 ? "start" : v === x1 ? "end" : "middle" }, shown(v, xKind));
    for (const mark of model.get("marks")) shape(svg, "line", { x1: px(mark), x2: px(mark), y1: TOP, y2: height - BOTTOM, class: "pw-mark" });
    if (names.length) series.forEach((line, at) => line.values.forEach((v, i) => v !== null &&
      shape(svg, "rect", { x: px(i - 0.35), width: px(0.7) - px(0), y: py(v), height: py(y0) - py(v), fill: `var(--pw-${(at % 6) + 1})` })));
    else series.forEach((line, at) => {
      let path = "", pen = "M";
      line.values.forEach((v, i) => {
        if (v === null) { pen = "M"; return; }
        path += `${pen}${px(x[i]).toFixed(1)} ${py(v).toFixed(1)}`;
        pen = "L";
      });
      shape(svg, "path", { d: path, class: "pw-series", stroke: `var(--pw-${(at % 6) + 1})`, "stroke-dasharray": DASHES[at % 6] });
      if (model.get("dots")) line.values.forEach((v, i) => v !== null && shape(svg, "circle", { cx: px(x[i]), cy: py(v), r: 3.5, fill: `var(--pw-${(at % 6) + 1})` }));
    });
    shape(svg, "text", { x: (LEFT + width - RIGHT) / 2, y: height - 4, "text-anchor": "middle", class: "pw-axis-name" }, model.get("x_label"));
    shape(svg, "text", { x: 12, y: (height - BOTTOM) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(height - BOTTOM) / 2})`, class: "pw-axis-name" }, model.get("y_label"));
    if (!x.length) shape(svg, "text", { x: width / 2, y: height / 2 - 10, "text-anchor": "middle" }, model.get("empty"));
    hair = shape(svg, "line", { x1: -9, x2: -9, y1: TOP, y2: height - BOTTOM, class: "pw-hair" });
    tell(-1);
  }
  svg.onpointermove = (event) => {
    if (!view || !view.x.length) return;
    const at = event.clientX - svg.getBoundingClientRect().left;
    let best = 0;
    view.x.forEach((v, i) => { if (Math.abs(view.px(v) - at) < Math.abs(view.px(view.x[best]) - at)) best = i; });
    hair.setAttribute("x1", view.px(view.x[best]));
    hair.setAttribute("x2", view.px(view.x[best]));
    tell(best);
  };
  svg.onpointerleave = () => { if (hair) { hair.setAttribute("x1", -9); hair.setAttribute("x2", -9); tell(-1); } };
  let pending = 0;
  const redraw = () => (pending ||= requestAnimationFrame(() => { pending = 0; draw(); }));
  const actions = { "change:x": redraw, "change:series": redraw, "change:marks": redraw, "change:title": redraw };
  redraw();
  return follow(model, actions, root, redraw);
}

export default { render };
