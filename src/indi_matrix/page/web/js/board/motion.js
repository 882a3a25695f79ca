// How the board lies: a horizon that rolls and pitches, a compass needle, and the numbers.

import { make, panel, setAttribute, setHidden, setText } from "../dom.js";
import { makeNote } from "./controls.js";

const SVG = "http://www.w3.org/2000/svg";
const ANGLES = ["ROLL", "PITCH", "YAW"];
// Parts of the picture that one degree of pitch moves the horizon.
const PER_DEGREE = 0.5;

function shape(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function makeHorizon() {
  const ground = shape("rect", { class: "ground", x: -150, y: 0, width: 300, height: 300 });
  const horizon = shape(
    "g",
    {},
    ground,
    shape("path", { class: "line", d: "M-150 0H150M-14 -20H14M-14 20H14M-9 -10H9M-9 10H9" }),
  );
  const needle = shape("path", { class: "needle", d: "M0 -47L4 -38H-4Z" });
  const disc = shape("circle", { class: "sky", r: 50 });
  const wings = shape("path", { class: "wings", d: "M-26 0H-9L0 6L9 0H26" });
  const rim = shape("circle", { class: "rim", r: 49 });
  const clip = shape(
    "svg",
    { viewBox: "-50 -50 100 100", class: "horizon", role: "img" },
    disc,
    horizon,
    wings,
    rim,
    needle,
  );
  return { clip, horizon, needle };
}

export function makeMotion(context) {
  const { clip, horizon, needle } = makeHorizon();
  const rows = ANGLES.map((name) => make("div", {}, make("dt", {}, name.toLowerCase()), make("dd")));
  const note = makeNote(context, "ORIENTATION");
  const element = panel("Motion", "motion", clip, make("dl", { class: "values" }, ...rows), note.element);
  return {
    element,
    update(touched) {
      if (!touched.has("ORIENTATION")) return;
      const vector = context.device.get("ORIENTATION");
      setHidden(element, !vector);
      const [roll, pitch, yaw] = ANGLES.map((name) => (context.device.number("ORIENTATION", name) ?? 0) % 360);
      setAttribute(element, "data-state", vector?.state ?? "Idle");
      setAttribute(horizon, "transform", `rotate(${-roll}) translate(0 ${pitch * PER_DEGREE})`);
      setAttribute(needle, "transform", `rotate(${yaw})`);
      const texts = [roll, pitch, yaw].map((angle) => `${angle.toFixed(1)}°`);
      setAttribute(
        clip,
        "aria-label",
        ANGLES.map((name, index) => `${name.toLowerCase()} ${texts[index]}`).join(", "),
      );
      rows.forEach((row, index) => setText(row.lastChild, texts[index]));
      note.update(touched);
    },
  };
}
