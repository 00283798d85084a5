// A table of any length. Only the visible rows are in the page; Python sorts, filters and formats them.

const PLAIN = 34, TALL = 48, HEAD = 46, PAGE = 100, WIDEST = 340, TICK = 40, DOUBLE_MS = 500; // the usual interval of a double click

// The visible columns in order: the chosen ones or the default ones, with the cover first.
function seen(model, narrow) {
  const all = model.get("columns").map((column, at) => ({ ...column, at }));
  if (narrow) return all.filter((column) => column.narrow);
  const chosen = model.get("layout_names").map((name) => all.find((column) => column.name === name)).filter(Boolean);
  const first = chosen.length ? chosen : all.filter((column) => column.shown).sort((a, b) => b.cover - a.cover);
  return [...first, ...all.filter((column) => column.always && !first.includes(column))];
}

// A list in which columns are chosen and moved; the browser saves the choice.
function drawChooser(model, parent) {
  const menu = element(parent, "details", { className: "pw-chooser" });
  element(menu, "summary", { textContent: "Columns" });
  const list = element(menu, "ul"), kept = `pw-columns:${model.get("label")}`;
  const set = (names) => {
    model.set("layout_names", names);
    model.save_changes();
    localStorage.setItem(kept, JSON.stringify(names));
  };
  const names = () => seen(model, false).filter((column) => !column.always).map((column) => column.name);
  const move = (name, by) => {
    const order = names(), at = order.indexOf(name), to = Math.min(order.length - 1, Math.max(0, at + by));
    order.splice(to, 0, ...order.splice(at, 1));
    set(order);
    list.querySelector(`[data-column="${name}"] [data-by="${by}"]`)?.focus();
  };
  function draw() {
    const order = names(), all = model.get("columns").filter((column) => !column.always);
    const rest = all.filter((column) => !order.includes(column.name));
    list.replaceChildren();
    for (const column of [...order.map((name) => all.find((one) => one.name === name)), ...rest]) {
      const item = element(list, "li", {}, { "data-column": column.name }), label = element(item, "label");
      const box = element(label, "input", { type: "checkbox", checked: order.includes(column.name) });
      label.append(" " + column.label);
      box.onchange = () => {
        set(box.checked ? [...order, column.name] : order.filter((name) => name !== column.name));
        list.querySelector(`[data-column="${column.name}"] input`)?.focus();
      };
      if (!box.checked) continue;
      for (const [by, sign, way] of [[-1, "↑", "forward"], [1, "↓", "back"]])
        element(item, "button", { type: "button", textContent: sign, onclick: () => move(column.name, by) },
          { "aria-label": `Move ${column.label} ${way}`, "data-by": by });
    }
    element(list, "button", { type: "button", textContent: "Reset columns", onclick: () => set([]) });
  }
  menu.onkeydown = (event) => handleKey(event, { Escape: () => { menu.open = false; menu.firstChild.focus(); } });
  const stored = JSON.parse(localStorage.getItem(kept) ?? "[]");
  if (stored.length && !model.get("layout_names").length) set(stored);
  draw();
  return draw;
}

