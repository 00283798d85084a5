// A table of any length: only the visible rows are in the page. Python sorts, filters and formats.

const ROW = 30, HEAD = 46, PAGE = 100;

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
  el.append(grid);
  const prefix = "pw" + Math.random().toString(36).slice(2);
  let pages = new Map(), asked = new Set(), cursor = -1, columns = [];

  const rowAt = (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  function template() {
    const narrow = grid.clientWidth && grid.clientWidth < 640;
    columns = model.get("columns").map((column, at) => ({ ...column, at, width: narrow ? 0.7 * column.width : column.width }))
      .filter((column) => !narrow || column.narrow);
    return columns.map((column) => `minmax(${column.width}px, ${column.width}fr)`).join(" ");
  }
  function drawHead() {
    const layout = template();
    grid.style.setProperty("--columns", layout);
    const total = model.get("total"), edges = grid.offsetHeight - grid.clientHeight;
    grid.style.height = total ? Math.min(model.get("height"), HEAD + total * ROW + edges) + "px" : "auto";
    grid.setAttribute("aria-label", model.get("label"));
    grid.setAttribute("aria-rowcount", total + 1);
    const width = columns.reduce((sum, column) => sum + column.width, 0);
    head.style.gridTemplateColumns = layout;
    head.style.minWidth = body.style.minWidth = width + "px";
    head.replaceChildren(...columns.map((column) => {
      const cell = document.createElement("div"), button = document.createElement("button");
      const sorted = model.get("sort_column") === column.name;
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-sort", sorted ? (model.get("descending") ? "descending" : "ascending") : "none");
      cell.className = column.right ? "pw-right" : "";
      button.type = "button";
      button.textContent = column.label + (sorted ? (model.get("descending") ? " ▼" : " ▲") : "");
      button.title = column.help || "Sort by " + column.label;
      button.onclick = () => model.send({ kind: "sort", column: column.name });
      cell.append(button);
      return cell;
    }));
  }
  function drawRow(index, chosen) {
    const row = document.createElement("div"), values = rowAt(index);
    row.className = "pw-grid-row" + (index === cursor ? " pw-cursor" : "");
    row.style.top = index * ROW + "px";
    row.style.gridTemplateColumns = grid.style.getPropertyValue("--columns");
    row.id = `${prefix}-${index}`;
    row.dataset.index = index;
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", index + 2);
    row.setAttribute("aria-selected", Boolean(values && chosen.has(values[0])));
    for (const column of columns) {
      const cell = document.createElement("div");
      cell.setAttribute("role", "gridcell");
      cell.className = "pw-cell" + (column.right ? " pw-right" : "");
      cell.textContent = values ? values[column.at + 1] : "";
      cell.title = cell.textContent;
      row.append(cell);
    }
    return row;
  }
  function draw() {
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
    const top = to * ROW, room = grid.clientHeight - HEAD;
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
  body.onclick = (event) => {
    const row = event.target.closest("[data-index]");
    if (row) moveTo(Number(row.dataset.index), event);
  };
  body.ondblclick = (event) => {
    const values = rowAt(Number(event.target.closest("[data-index]")?.dataset.index));
    if (values) model.send({ kind: "open", id: values[0] });
  };
  let pending = 0;
  grid.onscroll = () => (pending ||= requestAnimationFrame(() => { pending = 0; draw(); }));
  const onMessage = (message) => {
    if (message.kind === "top") grid.scrollTop = 0;
    if (message.kind !== "rows" || message.revision !== model.get("revision")) return;
    pages.set(message.first / PAGE, message.rows);
    draw();
  };
  const actions = { "msg:custom": onMessage, "change:revision": renew, "change:selected": draw };
  const stop = follow(model, actions, grid, () => { drawHead(); draw(); });
  renew();
  return stop;
}

export default { render };
