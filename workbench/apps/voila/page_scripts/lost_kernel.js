// Shows a message when the server was stopped or the kernel of the visible app has ended.

const EVERY_MS = 10000;
const line = Object.assign(document.createElement("p"), { className: "pw-lost", hidden: true });
line.setAttribute("role", "alert");
document.body.prepend(line);

function say(text) {
  line.hidden = !text;
  const reload = { href: "", target: "_self", textContent: "Reload the page" }; // with a target, switching.js leaves the link alone
  line.replaceChildren(text, " ", Object.assign(document.createElement("a"), reload));
}

async function look() {
  const app = document.getElementById("jupyter-config-data");
  if (document.hidden || !app) return;
  const config = JSON.parse(app.textContent);
  try {
    const answer = await fetch(`${config.baseUrl}api/kernels/${config.kernelId}`);
    if (app.isConnected) say(answer.status === 404 ? "The program behind this page has ended: the page was left for too long, or memory ran out." : "");
  } catch {
    say("The server does not answer. Is `workbench serve` running?");
  }
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
document.addEventListener("workbench-page", () => (say(""), look()));
