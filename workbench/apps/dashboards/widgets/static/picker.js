// A combobox (WAI-ARIA 1.2) whose choices the kernel finds. Several chosen values are shown as chips before the field.
function render({ model, el }) {
  const root = element(el, "div", { className: "pw pw-picker" }), id = `pw-picker-${Math.random().toString(36).slice(2)}`;
  const label = element(root, "label", { textContent: model.get("description"), htmlFor: id, title: model.get("tooltip") });
  const box = element(root, "div", { className: "pw-picked" });
  const input = element(box, "input", { id, type: "text", autocomplete: "off", spellcheck: false, title: model.get("tooltip"), dir: "auto" }, {
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
  });
  const list = element(root, "ul", { id: `${id}-list`, hidden: true }, { role: "listbox", "aria-label": model.get("description") });
  const said = element(root, "span", { className: "pw-hidden" }, { role: "status" });
  let asked = 0, choices = [], active = -1;

  el.style.overflow = "visible";  // so that the list is visible

  const several = model.get("several"), chosen = () => model.get("chosen");
  const shownText = () => (several ? "" : chosen()[0]?.label ?? "");
  function choose(values) {
    model.set("chosen", values);
    model.save_changes();
    close();
    draw();
  }
  function pick(choice) {
    const one = { value: choice.value, label: choice.label };
    const others = chosen().filter((each) => each.value !== one.value);
    choose(several ? [...others, one] : [one]);
    input.focus();
  }
  function draw() {
    box.querySelectorAll(".pw-chip").forEach((chip) => chip.remove());
    if (several) for (const one of chosen()) {
      const chip = document.createElement("span");
      chip.className = "pw-chip";
      element(chip, "bdi", { textContent: one.label });
      element(chip, "button", { type: "button", textContent: "✕", onclick: () => { choose(chosen().filter((each) => each.value !== one.value)); input.focus(); } }, { "aria-label": `Remove ${one.label}` });
      input.before(chip);
    }
    input.value = shownText();
    input.placeholder = several && chosen().length ? "" : model.get("placeholder");
  }
  function ask() { model.send({ kind: "find", text: several || input.value !== shownText() ? input.value : "", number: ++asked }); }
  function close() {
    asked += 1;  // so that a late answer does not open the list again
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function point(to) {
    active = to;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", place === active));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }
  function open() {
    const { number, choices: found } = model.get("found");
    if (number !== asked || document.activeElement !== input) return;
    choices = found;
    list.replaceChildren();
    choices.forEach((choice, place) => {
      const item = element(list, "li", { id: `${id}-${place}` }, { role: "option", "aria-selected": "false" });
      element(item, "bdi", { textContent: choice.label });
      element(item, "small", { textContent: choice.detail });
      item.onmousedown = (event) => { event.preventDefault(); pick(choice); };
    });
    list.hidden = !choices.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    said.textContent = choices.length ? `${choices.length} found` : "Nothing found";
    point(-1);
  }
  function takeText() {
    const text = input.value.trim();
    if (text === shownText()) return;
    const same = choices.find((choice) => choice.label.toLowerCase() === text.toLowerCase());
    const one = text && { value: same?.value ?? text, label: same?.label ?? text };
    if (several && one && !chosen().some((each) => each.value === one.value)) choose([...chosen(), one]);
    else if (!several) choose(one ? [one] : []);
  }
  function step(by) {
    if (list.hidden) ask();
    else point((active + by + choices.length + (active < 0 && by < 0 ? 1 : 0)) % choices.length);
  }
  input.oninput = ask;
  input.onfocus = () => { input.select(); ask(); };
  input.onclick = () => { if (list.hidden) ask(); };
  input.onblur = () => { takeText(); close(); draw(); };
  input.onkeydown = (event) => {
    if (event.key === "Escape" && list.hidden) return;
    if (event.key === "Backspace" && several && !input.value && chosen().length) return choose(chosen().slice(0, -1));
    handleKey(event, {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => { if (active >= 0) pick(choices[active]); else { takeText(); close(); draw(); } },
      Escape: () => { close(); draw(); },
    });
  };
  const stop = listen(model, { "change:found": open, "change:chosen": () => { if (document.activeElement !== input || !several) draw(); } });
  draw();
  return stop;
}

export default { render };
