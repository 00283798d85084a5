// The card of a job. Its HTML comes from Python; the buttons stay, so that they keep the focus while the card changes.

const ENDED = ["done", "cancelled", "failed"];

function button(text, title, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, title });
  made.addEventListener("click", press);
  return made;
}

function render({ model, el }) {
  const frame = document.createElement("div"), style = document.createElement("style");
  const now = document.createElement("div"), buttons = document.createElement("p");
  frame.className = "pw-card";
  frame.setAttribute("role", "group");
  buttons.className = "pw-buttons";
  const send = (press) => model.send({ press });
  const pause = button("Pause", "Files in work are finished first", () =>
    send(model.get("state") === "paused" ? "resume" : "pause"));
  const cancel = button("Cancel", "What is done stays saved", () => send("cancel"));
  buttons.append(pause, cancel);
  frame.append(now, buttons);
  el.append(style, frame);

  function draw() {
    const made = document.createElement("template"), state = model.get("state");
    made.innerHTML = model.get("html");
    const rules = made.content.querySelector("style"), card = made.content.querySelector(".pw-card");
    if (style.textContent !== rules.textContent) style.textContent = rules.textContent;
    frame.setAttribute("aria-label", card.querySelector("h4").textContent);
    now.replaceChildren(...card.childNodes);
    buttons.hidden = ENDED.includes(state);
    pause.textContent = state === "paused" ? "Resume" : "Pause";
    pause.disabled = cancel.disabled = state === "cancelling";
  }
  model.on("change:html change:state", draw);
  draw();
  return () => model.off("change:html change:state", draw);
}

export default { render };
