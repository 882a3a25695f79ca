// One board: its name and connection, its ring, its pins, all that it has.

import { button, make, newId, panel, setAttribute, setHidden, setText } from "../dom.js";
import { makeWorld } from "../world.js";
import { Brush } from "./brush.js";
import { Context, makeChoice, makeNote, makeSlider, makeToggle } from "./controls.js";
import { makeGeneric } from "./generic.js";
import { Ring } from "./leds.js";
import { makeMotion } from "./motion.js";
import { makePins } from "./pins.js";
import { makeServos } from "./servo.js";
import { makeWeather } from "./weather.js";

export function makeBoard(device, link, { readOnly, world }) {
  const context = new Context(device, link);
  const heading = makeHeading(context);
  const brush = new Brush(context);
  const ring = new Ring(context, brush);
  const light = makeLight(context);
  const pins = makePins(context);
  const sensors = [makeWeather(context), makeMotion(context)];
  const servos = makeServos(context);
  const generic = makeGeneric(context);
  const welcome = makeWelcome(context);
  const outside = world ? makeWorld(context) : null;
  const columns = [
    make("div", { class: "column" }, ring.element, brush.element, light.element),
    make(
      "div",
      { class: "column" },
      welcome.element,
      pins.element,
      servos.element,
      ...sensors.map((one) => one.element),
    ),
    ...(outside ? [make("div", { class: "column outside" }, outside.element)] : []),
  ];
  // One of two at a time, which hand the focus on to each other.
  const links = [heading.disconnect, ring.connect];
  const parts = [
    heading,
    welcome,
    ring,
    brush,
    light,
    pins,
    servos,
    ...sensors,
    generic,
    ...(outside ? [outside] : []),
  ];
  // What a page that only reads may not do is disabled in one place.
  const inside = make(
    "fieldset",
    { class: "plain", disabled: readOnly },
    heading.element,
    make("div", { class: "columns" }, ...columns),
    generic.element,
  );
  const element = make(
    "article",
    { class: "board", "aria-labelledby": heading.id, "data-columns": columns.length },
    inside,
  );
  return {
    element,
    log: (line) => outside?.log(line),
    update(touched) {
      setAttribute(element, "data-connected", device.isConnected());
      const hasFocus = links.includes(document.activeElement);
      for (const part of parts) part.update(touched);
      if (hasFocus) links.find((one) => !one.hidden)?.focus();
    },
  };
}

/** The name of the board, what it is, and its connection. */
function makeHeading(context) {
  const { device } = context;
  const id = newId();
  const kind = make("p", { class: "kind" });
  const lamp = make("p", { class: "lamp", role: "status" });
  const press = () => context.write("CONNECTION", { DISCONNECT: true });
  const disconnect = button({ onclick: press }, "Disconnect");
  const note = makeNote(context, "CONNECTION");
  const title = make("div", { class: "board-name" }, make("h2", { id }, device.name), kind);
  return {
    id,
    disconnect,
    element: make("header", { class: "board-head" }, title, lamp, disconnect, note.element),
    update(touched) {
      if (!["CONNECTION", "EVERLOOP_INFO", "world"].some((place) => touched.has(place))) return;
      const info = device.get("EVERLOOP_INFO");
      setHidden(disconnect, !device.isConnected());
      setHidden(lamp, !device.get("CONNECTION"));
      setText(kind, info ? `MATRIX ${info.value("BOARD")}, ${info.value("LEDS")} LEDs` : "MATRIX board");
      setText(lamp, connectionText(device));
      setAttribute(lamp, "data-state", device.get("CONNECTION")?.state ?? "Idle");
      note.update(touched);
    },
  };
}

/** What a board can do that is not connected. */
function makeWelcome(context) {
  const text = make("p");
  const element = panel("Hello", "welcome", text);
  return {
    element,
    update() {
      const hasConnection = Boolean(context.device.get("CONNECTION"));
      setHidden(element, context.device.isConnected());
      setText(
        text,
        hasConnection
          ? "Connect the board: then its LEDs can be painted, its pins switched and its sensors read."
          : "This is a simulated board alone, without an INDI server. What programs make it do is shown here.",
      );
    },
  };
}

function connectionText(device) {
  const state = device.get("CONNECTION")?.state;
  if (device.isConnected()) return state === "Busy" ? "Link lost, trying again" : "Connected";
  if (state === "Busy") return "Connecting";
  return state === "Alert" ? "Could not connect" : "Not connected";
}

/** The ring as a lamp: light, brightness, effects, night mode. */
function makeLight(context) {
  const controls = [
    makeToggle(context, "FLAT_LIGHT_CONTROL", "Light", "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"),
    makeSlider(context, "FLAT_LIGHT_INTENSITY", "FLAT_LIGHT_INTENSITY_VALUE", "Brightness"),
    makeChoice(context, "EVERLOOP_EFFECT", "Effect"),
    makeSlider(context, "EVERLOOP_SPEED", "RATE", "Turns a minute"),
    makeToggle(context, "EVERLOOP_NIGHT_MODE", "Night mode: red and faint", "INDI_ENABLED", "INDI_DISABLED"),
    makeToggle(context, "EVERLOOP_STATUS", "Status ring: weather, mount, dome", "INDI_ENABLED", "INDI_DISABLED"),
  ];
  const element = panel("Light", "light", ...controls.map((control) => control.element));
  return {
    element,
    update(touched) {
      for (const control of controls) control.update(touched);
      setHidden(element, !context.device.get("FLAT_LIGHT_CONTROL"));
    },
  };
}
