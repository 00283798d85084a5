// Functions that several widgets need. They are put before the module of each widget, because that must be one file.

// Formats a position or a length like a player: 1:21, 1:02:05.
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0)), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return (hours ? `${hours}:${two(minutes)}` : minutes) + ":" + two(whole % 60);
}

// Returns the address of a path below the base URL of this page's server.
function serverUrl(path) {
  const config = document.getElementById("jupyter-config-data");
  const base = (config && JSON.parse(config.textContent).baseUrl) || document.body.dataset.baseUrl || "/";
  return new URL(path, new URL(base, window.location.href)).href;
}

// Returns numbers that Python sent as bytes, in a copy whose address is aligned for their type.
function numbers(model, name, Type) {
  const view = model.get(name);
  if (!view || !view.byteLength) return new Type(0);
  return new Type(new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength).slice().buffer);
}

// Adds an element to its parent.
function element(parent, tag, properties = {}, attributes = {}) {
  const node = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent.append(node);
  return node;
}

// Calls a function at each of these events of the model; returns a function that ends it.
function listen(model, actions) {
  for (const [event, act] of Object.entries(actions)) model.on(event, act);
  return () => { for (const [event, act] of Object.entries(actions)) model.off(event, act); };
}

// Follows the model and the size of an element; returns a function that ends both. `actions` is as for `listen`.
function follow(model, actions, node, resized) {
  const stopListening = listen(model, actions), observer = new ResizeObserver(resized);
  observer.observe(node);
  return () => { observer.disconnect(); stopListening(); };
}

// Handles a key, and prevents other actions of the page for it.
function handleKey(event, actions) {
  if (!actions[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  actions[event.key]();
}

// Adds five stars for a rating; returns a function that draws a rating. A click on the star of `own` removes it.
function addStars(parent, rate) {
  let given = null;
  const stars = element(parent, "div", { className: "pw-stars" }, { role: "group", "aria-label": "Your rating" });
  for (let number = 1; number <= 5; number++) {
    const act = () => rate(given === number ? null : number);
    element(stars, "button", { type: "button", textContent: "★", onclick: act }, { "aria-label": number === 1 ? "1 star" : `${number} stars` });
  }
  return (rating, own) => {
    given = own;
    const half = rating % 1 >= 0.5 ? " and a half" : "", told = own ? "Your rating" : rating ? `Rated ${Math.floor(rating)}${half} elsewhere` : "Not rated";
    stars.title = told;
    stars.classList.toggle("pw-others", !own && rating > 0);
    [...stars.children].forEach((star, index) => star.setAttribute("aria-pressed", index < Math.round(rating)));
  };
}
