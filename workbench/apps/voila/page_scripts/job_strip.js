// Shows the jobs of the server on every page: progress, remaining time, and buttons to pause and to cancel.
// Ended jobs stay for an hour or until they are dismissed in this browser. Few jobs are shown; a click shows all.

const base = new URL("../../", import.meta.url);
const BUSY_MS = 1000, IDLE_MS = 4000; // set by hand: the bar moves visibly; a job of another page is shown soon
const SHOWN_S = 3600; // how long an ended job is shown
const FEW = 3; // set by hand, so that the page below stays visible
const DISMISSED = "workbench-dismissed-jobs", MOST_DISMISSED = 1000; // more than the server keeps
const ENDED = { done: "done", failed: "stopped", cancelled: "cancelled" };

const strip = Object.assign(document.createElement("section"), { className: "pw-jobs", hidden: true });
strip.setAttribute("aria-label", "Jobs");
document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${base}voila/workbench/job_strip.css` }));
const menu = document.querySelector(".pw-nav");
menu ? menu.append(strip) : document.body.prepend(strip); // the menu stays visible when the page scrolls, and so do the jobs
const lines = new Map();
const rest = Object.assign(document.createElement("div"), { className: "pw-job" });
const restSaid = Object.assign(document.createElement("span"), { className: "pw-job-said" });
const unfold = button("Show all", "", async () => { unfolded = !unfolded; });
const dismissAll = button("Dismiss all", "Removes the lines of ended jobs", async () => dismiss(...endedIds));
rest.append(restSaid, unfold, dismissAll);
strip.append(rest);
let timer = 0, unfolded = false, endedIds = [];

async function ask(path, method = "GET") {
  const token = document.cookie.match(/\b_xsrf=([^;]*)/);
  const headers = token && method !== "GET" ? { "X-XSRFToken": token[1] } : {};
  const answer = await fetch(new URL(`api/v1/jobs${path}`, base), { method, headers });
  if (!answer.ok) throw new Error((await answer.json()).message);
  return answer.json();
}

const dismissed = () => JSON.parse(localStorage.getItem(DISMISSED) ?? "[]");
function dismiss(...ids) {
  localStorage.setItem(DISMISSED, JSON.stringify([...dismissed(), ...ids].slice(-MOST_DISMISSED)));
  look();
}

function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const number = (value) => value.toLocaleString("en-US");
const counted = (many, unit) => `${number(many)} ${unit}${many === 1 ? "" : "s"}`;

// Returns the state of a job in a few words.
function words(job) {
  const now = job.progress ?? {}, done = (now.done ?? 0) + (now.cached ?? 0) + (now.failed ?? 0);
  const paused = job.status === "running" && now.state === "paused";
  const state = ENDED[job.status] ?? { queued: "waits for its turn", cancelling: "is being cancelled" }[job.status];
  const parts = [state ?? (paused ? "paused" : "")];
  if (now.total) parts.push(`${number(done)} of ${counted(now.total, now.unit ?? "file")}${now.scanning ? " so far" : ""}`);
  else if (job.status === "running" && now.scanning) parts.push("looking for music");
  if (now.failed) parts.push(`${number(now.failed)} failed`);
  if (job.status === "running" && !paused && now.eta_s) parts.push(`${span(now.eta_s)} left`);
  if (job.status in ENDED && now.elapsed_s) parts.push(`took ${span(now.elapsed_s)}`);
  if (now.note && job.status === "running") parts.push(now.note);
  if (job.error) parts.push(job.error.message);
  return parts.filter(Boolean).join(" · ");
}

function button(text, title, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, title });
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      made.closest(".pw-job").querySelector(".pw-job-said").textContent = error.message;
    }
    made.disabled = false;
    look();
  });
  return made;
}

// Draws the line of a job and keeps its elements, so that a button keeps the focus.
function lineOf(id) {
  if (lines.has(id)) return lines.get(id);
  const line = Object.assign(document.createElement("div"), { className: "pw-job" });
  const part = (name, className) => {
    const made = Object.assign(document.createElement(name), { className });
    line.append(made);
    return made;
  };
  const known = { line, title: part("b", "pw-job-title"), bar: part("progress", ""), said: part("span", "pw-job-said") };
  known.pause = button("Pause", "Files in work are finished first", () => ask(`/${id}/${known.verb}`, "POST"));
  known.cancel = button("Cancel", "Finished work stays saved", () => ask(`/${id}`, "DELETE"));
  known.dismiss = button("Dismiss", "Removes this line", async () => dismiss(id));
  line.append(known.pause, known.cancel, known.dismiss);
  lines.set(id, known);
  return known;
}

function show(job) {
  const known = lineOf(job.id), now = job.progress ?? {}, ended = job.status in ENDED;
  const done = (now.done ?? 0) + (now.cached ?? 0) + (now.failed ?? 0);
  known.title.textContent = job.title;
  known.said.textContent = words(job);
  known.verb = now.state === "paused" ? "resume" : "pause";
  known.pause.textContent = known.verb === "pause" ? "Pause" : "Resume";
  for (const name of ["pause", "cancel", "dismiss"]) {
    known[name].setAttribute("aria-label", `${known[name].textContent}: ${job.title}`); // there may be several lines
  }
  known.pause.hidden = job.status !== "running" || !job.can_pause;
  known.cancel.hidden = ended || job.status === "cancelling";
  known.dismiss.hidden = !ended;
  known.bar.hidden = ended;
  known.bar.setAttribute("aria-label", `${job.title}: how far it is`);
  if (now.total && done) Object.assign(known.bar, { max: now.total, value: done });
  else known.bar.removeAttribute("value");
  known.line.classList.toggle("pw-job-failed", job.status === "failed");
}

// Sorts jobs: unfinished ones first, then failed ones, then the newest.
const urgency = (job) => (job.status in ENDED ? (job.status === "failed" ? 1 : 2) : 0);

// Shows the lines of some jobs in their order; a line that keeps its place keeps the focus.
function showAll(jobs) {
  const ordered = [...jobs].sort((one, other) => urgency(one) - urgency(other) ||
    (urgency(one) ? other.updated_at - one.updated_at : one.created_at - other.created_at));
  const shown = unfolded ? ordered : ordered.slice(0, FEW), ids = new Set(shown.map((job) => job.id));
  for (const [id, { line }] of lines) if (!ids.has(id)) (line.remove(), lines.delete(id));
  shown.forEach((job, place) => {
    show(job);
    const { line } = lines.get(job.id);
    if (strip.children[place] !== line) strip.insertBefore(line, strip.children[place]);
  });
  endedIds = ordered.filter((job) => job.status in ENDED).map((job) => job.id);
  const folded = ordered.length - shown.length;
  restSaid.textContent = folded ? `and ${counted(folded, "more job")}` : "";
  unfold.textContent = unfolded ? "Show few" : "Show all";
  unfold.setAttribute("aria-expanded", unfolded);
  unfold.hidden = ordered.length <= FEW;
  dismissAll.hidden = endedIds.length < 2;
  rest.hidden = unfold.hidden && dismissAll.hidden;
  strip.hidden = !ordered.length;
}

async function look() {
  clearTimeout(timer);
  let busy = false;
  if (!document.hidden) {
    try {
      const { jobs } = await ask("?brief=true");
      const gone = dismissed(), newest = Date.now() / 1000;
      const shown = jobs.filter((job) =>
        !(job.status in ENDED) || (newest - job.updated_at < SHOWN_S && !gone.includes(job.id)));
      busy = shown.some((job) => !(job.status in ENDED));
      showAll(shown);
    } catch {
      // The server does not answer; another script shows that.
    }
  }
  clearTimeout(timer);
  timer = setTimeout(look, busy ? BUSY_MS : IDLE_MS);
}

document.addEventListener("visibilitychange", look);
document.addEventListener("workbench-job", look);
look();
