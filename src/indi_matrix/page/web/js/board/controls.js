// Controls for single properties. Each has an element, and an update for when its property changed.

import { atMost, button, make, newId, setAttribute, setHidden, setText } from "../dom.js";

const WRITES_PER_SECOND = 25;

/** A device and the way to it, as controls need them. */
export class Context {
  constructor(device, link) {
    this.device = device;
    this.link = link;
  }

  /** Writes members of a property; what was refused there before is no longer shown. */
  write(name, values) {
    this.device.notes.delete(name);
    this.link.write(this.device.name, name, values);
  }
}

/** Returns the values that turn one member of a switch on, as its rule wants it; a second press turns it off. */
export function pressed(property, member) {
  if (property.rule === "OneOfMany") return { [member]: true };
  return { [member]: !property.value(member) };
}

/** The driver's own words about what it refused at some properties. */
export function makeNote(context, ...names) {
  const element = make("p", { class: "note", hidden: true });
  return {
    element,
    update(touched) {
      if (!names.some((name) => touched.has(name))) return;
      const text = names.map((name) => context.device.note(name)).find(Boolean) ?? "";
      setText(element, text);
      setHidden(element, !text);
    },
  };
}

/** Makes a control that is hidden while its property is not there, with the note of what was refused. */
function control(context, name, className, children, show) {
  const note = makeNote(context, name);
  const element = make("div", { class: `control ${className}`, hidden: true }, ...children, note.element);
  return {
    element,
    update(touched) {
      if (!touched.has(name)) return;
      const property = context.device.get(name);
      setHidden(element, !property);
      if (property) {
        setAttribute(element, "data-state", property.state);
        show(property);
      }
      note.update(touched);
    },
  };
}

/** A switch of two members as one switch on the screen. */
export function makeToggle(context, name, label, on, off) {
  const id = newId();
  const press = () => context.write(name, { [context.device.value(name, on) ? off : on]: true });
  const knob = button({
    class: "toggle",
    role: "switch",
    "aria-checked": "false",
    "aria-labelledby": id,
    onclick: press,
  });
  return control(context, name, "row", [make("span", { id }, label), knob], (property) => {
    setAttribute(knob, "aria-checked", property.value(on) === true);
  });
}

/** A switch with a button for each member. */
export function makeChoice(context, name, label) {
  const id = newId();
  const buttons = make("div", { class: "choice", role: "group", "aria-labelledby": id });
  let shown = "";
  return control(context, name, "", [make("span", { id, class: "name" }, label), buttons], (property) => {
    const members = [...property.members.values()];
    const names = members.map((member) => member.name).join();
    if (names !== shown) {
      shown = names;
      buttons.replaceChildren(...members.map((member) => memberButton(context, property.name, member)));
    }
    members.forEach((member, index) =>
      setAttribute(buttons.children[index], "aria-pressed", member.value === true),
    );
  });
}

function memberButton(context, name, member) {
  const press = () => context.write(name, pressed(context.device.get(name), member.name));
  return button({ "aria-pressed": "false", onclick: press }, member.label);
}

/** One number as a slider, which is left alone while somebody drags it. */
export function makeSlider(context, name, member, label, unit = "") {
  const id = newId();
  const output = make("output", { for: id });
  const write = atMost(WRITES_PER_SECOND, (value) => context.write(name, { [member]: value }));
  const input = make("input", { id, type: "range", oninput: () => write(Number(input.value)) });
  const title = make("label", { for: id, class: "name" }, label);
  return control(context, name, "slider", [title, output, input], (property) => {
    const { min, max, value = null } = property.members.get(member) ?? {};
    setText(title, typeof label === "string" ? label : label(property));
    setText(output, value === null ? "" : `${Math.round(value)}${unit}`);
    for (const [key, limit] of Object.entries({ min, max })) setAttribute(input, key, limit);
    setAttribute(input, "aria-valuetext", `${value}${unit}`);
    if (!input.matches(":active") && value !== null) input.value = value;
  });
}
