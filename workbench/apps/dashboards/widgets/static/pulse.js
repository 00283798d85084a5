// Asks Python to look again, as long as somebody looks at the page: closing or hiding the tab ends it. The next
// request goes out only when the one before was answered, so that a busy kernel is never flooded. The first goes out
// at once: Voila may have prepared the page long before anybody came.

// What the server says of itself; nothing where it is not ours or does not answer.
async function serverHealth() {
  try {
    const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    const answer = await fetch(new URL("api/v1/health", new URL(config.baseUrl, window.location.href)));
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function render({ model, el }) {
  let timer = 0, stopped = false, sent = 0, took = null;
  const seconds = () => model.get("seconds");
  function later() {
    clearTimeout(timer);
    if (!stopped && seconds() > 0) timer = setTimeout(ask, seconds() * 1000);
  }
  async function ask() {
    if (document.hidden || !el.isConnected) return later();
    const health = model.get("ask_server") ? await serverHealth() : null;
    sent = performance.now();
    if (!stopped) model.send({ kind: "pulse", took_ms: took, health });
  }
  const onMessage = (message) => {
    if (message.kind !== "seen") return;
    took = performance.now() - sent;
    later();
  };
  model.on("msg:custom", onMessage);
  model.on("change:seconds", later);
  if (seconds() > 0) ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
    model.off("msg:custom", onMessage);
    model.off("change:seconds", later);
  };
}

export default { render };
