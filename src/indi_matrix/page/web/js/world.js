// The world around a simulated board: its inputs, weather, power and service, and what MALOS hears and says.

import { addLine } from "./messages.js";
import { atMost, button, make, newId, panel, setAttribute, setHidden, setText } from "./dom.js";
import { makeNote } from "./board/controls.js";

const PINS = 16;
const ALIKE = 4;
const CHANGES_PER_SECOND = 10;
const WEATHER = [
  ["celsius", "Temperature", "°C", -30, 50, 0.1],
  ["humidity", "Humidity", "%", 0, 100, 0.5],
  ["hectopascal", "Pressure", "hPa", 800, 1080, 0.5],
  ["uv", "UV index", "", 0, 12, 0.1],
];
const SENSORS = ["Humidity", "Pressure", "UV", "IMU"];
const SERVICE = { runs: "MALOS runs", hung: "MALOS hangs", stopped: "MALOS is stopped" };
const SERVICE_STATE = { runs: "Ok", hung: "Busy", stopped: "Alert" };
const isSet = (bits, pin) => Math.floor((bits ?? 0) / 2 ** pin) % 2 === 1;

/** Makes the panel of a board's world, and the function that takes lines of its log. */
export function makeWorld(context) {
  const act = (what) => context.link.world(context.device.name, what);
  const parts = [
    makePads(context, act),
    makeSliders(context, act),
    makeSensors(context, act),
    makeService(context, act),
  ];
  const lines = make("div", {
    class: "wire",
    role: "log",
    "aria-live": "off",
    "aria-label": "What MALOS hears and says",
    tabindex: 0,
  });
  const note = makeNote(context, "world");
  const element = panel(
    "The world around it",
    "world",
    make("p", { class: "hint" }, "The board is simulated: here is what happens to it from outside."),
    ...parts.map((part) => part.element),
    note.element,
    make("h4", {}, "What MALOS hears and says"),
    lines,
  );
  return {
    element,
    log: (line) => addToLog(lines, line),
    update(touched) {
      if (!touched.has("world") && !touched.has("CONNECTION")) return;
      const { world } = context.device;
      setHidden(element, !world);
      if (world) for (const part of parts) part.show(world);
      note.update(touched);
    },
  };
}

/** Adds a line, or changes one of the last few that is like it, so that an effect leaves the others in sight. */
function addToLog(lines, { heard, driver, text }) {
  const kind = `${heard ? "→" : "←"}${driver} ${text.split(" ")[0]}`;
  const same = [...lines.children].slice(-ALIKE).find((line) => line.dataset.kind === kind);
  if (same) {
    same.dataset.times = Number(same.dataset.times ?? 1) + 1;
    setText(same.lastChild, text);
    return;
  }
  const arrow = make("i", { title: heard ? "heard" : "said" }, heard ? "→" : "←");
  addLine(lines, make("p", { "data-kind": kind }, arrow, make("b", {}, driver), make("span", {}, text)));
}

/** The pads: inputs are clicked, outputs are driven by the board. */
function makePads(context, act) {
  const flip = (pin) => act({ do: "input", pin, level: !isSet(context.device.world.levels, pin) });
  const pads = Array.from({ length: PINS }, (_, pin) =>
    button({ class: "outer-pad", "data-pin": pin, onclick: () => flip(pin) }, String(pin)),
  );
  return {
    element: make("div", { class: "pads", role: "group", "aria-label": "Pads of the board" }, ...pads),
    show({ levels, directions, servos }) {
      pads.forEach((pad, pin) => {
        const isDriven = isSet(directions, pin) || pin in (servos ?? {});
        pad.disabled = isDriven;
        setAttribute(pad, "aria-pressed", isSet(levels, pin));
        setAttribute(
          pad,
          "aria-label",
          `Pad ${pin} ${isSet(levels, pin) ? "high" : "low"}${isDriven ? ", driven" : ""}`,
        );
      });
    },
  };
}

function makeSliders(context, act) {
  const live = button({ onclick: () => act({ do: "weather", live: true }) }, "Let it change by itself");
  const rows = WEATHER.map(([name, label, unit, min, max, step]) => {
    const id = newId();
    const send = atMost(CHANGES_PER_SECOND, (value) => act({ do: "weather", [name]: value }));
    const input = make("input", { id, type: "range", min, max, step, oninput: () => send(Number(input.value)) });
    const output = make("output", { for: id });
    const element = make(
      "div",
      { class: "control slider" },
      make("label", { class: "name", for: id }, label),
      output,
      input,
    );
    return { name, unit, input, output, element };
  });
  return {
    element: make("div", { class: "sliders" }, ...rows.map((row) => row.element), live),
    show({ weather, kind, living }) {
      setHidden(live, kind === "voice");
      setAttribute(live, "aria-pressed", living === true);
      for (const { name, unit, input, output, element } of rows) {
        const value = weather?.[name];
        setHidden(element, value === undefined || kind === "voice");
        if (value === undefined) continue;
        setText(output, `${Number(value.toFixed(1))} ${unit}`);
        if (!input.matches(":active")) input.value = value;
      }
    },
  };
}

function makeSensors(context, act) {
  const toggle = (driver) => act({ do: "sensor", driver, dead: !context.device.world.dead.includes(driver) });
  const buttons = SENSORS.map((driver) =>
    button({ "aria-pressed": "false", onclick: () => toggle(driver) }, driver),
  );
  const id = newId();
  const element = make(
    "div",
    { class: "control" },
    make("span", { class: "name", id }, "Unplugged sensors"),
    make("div", { class: "choice", role: "group", "aria-labelledby": id }, ...buttons),
  );
  return {
    element,
    show({ dead, kind }) {
      setHidden(element, kind === "voice");
      SENSORS.forEach((driver, index) =>
        setAttribute(buttons[index], "aria-pressed", (dead ?? []).includes(driver)),
      );
    },
  };
}

function makeService(context, act) {
  const lamp = make("span", { class: "lamp", role: "status" });
  const id = newId();
  const stop = button({
    onclick: () => act({ do: "service", state: service() === "stopped" ? "start" : "stop" }),
  });
  const hang = button({ onclick: () => act({ do: "service", state: service() === "hung" ? "resume" : "hang" }) });
  const power = button({ onclick: () => act({ do: "power" }) }, "Power cycle the board");
  const service = () => context.device.world.service;
  const group = make("div", { class: "choice", role: "group", "aria-labelledby": id }, stop, hang, power);
  return {
    element: make("div", { class: "control" }, make("span", { class: "name", id }, lamp), group),
    show({ service: state }) {
      // The board that a driver simulates has a service while it is connected.
      const isIdle = Boolean(context.device.get("CONNECTION")) && !context.device.isConnected();
      setText(lamp, isIdle ? "MALOS runs while the board is connected" : (SERVICE[state] ?? state));
      setAttribute(lamp, "data-state", isIdle ? "Idle" : (SERVICE_STATE[state] ?? "Idle"));
      setHidden(group, isIdle);
      setText(stop, state === "stopped" ? "Start MALOS" : "Stop MALOS");
      setText(hang, state === "hung" ? "Wake MALOS up" : "Hang MALOS");
      hang.disabled = state === "stopped";
    },
  };
}
