// The WebSocket to the program, which comes back by itself.

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;

export class Link {
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #asked = new Map();
  #requests = 0;

  /**
   * @param onFrame takes each frame, an array of messages
   * @param onLost is called when the connection ends or cannot be made
   * @param onRefused takes a request that was not passed on, and why
   */
  constructor(onFrame, onLost, onRefused) {
    this.onFrame = onFrame;
    this.onLost = onLost;
    this.onRefused = onRefused;
    document.addEventListener("visibilitychange", () => this.#seen());
    this.#open();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Writes members of a property. */
  write(device, name, values) {
    this.#ask({ t: "write", device, name, values });
  }

  /** Does something to the world around a simulated board. */
  world(board, act) {
    this.#ask({ t: "world", board, ...act });
  }

  #open() {
    clearTimeout(this.#timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = FIRST_PAUSE;
      if (document.hidden) this.#seen();
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => this.#lost();
  }

  #take(frame) {
    for (const message of frame) if (message.t === "answer") this.#answered(message);
    this.onFrame(frame);
  }

  #answered({ id, ok, text }) {
    const request = this.#asked.get(id);
    this.#asked.delete(id);
    if (request && !ok) this.onRefused(request, text);
  }

  #lost() {
    this.#asked.clear();
    this.onLost();
    // A hidden page waits until somebody looks at it.
    if (!document.hidden) this.#timer = setTimeout(() => this.#open(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #seen() {
    if (this.isOpen) this.#send({ t: "visible", on: !document.hidden });
    else if (!document.hidden && this.#socket.readyState === WebSocket.CLOSED) this.#open();
  }

  #ask(request) {
    if (!this.isOpen) {
      this.onRefused(request, "Not sent: the connection is lost.");
      return;
    }
    this.#requests += 1;
    this.#asked.set(this.#requests, request);
    this.#send({ ...request, id: this.#requests });
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }
}
