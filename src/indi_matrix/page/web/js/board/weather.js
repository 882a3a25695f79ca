// The weather at the board, and whether it is safe.

import { make, panel, setAttribute, setHidden, setText } from "../dom.js";
import { makeNote } from "./controls.js";

const PLACES = ["WEATHER_PARAMETERS", "WEATHER_STATUS", "SAFETY_STATUS"];
const WORDS = { Idle: "", Ok: "ok", Busy: "warning", Alert: "alert" };

/** Returns the name and the unit of a label such as "Temperature (C)". */
function nameAndUnit(label) {
  const [, name, unit] = /^(.*?)(?: \((.*)\))?$/.exec(label);
  return [name, unit === "C" ? "°C" : (unit ?? "")];
}

/** Returns a number with the decimals of its INDI format, two at most, and one above a thousand. */
function rounded(value, format) {
  const decimals = Math.min(Number(/\.(\d+)f/.exec(format ?? "")?.[1] ?? 2), 2);
  if (typeof value !== "number") return "–";
  return value.toFixed(Math.abs(value) < 1000 ? decimals : Math.min(decimals, 1));
}

function makeRow(name, unit) {
  return make(
    "div",
    {},
    make("dt", {}, name),
    make("dd", {}, make("span"), make("small", {}, unit)),
    make("dd", { class: "range" }),
  );
}

/** Returns what is good: what was written last, else as it was defined. */
function rangeOf(device, { name, min, max }) {
  return [device.number(name, "MIN_OK") ?? min, device.number(name, "MAX_OK") ?? max];
}

export function makeWeather(context) {
  const values = make("dl", { class: "values" });
  const safety = make("p", { class: "lamp safety" });
  const note = makeNote(context, ...PLACES);
  const element = panel("Weather", "weather", safety, values, note.element);
  let shown = "";

  function rebuild(members) {
    const labels = members.map((member) => member.label).join("\n");
    if (labels === shown) return;
    shown = labels;
    values.replaceChildren(...members.map((member) => makeRow(...nameAndUnit(member.label))));
  }

  function show(members) {
    const { device } = context;
    members.forEach((member, index) => {
      const row = values.children[index];
      const state = device.value("WEATHER_STATUS", member.name) ?? "Idle";
      setAttribute(row, "data-state", state);
      setText(row.children[1].firstChild, rounded(member.value, member.format));
      const [min, max] = rangeOf(device, member);
      const range = min < max ? `${rounded(min, "%.0f")} to ${rounded(max, "%.0f")}` : "";
      setText(row.children[2], [WORDS[state], range].filter(Boolean).join(", "));
    });
  }

  function showSafety() {
    const light = [...(context.device.get("SAFETY_STATUS")?.members.values() ?? [])][0];
    setHidden(safety, !light);
    setAttribute(safety, "data-state", light?.value ?? "Idle");
    const words = { Idle: "not known", Ok: "safe", Busy: "warning", Alert: "unsafe" };
    setText(safety, `Safety: ${words[light?.value] ?? "not known"}`);
  }

  return {
    element,
    update(touched) {
      const vector = context.device.get("WEATHER_PARAMETERS");
      const members = [...(vector?.members.values() ?? [])];
      const places = [...PLACES, ...members.map((member) => member.name)];
      if (!places.some((place) => touched.has(place))) return;
      setHidden(element, !vector);
      setAttribute(values, "data-state", vector?.state ?? "Idle");
      rebuild(members);
      show(members);
      showSafety();
      note.update(touched);
    },
  };
}
