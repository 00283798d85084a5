// Asks Python for new values at intervals while the page is visible. It sends a request only after the answer to the
// one before, so that requests do not pile up in a busy kernel. It sends the first one at once, because Voila may have
// prepared the page long ago.

// Returns the health report of the server; null if it does not answer or is another server.
async function serverHealth() {
  try {
    const answer = await fetch(serverUrl("api/v1/health"));
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
    if (document.hidden || window.workbenchBehind || !el.isConnected) return later();
    const health = model.get("ask_server") ? await serverHealth() : null;
    sent = performance.now();
    if (!stopped) model.send({ kind: "pulse", took_ms: took, health });
  }
  const onMessage = (message) => {
    if (message.kind !== "seen") return;
    took = performance.now() - sent;
    later();
  };
  const stopListening = listen(model, { "msg:custom": onMessage, "change:seconds": later });
  if (seconds() > 0) ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
    stopListening();
  };
}

export default { render };
