// Shows a message when the server was stopped or the kernel of the page has ended.
// Ends the kernel in browsers that do not tell Voila that a page is left (Safari on iOS).

const EVERY_MS = 10000;
const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
const line = Object.assign(document.createElement("p"), { className: "pw-lost", hidden: true });
line.setAttribute("role", "alert");
document.body.prepend(line);

function say(text) {
  line.hidden = !text;
  line.replaceChildren(text, " ", Object.assign(document.createElement("a"), { href: "", textContent: "Reload the page" }));
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${config.baseUrl}api/kernels/${config.kernelId}`);
    say(answer.status === 404 ? "The program behind this page has ended: the page was left for too long, or memory ran out." : "");
  } catch {
    say("The server does not answer. Is `workbench serve` running?");
  }
}

let told = false;
addEventListener("beforeunload", () => { told = true; });
addEventListener("pagehide", (event) => {
  if (told || event.persisted) return; // the browser may show a persisted page again
  const goodbye = new FormData();
  goodbye.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "");
  navigator.sendBeacon(`${config.baseUrl}voila/api/shutdown/${config.kernelId}`, goodbye);
});
setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
