// An ordered list of tracks: drag to reorder (or Alt with an arrow key), lock, play, hear the transition, remove.

function render({ model, el }) {
  el.classList.add("pw");
  const root = element(el, "div", { className: "pw-list" }), hint = element(root, "div", { className: "pw-hint" });
  const list = element(root, "ol", {}, { "aria-label": "Tracks of the playlist, in order" });
  const opened = new Set();
  let order = [], focus = null;

  function save() {
    model.set("order", order.slice());
    model.save_changes();
  }
  function move(id, to) {
    const from = order.indexOf(id);
    if (from < 0 || to < 0 || to >= order.length || from === to) return;
    order.splice(to, 0, ...order.splice(from, 1));
    draw();
  }
  function toggleLock(id) {
    const locked = model.get("locked");
    model.set("locked", locked.includes(id) ? locked.filter((other) => other !== id) : [...locked, id]);
    model.save_changes();
  }
  function addButton(parent, text, label, act, attributes = {}) {
    element(parent, "button", { textContent: text, type: "button", title: label, onclick: act }, { "aria-label": label, ...attributes });
  }
  // The reason in one line; a click shows its numbers.
  function reasonOf(entry) {
    const why = document.createElement(entry.details ? "details" : "div");
    why.className = "pw-why";
    why.open = opened.has(entry.id);
    why.ontoggle = () => (why.open ? opened.add(entry.id) : opened.delete(entry.id));
    element(why, entry.details ? "summary" : "span", { textContent: entry.reason, title: entry.details });
    if (entry.details) element(why, "p", { textContent: entry.details });
    return why;
  }
  function drawItem(entry, place) {
    const item = document.createElement("li"), who = document.createElement("div"), buttons = document.createElement("div");
    const add = (tag, name, text) => { const node = document.createElement(tag); node.className = name; node.textContent = text; return node; };
    const locked = model.get("locked").includes(entry.id), name = entry.title;
    item.dataset.id = entry.id;
    if (entry.id === window.workbenchPlayer?.now.id) item.setAttribute("aria-current", "true");
    item.className = locked ? "pw-locked" : "";
    item.tabIndex = 0;
    item.setAttribute("aria-label", `${place + 1}. ${name}, ${entry.artist}. ${entry.facts}. ${entry.reason}`);
    who.className = "pw-who";
    who.append(add("b", "", name + (entry.artist ? " — " + entry.artist : "")), reasonOf(entry));
    buttons.className = "pw-buttons";
    addButton(buttons, "▶", "Play " + name, () => model.send({ kind: "play", id: entry.id }));
    addButton(buttons, "⤵", "Hear the transition to the next track", () => model.send({ kind: "crossing", id: entry.id }));
    addButton(buttons, locked ? "Locked" : "Lock", `Keep ${name} when the rest is made again`, () => toggleLock(entry.id), { "aria-pressed": locked });
    addButton(buttons, "✕", "Remove " + name, () => { order = order.filter((id) => id !== entry.id); save(); });
    buttons.children[1].disabled = place === order.length - 1;
    item.append(add("span", "pw-grip", "⠿"), add("span", "pw-place", place + 1), who, add("span", "pw-facts", entry.facts), buttons);
    return item;
  }
  function draw() {
    const entries = new Map(model.get("entries").map((entry) => [entry.id, entry]));
    order = order.filter((id) => entries.has(id));
    hint.textContent = order.length ? "Double-click or press Enter to play from there · Drag ⠿ or press Alt + ↑ ↓ to reorder · Lock keeps a track when you make the rest again" : model.get("empty");
    list.replaceChildren(...order.map((id, place) => drawItem(entries.get(id), place)));
    list.hidden = !order.length;
    if (focus !== null) list.querySelector(`[data-id="${focus}"]`)?.focus();
    focus = null;
  }
  function take() { order = model.get("order").slice(); draw(); }

  function mark() {
    const heard = String(window.workbenchPlayer?.now.id);
    for (const item of list.children) item.toggleAttribute("aria-current", item.dataset.id === heard);
    list.querySelector("[aria-current]")?.setAttribute("aria-current", "true");
  }
  const play = (item) => model.send({ kind: "play", id: Number(item.dataset.id) });
  list.ondblclick = (event) => {
    const item = event.target.closest("li");
    if (item && !event.target.closest("button, summary, .pw-grip")) play(item);
  };
  list.onkeydown = (event) => {
    if (event.key === "Enter" && event.target.matches("li")) play(event.target);
    const item = event.target.closest("li"), step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.target !== item || !step) return;
    event.preventDefault();
    event.stopPropagation();
    const id = Number(item.dataset.id);
    if (event.altKey) { focus = id; move(id, order.indexOf(id) + step); save(); }
    else (step < 0 ? item.previousElementSibling : item.nextElementSibling)?.focus();
  };
  list.onpointerdown = (event) => {
    if (!event.target.classList.contains("pw-grip")) return;
    event.preventDefault();
    const id = Number(event.target.closest("li").dataset.id);
    const follow = (moved) => {
      const over = document.elementFromPoint(moved.clientX, moved.clientY)?.closest(".pw-list li");
      if (over && list.contains(over)) move(id, order.indexOf(Number(over.dataset.id)));
      list.querySelector(`[data-id="${id}"]`)?.classList.add("pw-dragged");
    };
    const drop = () => {
      document.removeEventListener("pointermove", follow);
      draw();
      save();
    };
    document.addEventListener("pointermove", follow);
    document.addEventListener("pointerup", drop, { once: true });
  };
  const stopListening = listen(model, { "change:entries": take, "change:order": take, "change:locked": draw });
  window.addEventListener("workbench-playing", mark);
  take();
  return () => {
    window.removeEventListener("workbench-playing", mark);
    stopListening();
  };
}

export default { render };
