// Updates the numbers of the home page, and adds the hours and problems, which take longer to count.

const EVERY_MS = 5000;
const PROBLEMS_EVERY_MS = 60_000;
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
    show("hours", hours < 10 ? Math.round(hours * 10) / 10 : Math.round(hours));
    show("running", jobs.running + jobs.waiting);
  } catch {
    show("hours", "–");
  }
}

function showKinds(kinds) {
  const list = document.querySelector("[data-problems]");
  list.replaceChildren(...Object.entries(kinds).map(([kind, count]) => {
    const item = document.createElement("li"), link = document.createElement("a"), number = document.createElement("b");
    link.href = list.dataset.problems;
    number.textContent = count.toLocaleString("en");
    link.append(`${kind} `, number);
    item.append(link);
    return item;
  }));
  list.hidden = !list.children.length;
}

// Requests counts less often if they take long.
async function lookForProblems() {
  const began = performance.now();
  if (!document.hidden) {
    try {
      const { tracks, kinds } = await (await fetch(api + "stats/problems")).json();
      show("problems", tracks);
      showKinds(kinds);
    } catch {
      show("problems", "–");
    }
  }
  setTimeout(lookForProblems, Math.max(PROBLEMS_EVERY_MS, 20 * (performance.now() - began)));
}

if (document.querySelector("[data-count]")) {
  look();
  lookForProblems();
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
