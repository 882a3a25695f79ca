// The 16 pins: label, direction, level, state, and what was refused.

import { button, make, panel, setAttribute, setHidden, setText } from "../dom.js";
import { makeNote } from "./controls.js";

const COUNT = 16;

/** The names of the properties of a pin; channel numbers count from 1. */
function namesOf(pin) {
  const channel = pin + 1;
  return {
    output: `DIGITAL_OUTPUT_${channel}`,
    input: `DIGITAL_INPUT_${channel}`,
    servo: `SERVO_ANGLE_${pin}`,
    pulse: `PULSE_${pin}`,
    duty: `DUTY_${pin}`,
  };
}

export function makePins(context) {
  const pins = Array.from({ length: COUNT }, (_, pin) => new Pin(context, pin));
  const note = makeNote(context, "GPIO_DIRECTION", "GPIO_REGISTER");
  const list = make("ul", { class: "pins" }, ...pins.map((pin) => pin.element));
  const hint = make("p", { class: "hint" }, "Make a pin an output, then switch it.");
  const element = panel("Pins", "pins-panel", list, hint, note.element);
  return {
    element,
    update(touched) {
      note.update(touched);
      for (const pin of pins) pin.update(touched);
      setHidden(element, !context.device.get("GPIO_DIRECTION"));
      const outputs = context.device.get("GPIO_DIRECTION")?.members.values() ?? [];
      setHidden(
        hint,
        [...outputs].some((member) => member.value),
      );
    },
  };
}

/** One pin's place in the list. */
class Pin {
  constructor(context, pin) {
    this.context = context;
    this.pin = pin;
    this.member = `PIN_${pin}`;
    this.names = namesOf(pin);
    this.places = ["GPIO_DIRECTION", "GPIO_REGISTER", "DEW_HEATER", ...Object.values(this.names)];
    this.note = makeNote(context, ...Object.values(this.names));
    this.pad = make("span", { class: "pad", "aria-hidden": "true" }, String(pin));
    this.label = make("span");
    this.direction = button({ class: "direction", onclick: () => this.#turn() });
    this.output = button({ class: "output", onclick: () => this.#switch() });
    this.level = make("span", { class: "level" });
    this.state = make("span", { class: "state" });
    const label = make("div", { class: "label" }, this.label, this.state);
    const row = make("div", { class: "pin-row" }, this.direction, this.output, this.level);
    this.element = make("li", { class: "pin" }, this.pad, label, row, this.note.element);
  }

  get #vector() {
    const { device } = this.context;
    return device.get(this.names.output) ?? device.get(this.names.input) ?? device.get(this.names.servo);
  }

  update(touched) {
    if (!this.places.some((place) => touched.has(place))) return;
    const vector = this.#vector;
    const kind =
      vector?.name === this.names.output ? "output" : vector?.name === this.names.input ? "input" : "servo";
    const label = vector && kind !== "servo" ? vector.label : `Pin ${this.pin}`;
    setText(this.label, label);
    setAttribute(this.element, "data-state", vector?.state ?? "Idle");
    setAttribute(this.element, "data-kind", kind);
    this.#showDirection(label, kind);
    this.#showLevel(label, kind, vector);
    this.note.update(touched);
  }

  #showDirection(label, kind) {
    const text = { output: "out", input: "in", servo: "servo" }[kind];
    setText(this.direction, text);
    this.direction.disabled = kind === "servo";
    const what = kind === "output" ? "make it an input" : "make it an output";
    setAttribute(this.direction, "title", what);
    setAttribute(this.direction, "aria-label", `${label}, ${text}: ${what}`);
  }

  #showLevel(label, kind, vector) {
    const isOn = vector?.value("ON") === true;
    const isKnown = isOn || vector?.value("OFF") === true;
    const level = isOn ? "On" : isKnown ? "Off" : "?";
    const text = kind === "servo" ? `${vector?.value("ANGLE") ?? "?"}°` : level;
    setHidden(this.output, kind !== "output");
    setHidden(this.level, kind === "output");
    setText(this.output, text);
    setText(this.level, text);
    setAttribute(this.output, "aria-pressed", isOn);
    setAttribute(this.output, "aria-label", `${label} ${level}`);
    setAttribute(this.level, "data-on", isOn);
    setText(this.state, this.#stateText(vector));
    const pads = this.context.device.value("GPIO_REGISTER", "PADS") ?? 0;
    setAttribute(this.pad, "data-high", Math.floor(pads / 2 ** this.pin) % 2 === 1);
  }

  /** Returns what a colour alone must not say. */
  #stateText(vector) {
    const pulse = this.context.device.get(this.names.pulse)?.state === "Busy";
    const duty = this.context.device.number(this.names.duty, "DUTY");
    const steered = this.context.device.number("DEW_HEATER", "PIN") === this.pin ? "heater" : "duty";
    const isNews = vector?.state === "Busy" || vector?.state === "Alert";
    if (isNews) return vector.state;
    if (pulse) return "pulse";
    return duty || steered === "heater" ? `${steered} ${Math.round(duty ?? 0)} %` : "";
  }

  #turn() {
    const isOutput = this.context.device.value("GPIO_DIRECTION", this.member) === true;
    this.context.write("GPIO_DIRECTION", { [this.member]: !isOutput });
  }

  #switch() {
    const isOn = this.context.device.value(this.names.output, "ON") === true;
    this.context.write(this.names.output, { [isOn ? "OFF" : "ON"]: true });
  }
}
