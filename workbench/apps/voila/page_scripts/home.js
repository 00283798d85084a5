// Keeps the numbers of the home page up to date, and adds the hours, which take longer to count.

const EVERY_MS = 5000;
const api = document.body.dataset.baseUrl + "api/v1/";

function show(name, value) {
  const place = document.querySelector(`[data-count="${name}"]`);
  if (place) place.textContent = value.toLocaleString("en");
}

async function look() {
  if (document.hidden) return;
  try {
    const { tracks, audio_seconds, jobs } = await (await fetch(api + "stats/analysis")).json();
    const hours = audio_seconds / 3600;
    show("total", tracks.total);
    show("failed", tracks.failed);
    show("hours", hours < 10 ? Math.round(hours * 10) / 10 : Math.round(hours));
    show("running", jobs.running + jobs.waiting);
  } catch {
    show("hours", "–");
  }
}

if (document.querySelector("[data-count]")) {
  look();
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
