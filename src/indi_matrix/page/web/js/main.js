// The page: boards come and go, the connection is lost and comes back.

import { makeBoard } from "./board/board.js";
import { EVERYTHING, setAttribute, setHidden, setText } from "./dom.js";
import { Link } from "./link.js";
import { showMessage } from "./messages.js";
import { Store } from "./store.js";

// A board that is not there again so long after its server is away, in milliseconds.
const GONE = 1500;

const main = document.getElementById("boards");
const store = new Store();
const boards = new Map();
const stale = new Set();
let hello = null;
let sweeping = 0;

/** Shows what is lost, if anything is. Boards stay in sight, dim; without a world they cannot be used. */
function showLoss(text, state = text ? "Alert" : "Ok") {
  const lamp = document.getElementById("server");
  const banner = document.getElementById("banner");
  setAttribute(lamp, "data-state", state);
  setText(lamp, text ? "connection lost" : hello?.server || "simulated board");
  setText(banner, text);
  setHidden(banner, !text);
  main.inert = Boolean(text) && !(link.isOpen && hello?.world);
  main.classList.toggle("stale", Boolean(text));
  clearTimeout(sweeping);
  if (!text) sweeping = setTimeout(sweep, GONE);
}

/** Forgets what devices said; they stay in sight until they say it again. */
function forget() {
  store.clear();
  for (const name of store.devices.keys()) stale.add(name);
}

/** A simulated board may be there without any INDI server. */
function showServer({ up, text }) {
  if (!up) forget();
  showLoss(up || !hello?.server ? "" : text);
}

function sweep() {
  for (const name of stale) if (store.devices.get(name)?.isGone) remove(name);
  showWhetherEmpty();
}

function remove(name) {
  boards.get(name)?.element.remove();
  boards.delete(name);
  stale.delete(name);
  store.forget(name);
}

function showWhetherEmpty() {
  setHidden(document.getElementById("none"), boards.size > 0);
}

function update() {
  for (const [name, touched] of store.changes()) {
    try {
      show(name, touched);
    } catch (error) {
      reportError(error); // a board that cannot be shown keeps no other from it
    }
  }
  showWhetherEmpty();
}

function show(name, touched) {
  const device = store.devices.get(name);
  if (!device) return;
  if (device.isGone) {
    if (!stale.has(name)) remove(name);
    return;
  }
  if (!boards.has(name)) {
    const board = makeBoard(device, link, hello);
    boards.set(name, board);
    main.append(board.element);
    stale.add(name);
  }
  boards.get(name).update(stale.delete(name) ? EVERYTHING : touched);
}

const TAKES = {
  hello(message) {
    hello = message;
    for (const device of store.devices.values()) device.world = null;
    setHidden(document.getElementById("read-only"), !message.readOnly);
    forget();
    showLoss("");
  },
  server: showServer,
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
    showLoss("The connection to indi_matrix is lost. Trying again.");
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