function render({ model, el }) {
  el.classList.add("pw");
  const grid = document.createElement("div"), head = document.createElement("div"), body = document.createElement("div");
  const nothing = document.createElement("div");
  grid.className = "pw-grid";
  grid.tabIndex = 0;
  head.className = "pw-grid-row pw-head";
  body.className = "pw-body";
  nothing.className = "pw-nothing";
  grid.setAttribute("role", "grid");
  head.setAttribute("role", "row");
  body.setAttribute("role", "rowgroup");
  grid.setAttribute("aria-multiselectable", "true");
  grid.append(head, nothing, body);
  const tools = model.get("tools"), drawMenu = tools ? drawChooser(model, el) : () => {};
  el.append(grid);
  const prefix = "pw" + Math.random().toString(36).slice(2);
  let pages = new Map(), before = new Map(), asked = new Set(), cursor = -1, columns = [], fits = {};

  // The old rows stay visible until new ones have arrived.
  const rowAt = (index) => (pages.get(Math.floor(index / PAGE)) ?? before.get(Math.floor(index / PAGE)))?.[index % PAGE];
  function template() {
    const narrow = grid.clientWidth && grid.clientWidth < 640;
    const width = (column) => fits[column.name] ?? column.width, least = (column) => (narrow ? 0 : column.width);
    columns = seen(model, narrow).map((column) => ({ ...column, width: column.cover ? TALL : width(column) }));
    const parts = columns.map((column) => (column.cover ? `${TALL}px` : `minmax(${least(column)}px, ${column.width}fr)`));
    return [...(tools ? [`${TICK}px`] : []), ...parts].join(" ");
  }
  const rowHeight = () => (columns.some((column) => column.cover) ? TALL : PLAIN);
  // Widths that fit the texts of the first page.
  function fit() {
    const pen = document.createElement("canvas").getContext("2d"), rows = pages.get(0);
    if (!rows) return;
    pen.font = getComputedStyle(grid).font;
    fits = {};
    model.get("columns").forEach((column, at) => {
      const word = Math.max(...column.label.split(" ").map((part) => pen.measureText(part).width + 34));
      const widest = Math.max(...rows.map((row) => pen.measureText(row[at + 1]).width + 18), word);
      if (!column.cover) fits[column.name] = Math.min(WIDEST, Math.ceil(widest));
    });
    drawHead();
  }
  function drawHead() {
    const layout = template();
    grid.style.setProperty("--columns", layout);
    const total = model.get("total"), edges = grid.offsetHeight - grid.clientHeight;
    const room = Math.min(model.get("height"), Math.max(260, 0.7 * window.innerHeight));
    grid.style.height = total ? Math.min(room, HEAD + total * rowHeight() + edges) + "px" : "auto";
    grid.setAttribute("aria-label", model.get("label"));
    grid.setAttribute("aria-rowcount", total + 1);
    const width = columns.reduce((sum, column) => sum + column.width, tools ? TICK : 0);
    head.style.gridTemplateColumns = layout;
    head.style.minWidth = body.style.minWidth = grid.clientWidth < 640 ? "" : width + "px";
    const tick = tools ? [element(document.createElement("div"), "div", {}, { role: "columnheader" })] : [];
    if (tools) element(tick[0], "span", { className: "pw-hidden", textContent: "Selected" });
    head.replaceChildren(...tick, ...columns.map((column) => {
      const cell = document.createElement("div"), button = document.createElement("button");
      const sorted = model.get("sort_column") === column.name;
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-sort", sorted ? (model.get("descending") ? "descending" : "ascending") : "none");
      cell.className = column.right ? "pw-right" : "";
      button.type = "button";
      button.textContent = column.label + (sorted ? (model.get("descending") ? " ▼" : " ▲") : "");
      button.title = column.help || "Sort by " + column.label;
      button.onclick = () => model.send({ kind: "sort", column: column.name });
      if (column.cover) element(cell, "span", { className: "pw-hidden", textContent: column.label });
      else cell.append(button);
      return cell;
    }));
  }
  function drawRow(index, chosen) {
    const row = document.createElement("div"), values = rowAt(index);
    const heard = values && values[0] === window.workbenchPlayer?.now.id;
    row.className = "pw-grid-row" + (index === cursor ? " pw-cursor" : "") + (heard ? " pw-heard" : "");
    if (heard) row.setAttribute("aria-current", "true");
    row.style.top = index * rowHeight() + "px";
    row.style.height = rowHeight() + "px";
    row.style.gridTemplateColumns = grid.style.getPropertyValue("--columns");
    row.id = `${prefix}-${index}`;
    row.dataset.index = index;
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", index + 2);
    row.setAttribute("aria-selected", Boolean(values && chosen.has(values[0])));
    if (tools) element(row, "div", { className: "pw-tick" }, { role: "gridcell", "data-tick": "" });
    for (const column of columns) {
      const cell = element(row, "div", { className: "pw-cell" + (column.right ? " pw-right" : ""), dir: "auto" }, { role: "gridcell" });
      const text = values ? values[column.at + 1] : "";
      if (column.cover) drawCover(cell, text && values[0]);
      else if (column.button && text) drawButton(cell, text, index);
      else cell.title = cell.textContent = text;
    }
    return row;
  }
  // Keyboards have other controls beside the table for these actions.
  function drawButton(cell, text, index) {
    const act = (event) => {
      event.stopPropagation();
      moveTo(index, {});
      model.send({ kind: "act", id: rowAt(index)[0] });
    };
    element(cell, "button", { type: "button", textContent: text, onclick: act, tabIndex: -1 });
  }
  function drawCover(cell, id) {
    cell.className = "pw-thumb";
    if (id) element(cell, "img", { alt: "", loading: "lazy", src: serverUrl(`api/v1/tracks/${id}/cover`), onerror: (event) => event.target.remove() });
  }
  function draw() {
    const ROW = rowHeight();
    const total = model.get("total"), chosen = new Set(model.get("selected"));
    body.style.height = total * ROW + "px";
    nothing.hidden = total > 0;
    nothing.textContent = model.get("empty");
    const first = Math.max(0, Math.floor(grid.scrollTop / ROW) - 5);
    const last = Math.min(total, first + Math.ceil(grid.clientHeight / ROW) + 10);
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) {
      if (pages.has(page) || asked.has(page)) continue;
      asked.add(page);
      model.send({ kind: "rows", first: page * PAGE, count: PAGE, revision: model.get("revision") });
    }
    body.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, i) => drawRow(first + i, chosen)));
    if (cursor >= 0) grid.setAttribute("aria-activedescendant", `${prefix}-${cursor}`);
  }
  function renew() {
    if (pages.size) before = pages;
    pages = new Map();
    asked = new Set();
    cursor = Math.min(cursor, model.get("total") - 1);
    drawHead();
    draw();
  }
  function moveTo(index, event) {
    const total = model.get("total");
    if (!total) return;
    const to = Math.min(total - 1, Math.max(0, index)), from = cursor;
    cursor = to;
    const ROW = rowHeight(), top = to * ROW, room = grid.clientHeight - HEAD;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + ROW > grid.scrollTop + room) grid.scrollTop = top + ROW - room;
    if (event.shiftKey && from >= 0) model.send({ kind: "range", first: Math.min(from, to), last: Math.max(from, to) });
    else choose(to, event.ctrlKey || event.metaKey);
    draw();
  }
  function choose(index, toggle) {
    const id = rowAt(index)?.[0];
    if (id === undefined) return model.send({ kind: "range", first: index, last: index });
    const chosen = model.get("selected");
    const next = !toggle ? [id] : chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id];
    model.set("selected", next);
    model.save_changes();
  }
  const steps = () => ({ ArrowDown: cursor + 1, ArrowUp: cursor - 1, PageDown: cursor + 10, PageUp: cursor - 10, Home: 0, End: model.get("total") - 1 });
  grid.onkeydown = (event) => {
    if (event.target !== grid) return;
    const to = steps()[event.key];
    if (to !== undefined) moveTo(to, event);
    else if (event.key === "Enter" && rowAt(cursor)) model.send({ kind: "open", id: rowAt(cursor)[0] });
    else if (event.key === " " && cursor >= 0) choose(cursor, true);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) model.send({ kind: "range", first: 0, last: model.get("total") - 1 });
    else if (event.key !== "Escape") return;
    else { model.set("selected", []); model.save_changes(); }
    event.preventDefault();
    event.stopPropagation();
  };
  // A click redraws the row, and browsers count two clicks as a double click only if they are on the same element.
  let last = { index: -1, at: 0 };
  const isSecond = (index, at) => index === last.index && at - last.at < DOUBLE_MS;
  body.onclick = (event) => {
    const index = Number(event.target.closest("[data-index]")?.dataset.index ?? -1), { timeStamp: at } = event;
    if (index < 0) return;
    if ("tick" in event.target.dataset) return choose((cursor = index), true);
    const plain = !(event.shiftKey || event.ctrlKey || event.metaKey);
    if (plain && isSecond(index, at) && rowAt(index)) model.send({ kind: "open", id: rowAt(index)[0] });
    else moveTo(index, event);
    last = { index, at };
  };
  let pending = 0;
  grid.onscroll = () => (pending ||= requestAnimationFrame(() => { pending = 0; draw(); }));
  const onMessage = (message) => {
    if (message.kind === "top") grid.scrollTop = 0;
    if (message.kind !== "rows" || message.revision !== model.get("revision")) return;
    pages.set(message.first / PAGE, message.rows);
    if (message.first === 0) fit();
    draw();
  };
  const rearrange = () => { drawMenu(); drawHead(); draw(); };
  const actions = {
    "msg:custom": onMessage, "change:revision": renew, "change:selected": draw,
    "change:layout_names": rearrange, "change:columns": () => { pages = before = new Map(); rearrange(); },
  };
  const stop = follow(model, actions, grid, () => { drawHead(); draw(); });
  window.addEventListener("workbench-playing", draw);
  renew();
  return () => {
    window.removeEventListener("workbench-playing", draw);
    stop();
  };
}

export default { render };
