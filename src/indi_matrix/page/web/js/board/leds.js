// The ring on the page: the picture, and over it a button for each LED, for pointers, keys and screen readers.

import { button, make, setAttribute, setHidden, setText } from "../dom.js";
import { parseLeds, placeOf, RingPicture } from "./ring.js";

const CHANNELS = ["red", "green", "blue", "white"];
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
// The names of the LEDs follow so much later, in milliseconds: nobody reads 25 names a second.
const NAMES_LATER = 500;
const LEDS_OF = { Creator: 35, Voice: 18 };
const SHARPEST = 2;

function describe(led) {
  const parts = CHANNELS.map((channel, index) => (led[index] ? `${channel} ${led[index]}` : "")).filter(Boolean);
  return parts.join(", ") || "dark";
}

/** The ring of one board, and the brush that paints it. */
export class Ring {
  #leds = [];
  #asked = 0;
  #naming = 0;
  #last = null;

  constructor(context, brush) {
    this.context = context;
    this.brush = brush;
    this.canvas = make("canvas", { role: "img" });
    this.picture = new RingPicture(this.canvas);
    this.buttons = make("div", { class: "leds", role: "group", "aria-label": "LEDs: arrows move, space paints" });
    this.connect = button({ class: "connect", onclick: () => context.write("CONNECTION", { CONNECT: true }) });
    this.element = make("div", { class: "ring" }, this.canvas, this.buttons, this.connect);
    this.#listen();
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  update(touched) {
    if (touched.has("CONNECTION")) this.#showConnection();
    if (!["ring", "world", "CONNECTION", "EVERLOOP_INFO"].some((place) => touched.has(place))) return;
    this.#leds = this.#shown();
    this.#setCount(this.context.device.get("EVERLOOP_IMAGE") ? this.#leds.length : 0);
    this.#draw();
    this.#naming ||= setTimeout(() => this.#nameAll(), NAMES_LATER);
  }

  #shown() {
    const { device } = this.context;
    const leds = parseLeds(device.ring || (device.world?.leds ?? ""));
    const count = device.ledCount || LEDS_OF.Creator;
    return leds.length ? leds : Array.from({ length: count }, () => [0, 0, 0, 0]);
  }

  #showConnection() {
    const { device } = this.context;
    const isBusy = device.get("CONNECTION")?.state === "Busy";
    setHidden(this.connect, device.isConnected() || !device.get("CONNECTION"));
    setText(this.connect, isBusy ? "Connecting" : "Connect");
    this.element.classList.toggle("off", !this.connect.hidden);
  }

  #draw() {
    if (this.#asked) return;
    this.#asked = requestAnimationFrame(() => {
      this.#asked = 0;
      const { device } = this.context;
      const name = String(device.value("EVERLOOP_INFO", "BOARD") ?? device.world?.kind ?? "");
      this.picture.draw(this.#leds, name.charAt(0).toUpperCase() + name.slice(1));
    });
  }

  #resize() {
    const size = Math.round(this.element.clientWidth * Math.min(devicePixelRatio, SHARPEST));
    if (!size || size === this.canvas.width) return;
    this.canvas.width = size;
    this.canvas.height = size;
    this.#draw();
  }

  // The buttons

  #setCount(count) {
    if (this.buttons.childElementCount === count) return;
    this.buttons.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const led = button({ "data-index": index, tabindex: index ? -1 : 0 });
        const [x, y] = placeOf(index, count);
        Object.assign(led.style, { left: `${100 * x}%`, top: `${100 * y}%` });
        return led;
      }),
    );
    this.#nameAll();
  }

  #nameAll() {
    clearTimeout(this.#naming);
    this.#naming = 0;
    const lit = this.#leds.filter((led) => led.some(Boolean)).length;
    setAttribute(this.canvas, "aria-label", `Ring of ${this.#leds.length} LEDs, ${lit} of them lit`);
    [...this.buttons.children].forEach((led, index) => {
      setAttribute(led, "aria-label", `LED ${index + 1}, ${describe(this.#leds[index] ?? [])}`);
    });
  }

  // Pointers and keys

  #listen() {
    const { buttons } = this;
    buttons.onpointerdown = (event) => {
      const index = this.#ledAt(event);
      if (index === null || event.button !== 0) return;
      buttons.setPointerCapture(event.pointerId);
      this.#last = index;
      this.brush.paint([index]);
    };
    buttons.onpointermove = (event) => this.#drag(event);
    buttons.onpointerup = () => this.#end();
    buttons.onpointercancel = () => this.#end();
    buttons.onkeydown = (event) => this.#key(event);
    // A screen reader clicks without a pointer.
    buttons.onclick = (event) => {
      if (event.detail === 0) this.brush.paint([Number(event.target.dataset.index)]);
    };
  }

  #end() {
    this.#last = null;
  }

  /** Returns the LED that is pressed, or none between them. */
  #ledAt(event) {
    const index = event.target.dataset.index;
    return index === undefined || this.buttons.closest("fieldset")?.disabled ? null : Number(index);
  }

  /** Paints all LEDs on the way, the short way round: a quick hand skips some. */
  #drag(event) {
    if (this.#last === null) return;
    const count = this.#leds.length;
    const box = this.buttons.getBoundingClientRect();
    const x = event.clientX - box.left - box.width / 2;
    const y = event.clientY - box.top - box.height / 2;
    if (Math.hypot(x, y) < box.width / 6) return;
    const here = Math.round((Math.atan2(x, -y) / (2 * Math.PI)) * count + count) % count;
    const way = ((here - this.#last + count * 1.5) % count) - count / 2;
    const steps = Array.from({ length: Math.abs(Math.round(way)) }, (_, step) => step + 1);
    if (!steps.length) return;
    this.brush.paint(steps.map((step) => (this.#last + Math.sign(way) * step + count) % count));
    this.#last = here;
  }

  #key(event) {
    const leds = [...this.buttons.children];
    const from = leds.indexOf(document.activeElement);
    const places = { Home: 0, End: leds.length - 1 };
    const step = STEPS[event.key];
    if (from < 0 || (!step && !(event.key in places))) return;
    event.preventDefault();
    const to = leds[step ? (from + step + leds.length) % leds.length : places[event.key]];
    leds[from].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
    if (event.shiftKey && step) this.brush.paint([leds.indexOf(to)]);
  }
}
