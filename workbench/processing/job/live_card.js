// The card of a job. Its HTML comes from Python. The buttons are kept, so that they keep the focus while the card changes.

const ENDED = ["done", "cancelled", "failed"];
const UNHEARD_MS = 1500; // set by hand; a free kernel answers within some milliseconds

// A kernel does not receive a click while it runs a cell if it has no subshells, or after a reload of the page, because
// JupyterLab 4.6 then writes to a subshell that has ended. The server receives it if it has the same library.
async function askServer(id, press) {
  const config = document.getElementById("jupyter-config-data");
  if (!config) return;
  const address = `${JSON.parse(config.textContent).baseUrl}api/v1/jobs/${id}`;
  const token = document.cookie.match(/\b_xsrf=([^;]*)/);
  const options = { method: press === "cancel" ? "DELETE" : "POST", headers: token ? { "X-XSRFToken": token[1] } : {} };
  await fetch(press === "cancel" ? address : `${address}/${press}`, options);
}

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
  let heard = 0;
  const send = (press) => {
    const waiting = setTimeout(() => askServer(model.get("job_id"), press), UNHEARD_MS);
    heard = waiting;
    model.send({ press });
  };
  const listen = (message) => message.heard && clearTimeout(heard);
  const pause = button("Pause", "Files in work are finished first", () =>
    send(model.get("state") === "paused" ? "resume" : "pause"));
  const cancel = button("Cancel", "Finished work stays saved", () => send("cancel"));
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
  pause.hidden = !model.get("can_pause");
  model.on("msg:custom", listen);
  model.on("change:html change:state", draw);
  draw();
  return () => {
    model.off("msg:custom", listen);
    model.off("change:html change:state", draw);
  };
}

export default { render };
