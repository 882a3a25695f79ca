// What devices said, newest last.

import { make } from "./dom.js";

const MOST = 200;

/** Adds a line to a bounded list, which stays at its end unless somebody has scrolled up. */
export function addLine(list, line) {
  const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
  list.append(line);
  while (list.childElementCount > MOST) list.firstElementChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

/** Returns the time of day of an INDI timestamp, which is UTC, as it is here. */
function timeOfDay(timestamp) {
  const time = timestamp ? new Date(`${timestamp.replace(/Z$/, "")}Z`) : new Date();
  return Number.isNaN(time.getTime()) ? "" : time.toLocaleTimeString([], { hour12: false });
}

export function showMessage({ device, level, text, time }) {
  const line = make(
    "p",
    { "data-level": level },
    make("time", {}, timeOfDay(time)),
    make("b", {}, device || "server"),
    make("span", {}, level === "INFO" ? text : `${level.toLowerCase()}: ${text}`),
  );
  addLine(document.getElementById("lines"), line);
}
