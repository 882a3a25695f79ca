// The theme is set before the first paint: nothing bright may flash in a dark dome. A module would come later.
(() => {
  let red = false;
  try {
    red = localStorage.getItem("theme") === "red";
  } catch {
    // Storage may be forbidden; the page is then dark each time.
  }
  document.documentElement.dataset.theme = red ? "red" : "dark";
})();
