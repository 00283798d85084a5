// Five stars to rate the shown track. Ratings are synchronized with those in the bar of the player.

function render({ model, el }) {
  el.classList.add("pw");
  const root = element(el, "div", { className: "pw-rating" });
  element(root, "span", { textContent: "Rating" });
  const drawStars = addStars(root, (stars) => {
    take({ rating: stars ?? null, own_rating: stars });
    window.workbenchPlayer?.learn({ id: model.get("track_id"), rating: stars, own_rating: stars });
  });
  function take({ rating, own_rating: value }) {
    model.set({ rating, value });
    model.save_changes();
  }
  function draw() {
    root.hidden = !model.get("track_id");
    drawStars(model.get("rating") ?? 0, model.get("value"));
  }
  const onRated = ({ detail }) => detail.id === model.get("track_id") && detail.own_rating !== model.get("value") && take(detail);
  window.addEventListener("workbench-rated", onRated);
  const stop = listen(model, { "change:track_id": draw, "change:rating": draw, "change:value": draw });
  draw();
  return () => {
    window.removeEventListener("workbench-rated", onRated);
    stop();
  };
}

export default { render };
