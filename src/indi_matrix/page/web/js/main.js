// The page: boards come and go, the connection is lost and comes back.

import { makeBoard } from "./board/board.js";
import { setAttribute, setHidden, setText } from "./dom.js";
import { Link } from "./link.js";
import { showMessage } from "./messages.js";
import { Store } from "./store.js";

// A board that is not there again so long after its server is away, in milliseconds.
const GONE = 1500;
const EVERYTHING = { has: () => true };

const main = document.getElementById("boards");
const store = new Store();
const boards = new Map();
const stale = new Set();
let hello = null;
let sweeping = 0;

/** Shows whether the INDI server is there. Boards without it stay in sight, dim, but cannot be used. */
function showServer(isUp, text) {
  const lamp = document.getElementById("server");
  const banner = document.getElementById("banner");
  setAttribute(lamp, "data-state", isUp ? "Ok" : "Alert");
  setText(lamp, isUp ? (hello?.server ?? "connected") : "no server");
  setText(banner, isUp ? "" : text);
  setHidden(banner, isUp);
  main.inert = !isUp;
  main.classList.toggle("stale", !isUp);
  clearTimeout(sweeping);
  if (isUp) sweeping = setTimeout(sweep, GONE);
}

/** Forgets what devices said; they stay in sight until they say it again. */
function forget() {
  store.clear();
  for (const name of store.devices.keys()) stale.add(name);
}

function sweep() {
  for (const name of stale) remove(name);
  stale.clear();
  showWhetherEmpty();
}

function remove(name) {
  boards.get(name)?.element.remove();
  boards.delete(name);
}

function showWhetherEmpty() {
  setHidden(document.getElementById("none"), boards.size > 0);
}

function update() {
  for (const [name, touched] of store.changes()) {
    const device = store.device(name);
    if (device.properties.size === 0) {
      if (!stale.has(name)) remove(name);
      continue;
    }
    if (!boards.has(name)) {
      const board = makeBoard(device, link, hello);
      boards.set(name, board);
      main.append(board.element);
      stale.add(name);
    }
    boards.get(name).update(stale.delete(name) ? EVERYTHING : touched);
  }
  showWhetherEmpty();
}

const TAKES = {
  hello(message) {
    hello = message;
    setHidden(document.getElementById("read-only"), !message.readOnly);
    forget();
    showServer(true, "");
  },
  server({ up, text }) {
    if (!up) forget();
    showServer(up, text);
  },
  message(message) {
    showMessage(message);
    store.take(message);
  },
  log({ board, ...line }) {
    for (const [name, one] of boards) if (!board || board === name) one.log(line);
  },
};

function takeFrame(frame) {
  for (const message of frame) (TAKES[message.t] ?? ((one) => store.take(one)))(message);
  update();
}

const link = new Link(
  takeFrame,
  () => {
    forget();
    showServer(false, "The connection to indi_matrix is lost. Trying again.");
  },
  ({ device, board, name }, text) => {
    store.refuse(device ?? board, name ?? "world", text);
    update();
  },
);

// The red light for the dome.
const theme = document.getElementById("theme");

function showTheme(name) {
  document.documentElement.dataset.theme = name;
  setAttribute(theme, "aria-pressed", name === "red");
  for (const board of boards.values()) board.update({ has: (place) => place === "ring" });
}

theme.onclick = () => {
  const name = document.documentElement.dataset.theme === "red" ? "dark" : "red";
  showTheme(name);
  try {
    localStorage.setItem("theme", name);
  } catch {
    // Storage may be forbidden: the choice then ends with the page.
  }
};
showTheme(document.documentElement.dataset.theme);
