// A curve that is drawn with the pointer, or changed by choosing a point with ← → and moving it with ↑ ↓.
function render({ model, el }) {
  const root = element(el, "div", { className: "pw pw-curve" });
  const head = element(root, "div", { className: "pw-curve-head" });
  element(head, "span", { textContent: model.get("description"), title: model.get("tooltip") });
  const again = element(head, "button", { type: "button", textContent: "Back to the ready curve", onclick: () => set(null) });
  const field = element(root, "div", { className: "pw-curve-field" }, { role: "group", "aria-label": `${model.get("description")}: draw it, or move its points with the arrow keys` });
  const top = element(field, "span", { className: "pw-curve-top" }, { "aria-hidden": "true" }), bottom = element(field, "span", { className: "pw-curve-bottom" }, { "aria-hidden": "true" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), line = document.createElementNS(svg.namespaceURI, "polyline");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  field.append(svg);
  const hint = element(root, "p", { className: "pw-curve-hint", textContent: "Draw here, from the first track to the last. Keys: ← → choose a point, ↑ ↓ move it." });
  let heights = [], points = [], at = 0, last = null;

  const span = () => model.get("high") - model.get("low");
  const share = (height) => Math.min(1, Math.max(0, (height - model.get("low")) / (span() || 1)));
  const said = (height) => (model.get("unit") ? `${Math.round(height)} ${model.get("unit")}` : height.toFixed(2));
  function set(drawn) {
    if (drawn) model.set("heights", drawn.slice());
    model.set("drawn", drawn !== null);
    model.save_changes();
  }
  function draw() {
    heights = model.get("heights").slice();
    again.hidden = !model.get("drawn");
    top.textContent = said(model.get("high"));
    bottom.textContent = said(model.get("low"));
    if (points.length !== heights.length) {
      points.forEach((point) => point.remove());
      points = heights.map((_, place) => element(field, "span", { className: "pw-curve-point", onfocus: () => { at = place; } }, { role: "slider", "aria-orientation": "vertical" }));
    }
    sketch();
  }
  function sketch() {
    const x = (place) => (100 * place) / (heights.length - 1);
    line.setAttribute("points", heights.map((height, place) => `${x(place)},${100 - 100 * share(height)}`).join(" "));
    points.forEach((point, place) => {
      point.style.left = `${x(place)}%`;
      point.style.top = `${100 - 100 * share(heights[place])}%`;
      point.tabIndex = place === at ? 0 : -1;
      for (const [name, value] of Object.entries({ label: `Height at ${Math.round(x(place))} % of the playlist`, valuemin: model.get("low"), valuemax: model.get("high"), valuenow: heights[place], valuetext: said(heights[place]) })) point.setAttribute(`aria-${name}`, value);
    });
  }
  function stroke(event) {
    const box = field.getBoundingClientRect();
    const place = Math.min(heights.length - 1, Math.max(0, Math.round(((event.clientX - box.left) / box.width) * (heights.length - 1))));
    const height = model.get("low") + span() * Math.min(1, Math.max(0, 1 - (event.clientY - box.top) / box.height));
    const from = last ?? { place, height }, steps = Math.max(1, Math.abs(place - from.place));
    for (let step = 0; step <= steps; step++) {
      const between = from.place + Math.round(((place - from.place) * step) / steps);
      heights[between] = Number((from.height + ((height - from.height) * step) / steps).toFixed(3));
    }
    heights[place] = Number(height.toFixed(3));
    last = { place, height };
    sketch();
  }
  field.onpointerdown = (event) => {
    event.preventDefault();
    field.setPointerCapture(event.pointerId);
    last = null;
    stroke(event);
    field.onpointermove = stroke;
  };
  field.onpointerup = field.onpointercancel = () => {
    if (field.onpointermove) set(heights);
    field.onpointermove = null;
  };
  field.onkeydown = (event) => {
    const step = span() / 20;
    const move = (by) => { heights[at] = Number(Math.min(model.get("high"), Math.max(model.get("low"), heights[at] + by)).toFixed(3)); set(heights); };
    const choose = (to) => { at = Math.min(points.length - 1, Math.max(0, to)); sketch(); points[at].focus(); };
    handleKey(event, {
      ArrowUp: () => move(step), ArrowDown: () => move(-step), PageUp: () => move(5 * step), PageDown: () => move(-5 * step),
      ArrowLeft: () => choose(at - 1), ArrowRight: () => choose(at + 1), Home: () => choose(0), End: () => choose(points.length - 1),
    });
  };
  const stop = listen(model, Object.fromEntries(["heights", "drawn", "low", "high", "unit"].map((name) => [`change:${name}`, draw])));
  draw();
  return stop;
}

export default { render };
