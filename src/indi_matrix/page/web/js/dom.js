// Elements, and their changes. Texts of devices get into the page as text nodes and attributes, never as HTML.

/** Makes an element. Names with "on" become handlers, others attributes, unless their value is null or false. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Makes a button that submits nothing. */
export function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}

/** What is touched when all may be new. */
export const EVERYTHING = { has: () => true };

let made = 0;

/** Returns an id that no other element has. */
export function newId() {
  made += 1;
  return `id${made}`;
}

/** Makes a section with a heading that names it. */
export function panel(title, name, ...children) {
  const id = newId();
  return make(
    "section",
    { class: `panel ${name}`, "aria-labelledby": id },
    make("h3", { id }, title),
    ...children,
  );
}

// An unchanged text or attribute is left alone: a change costs layout, and screen readers speak.

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/** Returns a function that calls `act` at once, so many times a second at most; the last call is always made. */
export function atMost(perSecond, act) {
  const pause = 1000 / perSecond;
  let next = 0;
  let latest = null;
  const run = () => {
    const values = latest;
    latest = null;
    next = performance.now() + pause;
    act(...values);
  };
  return (...values) => {
    const waits = latest !== null;
    latest = values;
    const wait = next - performance.now();
    if (wait <= 0 && !waits) run();
    else if (!waits) setTimeout(run, wait);
  };
}
