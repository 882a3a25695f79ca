// Painting: a colour, and whole frames written as EVERLOOP_IMAGE.

import { atMost, button, make, newId, panel, setAttribute, setHidden, setText } from "../dom.js";
import { makeNote } from "./controls.js";
import { screenColour } from "./ring.js";

const FRAMES_PER_SECOND = 25;
// The picture that was written counts so long, in milliseconds: the driver tells it a little later.
const WRITTEN = 500;
const CHANNELS = ["RED", "GREEN", "BLUE", "WHITE"];
const PALETTE = [
  ["Red", [255, 0, 0, 0]],
  ["Orange", [255, 90, 0, 0]],
  ["Yellow", [255, 200, 0, 0]],
  ["Green", [0, 255, 0, 0]],
  ["Cyan", [0, 220, 255, 0]],
  ["Blue", [0, 40, 255, 0]],
  ["Violet", [140, 0, 255, 0]],
  ["Pink", [255, 0, 120, 0]],
  ["White", [0, 0, 0, 255]],
  ["Dark", [0, 0, 0, 0]],
];

const hex = (channels) => channels.map((channel) => channel.toString(16).padStart(2, "0")).join("");

/** Returns the picture of an EVERLOOP_IMAGE, whose words have six or eight digits. */
function parseImage(text, count) {
  const words = String(text ?? "").split(/\s+/).filter(Boolean);
  return Array.from({ length: count }, (_, index) => (words[index] ?? "").padEnd(8, "0"));
}

/** The brush: its colour, its tools, and the picture that it paints. */
export class Brush {
  #colour = PALETTE[0][1];
  #words = null;
  #time = 0;

  constructor(context) {
    this.context = context;
    this.write = atMost(FRAMES_PER_SECOND, (words) => context.write("EVERLOOP_IMAGE", { IMAGE: words.join(" ") }));
    this.note = makeNote(context, "EVERLOOP_IMAGE", "EVERLOOP_COLOR");
    this.swatches = PALETTE.map(([name, colour]) => this.#swatch(name, colour));
    this.element = panel(
      "Paint",
      "paint",
      make("div", { class: "palette", role: "group", "aria-label": "Colour" }, ...this.swatches, this.#picker()),
      this.#whiteSlider(),
      make(
        "div",
        { class: "choice" },
        button({ onclick: () => this.#fill() }, "Fill the ring"),
        button({ onclick: () => this.#rainbow() }, "Draw a rainbow"),
      ),
      make("p", { class: "hint" }, "Drag over the LEDs. Keys: arrows move, space paints."),
      this.note.element,
    );
    this.#choose(this.#colour);
  }

  update(touched) {
    this.note.update(touched);
    setHidden(this.element, !this.context.device.get("EVERLOOP_IMAGE"));
    if (touched.has("ring")) this.#showColours();
  }

  /** Paints LEDs, and writes the whole ring. */
  paint(indexes) {
    const words = this.#picture();
    for (const index of indexes) words[index] = hex(this.#colour);
    this.#send(words);
  }

  get #count() {
    return this.context.device.ledCount;
  }

  /** Returns the picture to paint on; a dark ring is painted on as it is seen. */
  #picture() {
    const { device } = this.context;
    if (this.#words && performance.now() - this.#time < WRITTEN) return this.#words;
    const isLit = device.value("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON");
    return parseImage(isLit ? device.value("EVERLOOP_IMAGE", "IMAGE") : "", this.#count);
  }

  #send(words) {
    this.#words = words;
    this.#time = performance.now();
    this.write(words);
  }

  #fill() {
    this.#words = null;
    this.context.write(
      "EVERLOOP_COLOR",
      Object.fromEntries(CHANNELS.map((name, index) => [name, this.#colour[index]])),
    );
  }

  #rainbow() {
    const third = (2 * Math.PI) / 3;
    const at = (turn, phase) =>
      Math.round(255 * Math.max(0, Math.cos(2 * Math.PI * turn - phase * third) * 0.67 + 0.33));
    const turns = Array.from({ length: this.#count }, (_, index) => index / this.#count);
    this.#send(turns.map((turn) => hex([at(turn, 0), at(turn, 1), at(turn, 2), 0])));
  }

  // The tools

  #swatch(name, colour) {
    return button({ class: "swatch", "aria-label": name, title: name, onclick: () => this.#choose(colour) });
  }

  #picker() {
    const id = newId();
    this.picker = make("input", { id, type: "color", value: "#ff0000", oninput: () => this.#pick() });
    this.picked = make(
      "label",
      { class: "swatch", for: id, title: "Any colour" },
      make("span", { class: "hidden" }, "Any colour"),
      this.picker,
    );
    return this.picked;
  }

  #whiteSlider() {
    const id = newId();
    this.white = make("input", { id, type: "range", min: 0, max: 255, oninput: () => this.#pickWhite() });
    this.whiteText = make("output", { for: id });
    return make(
      "div",
      { class: "control slider" },
      make("label", { class: "name", for: id }, "White LED"),
      this.whiteText,
      this.white,
    );
  }

  #pick() {
    const channels = [1, 3, 5].map((at) => Number.parseInt(this.picker.value.slice(at, at + 2), 16));
    this.#choose([...channels, this.#colour[3]]);
  }

  #pickWhite() {
    this.#choose([...this.#colour.slice(0, 3), Number(this.white.value)]);
  }

  #choose(colour) {
    this.#colour = colour;
    this.picker.value = `#${hex(colour.slice(0, 3))}`;
    this.white.value = colour[3];
    setText(this.whiteText, String(colour[3]));
    PALETTE.forEach(([, one], index) =>
      setAttribute(this.swatches[index], "aria-pressed", hex(one) === hex(colour)),
    );
    this.#showColours();
  }

  #showColours() {
    const isRed = document.documentElement.dataset.theme === "red";
    const css = (colour) => `rgb(${screenColour(colour, isRed) ?? [0, 0, 0]})`;
    PALETTE.forEach(([, colour], index) => this.swatches[index].style.setProperty("--colour", css(colour)));
    this.picked.style.setProperty("--colour", css(this.#colour));
  }
}
