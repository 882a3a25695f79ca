// All properties of a device by their groups, so that none is out of reach. A group is made when it is opened.

import { EVERYTHING, button, make, newId, setAttribute, setHidden, setText } from "../dom.js";
import { makeNote, pressed } from "./controls.js";

// More than a number has; toFixed refuses more than 100.
const MOST_DECIMALS = 17;

export function makeGeneric(context) {
  const groups = new Map();
  const body = make("div", { class: "groups" });
  const element = make(
    "details",
    { class: "panel generic", ontoggle: () => element.open && refresh(EVERYTHING) },
    make("summary", {}, "All properties"),
    body,
  );

  function refresh(touched) {
    const names = [...new Set([...context.device.properties.values()].map((property) => property.group))];
    for (const [name, group] of groups) {
      if (names.includes(name)) continue;
      group.element.remove();
      groups.delete(name);
    }
    for (const name of names) {
      if (!groups.has(name)) {
        groups.set(name, new Group(context, name));
        body.append(groups.get(name).element);
      }
      groups.get(name).update(touched);
    }
  }

  return {
    element,
    update(touched) {
      setHidden(element, context.device.properties.size === 0);
      if (element.open) refresh(touched);
    },
  };
}

/** Returns a value as text, a number with the decimals of its format. */
function textOf({ value, format }) {
  if (value === null) return "";
  const decimals = typeof value === "number" && /\.(\d+)f/.exec(format)?.[1];
  return decimals ? value.toFixed(Math.min(decimals, MOST_DECIMALS)) : String(value);
}

/** The properties of one group. */
class Group {
  #editors = new Map();

  constructor(context, name) {
    this.context = context;
    this.name = name;
    this.body = make("div", { class: "properties" });
    const toggled = () => this.element.open && this.update(EVERYTHING);
    this.element = make("details", { ontoggle: toggled }, make("summary", {}, name), this.body);
  }

  update(touched) {
    if (!this.element.open) return;
    const { device } = this.context;
    for (const [name, editor] of this.#editors) {
      if (device.get(name) === editor.property) continue;
      editor.element.remove();
      this.#editors.delete(name);
    }
    for (const property of device.properties.values()) {
      if (property.group !== this.name) continue;
      const isNew = !this.#editors.has(property.name);
      if (isNew) this.#add(property);
      if (isNew || touched.has(property.name))
        this.#editors.get(property.name).update(isNew ? EVERYTHING : touched);
    }
  }

  #add(property) {
    const editor = new Editor(this.context, property);
    this.#editors.set(property.name, editor);
    this.body.append(editor.element);
  }
}

/** A property with all its members. */
class Editor {
  constructor(context, property) {
    this.context = context;
    this.property = property;
    this.note = makeNote(context, property.name);
    this.state = make("span", { class: "lamp" });
    this.members = [...property.members.values()].map((member) => this.#member(member));
    const isForm = property.isWritable && property.kind !== "Switch";
    const set = isForm
      ? [button({ class: "set", "aria-label": `Set ${property.label}`, onclick: () => this.#write() }, "Set")]
      : [];
    const legend = make("legend", { title: property.name }, this.state, property.label);
    const rows = make(
      "div",
      { class: property.kind === "Switch" ? "choice" : "members" },
      ...this.members.map((one) => one.element),
    );
    this.element = make(
      "fieldset",
      { class: "property", "data-name": property.name },
      legend,
      rows,
      ...set,
      this.note.element,
    );
    this.element.onkeydown = (event) => {
      if (isForm && event.key === "Enter" && event.target.matches("input")) this.#write();
    };
  }

  update(touched) {
    setAttribute(this.state, "data-state", this.property.state);
    setText(this.state, ["Busy", "Alert"].includes(this.property.state) ? `${this.property.state}: ` : "");
    for (const member of this.members) member.update();
    this.note.update(touched);
  }

  #member(member) {
    if (this.property.kind === "Switch") return this.#switch(member);
    return this.property.isWritable ? this.#field(member) : this.#value(member);
  }

  #switch(member) {
    const press = () => this.context.write(this.property.name, pressed(this.property, member.name));
    const element = button({ onclick: press, disabled: !this.property.isWritable }, member.label);
    return { element, update: () => setAttribute(element, "aria-pressed", member.value === true) };
  }

  #value(member) {
    const value = make("output");
    const element = make("p", { class: "member" }, make("span", {}, member.label), value);
    const isLight = this.property.kind === "Light";
    return {
      element,
      update() {
        setText(value, textOf(member) || "–");
        if (isLight) setAttribute(value, "data-state", member.value);
      },
    };
  }

  /** A field keeps what somebody has typed, until that is written. */
  #field(member) {
    const id = newId();
    const isNumber = this.property.kind === "Number";
    const limits = isNumber
      ? { type: "number", step: "any", title: `${member.min} to ${member.max}` }
      : { type: "text" };
    const input = make("input", { id, spellcheck: "false", autocomplete: "off", ...limits });
    const element = make("p", { class: "member" }, make("label", { for: id }, member.label), input);
    let shown = null;
    return {
      element,
      read: () => [member.name, isNumber ? input.valueAsNumber : input.value],
      isChanged: () => input.value !== shown,
      forget: () => (shown = input.value),
      update() {
        const value = textOf(member);
        if (shown === null || input.value === shown) input.value = value;
        shown = value;
      },
    };
  }

  /** Writes the fields that somebody changed, or all. */
  #write() {
    const changed = this.members.filter((member) => member.isChanged());
    const fields = changed.length ? changed : this.members;
    const values = Object.fromEntries(
      fields.map((field) => field.read()).filter(([, value]) => !Number.isNaN(value)),
    );
    for (const field of fields) field.forget();
    this.context.write(this.property.name, values);
  }
}
