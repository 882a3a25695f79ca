// What the program told of the devices.

const MOST_LEDS = 255;
// A refusal stays at its place this long, even if the property's state is in order again at once.
const NOTE_TIME = 1000;

/** A property, its members in the order of their definition. */
class Property {
  constructor({ name, kind, label, group, state, perm, rule, members }) {
    Object.assign(this, { name, kind, group, state, perm, rule });
    this.label = label || name;
    this.members = new Map(
      members.map((member) => [member.name, { ...member, label: member.label || member.name }]),
    );
  }

  get isWritable() {
    return this.perm !== "ro" && this.kind !== "Light";
  }

  value(member) {
    return this.members.get(member)?.value;
  }

  /** Takes the changed values of a set. */
  set({ state, values }) {
    this.state = state ?? this.state;
    for (const [name, value] of Object.entries(values ?? {})) {
      const member = this.members.get(name);
      if (member) member.value = value;
    }
  }
}

/** A board as an INDI device. It stays the same object when the program tells all anew. */
export class Device {
  properties = new Map();
  notes = new Map();
  ring = "";
  world = null;

  constructor(name) {
    this.name = name;
  }

  get(name) {
    return this.properties.get(name);
  }

  value(name, member) {
    return this.get(name)?.value(member);
  }

  /** Returns a number, or null where there is none: what a server calls by a known name may be anything. */
  number(name, member) {
    const value = this.value(name, member);
    return typeof value === "number" ? value : null;
  }

  /** Returns how many LEDs the board says that it has, 0 while it is not known. */
  get ledCount() {
    const count = Number(this.value("EVERLOOP_INFO", "LEDS"));
    return Number.isInteger(count) && count > 0 && count <= MOST_LEDS ? count : 0;
  }

  get isGone() {
    return this.properties.size === 0 && !this.world;
  }

  isConnected() {
    return this.value("CONNECTION", "CONNECT") === true;
  }

  /** Returns what was last refused at a property, or an empty text. */
  note(name) {
    return this.notes.get(name)?.text ?? "";
  }

  /** Forgets what it said; the world around it is told by the simulator. */
  clear() {
    this.properties.clear();
    this.notes.clear();
    this.ring = "";
  }
}

const TAKES = {
  def(device, message) {
    device.properties.set(message.name, new Property(message));
  },
  set(device, message) {
    device.get(message.name)?.set(message);
    const note = device.notes.get(message.name);
    const isOver = note && message.state !== "Alert" && performance.now() - note.time > NOTE_TIME;
    if (isOver) device.notes.delete(message.name);
  },
  del(device, message) {
    device.properties.delete(message.name);
    device.notes.delete(message.name);
  },
  message(device, { name, level, text }) {
    if (level === "ERROR" || level === "WARNING") device.notes.set(name, { text, time: performance.now() });
  },
  ring(device, { leds }) {
    device.ring = leds;
  },
  world(device, message) {
    device.world = message;
  },
};

// What makes a device that is not known; other messages about such a one come too late.
const MAKERS = ["def", "world"];

/** The devices, and which of their properties a frame touched. */
export class Store {
  devices = new Map();
  touched = new Map();

  /** Returns a device, which is made if it is new. */
  device(name) {
    if (!this.devices.has(name)) this.devices.set(name, new Device(name));
    return this.devices.get(name);
  }

  /** Takes a message about a device. */
  take(message) {
    const name = message.device ?? message.board;
    const device = MAKERS.includes(message.t) ? this.device(name) : this.devices.get(name);
    if (!device) return;
    if (message.t === "del" && message.name === undefined) this.#remove(device);
    else if (message.t !== "message" || message.name) {
      TAKES[message.t]?.(device, message);
      this.touch(name, message.name ?? message.t);
    }
  }

  /** Notes a refusal at a property. */
  refuse(name, property, text) {
    this.devices.get(name)?.notes.set(property, { text, time: performance.now() });
    this.touch(name, property);
  }

  touch(name, place) {
    if (!this.touched.has(name)) this.touched.set(name, new Set());
    this.touched.get(name).add(place);
  }

  /** Forgets all properties; the devices stay, as their boards stay in sight. */
  clear() {
    for (const device of this.devices.values()) device.clear();
    this.touched.clear();
  }

  /** Forgets a device that is gone for good. */
  forget(name) {
    this.devices.delete(name);
    this.touched.delete(name);
  }

  /** Returns what was touched since the last call: for each device names of properties, "ring" or "world". */
  changes() {
    const changes = this.touched;
    this.touched = new Map();
    return changes;
  }

  #remove(device) {
    for (const property of device.properties.keys()) this.touch(device.name, property);
    device.clear();
    this.touch(device.name, "world");
  }
}
