// Cards as radio buttons: arrow keys choose, Enter and double click open.
function render({ model, el }) {
  const root = element(el, "div", { className: "pw pw-shelf" });
  const grid = element(root, "div", { className: "pw-shelf-cards" }, { role: "radiogroup", "aria-label": model.get("label") });
  const nothing = element(root, "p", { className: "pw-shelf-empty", textContent: model.get("empty") });

  function choose(name, focus) {
    model.set("value", name);
    model.save_changes();
    if (focus) grid.querySelector("[aria-checked=true]")?.focus();
  }
  function open() { model.send({ kind: "open" }); }
  // Each name has its own color, by which a playlist is easier to find.
  const hue = (name) => [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  function draw() {
    const cards = model.get("cards"), focused = grid.contains(document.activeElement);
    grid.replaceChildren();
    for (const card of cards) {
      const item = element(grid, "div", { className: "pw-shelf-card", onclick: () => choose(card.name, true), ondblclick: open }, { role: "radio", "data-name": card.name });
      item.style.setProperty("--pw-hue", hue(card.name));
      element(item, "span", { className: "pw-shelf-tile" }, { "aria-hidden": "true" });
      const text = element(item, "span", { className: "pw-shelf-text" });
      element(text, "b", { textContent: card.name, dir: "auto", title: card.name });
      element(text, "span", { textContent: card.facts });
      element(text, "span", { textContent: card.made });
      if (card.pinned) element(item, "span", { className: "pw-shelf-pin", textContent: "Pinned" });
    }
    mark();
    if (focused) grid.querySelector("[aria-checked=true]")?.focus();
    grid.hidden = !cards.length;
    nothing.hidden = cards.length > 0;
  }
  function mark() {
    for (const item of grid.children) {
      const chosen = item.dataset.name === model.get("value");
      item.setAttribute("aria-checked", chosen);
      item.tabIndex = chosen ? 0 : -1;
    }
  }
  grid.onkeydown = (event) => {
    const names = model.get("cards").map((card) => card.name), at = names.indexOf(model.get("value"));
    const step = (by) => () => choose(names[(at + by + names.length) % names.length], true);
    handleKey(event, { ArrowDown: step(1), ArrowRight: step(1), ArrowUp: step(-1), ArrowLeft: step(-1), Enter: open });
  };
  const stop = listen(model, { "change:cards": draw, "change:value": mark });
  draw();
  return stop;
}

export default { render };
