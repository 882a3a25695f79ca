// The WebSocket to the program, which comes back by itself.

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
// The program says something every 2 s while the page is seen. After so long a silence, in milliseconds, it is
// lost: a tunnel keeps the connection open when the network behind it is gone. On a slow network the first frame,
// which holds all, may take longer.
const SILENCE = 6000;
const LONGEST_SILENCE = 48000;

export class Link {
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #watch = 0;
  #heard = 0;
  #silence = SILENCE;
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
    if (this.#socket) this.#leave();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#socket = socket;
    this.#listen();
    socket.onopen = () => {
      this.#pause = FIRST_PAUSE;
      if (document.hidden) this.#seen();
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => this.#lost();
  }

  /** Looks now and then whether the program still says something, as long as somebody sees the page. */
  #listen() {
    clearTimeout(this.#watch);
    this.#heard = performance.now();
    const look = () => {
      const left = this.#heard + this.#silence - performance.now();
      if (document.hidden) return;
      if (left > 0) this.#watch = setTimeout(look, left);
      else this.#drop();
    };
    look();
  }

  #drop() {
    this.#silence = Math.min(this.#silence * 2, LONGEST_SILENCE);
    this.#leave();
    this.#lost();
  }

  /** Hears no more of a socket. */
  #leave() {
    Object.assign(this.#socket, { onopen: null, onmessage: null, onclose: null });
    this.#socket.close();
  }

  #take(frame) {
    this.#heard = performance.now();
    if (!frame.length) this.#silence = SILENCE;
    for (const message of frame) if (message.t === "answer") this.#answered(message);
    this.onFrame(frame);
  }

  #answered({ id, ok, text }) {
    const request = this.#asked.get(id);
    this.#asked.delete(id);
    if (request && !ok) this.onRefused(request, text);
  }

  #lost() {
    clearTimeout(this.#watch);
    this.#asked.clear();
    this.onLost();
    // A hidden page waits until somebody looks at it.
    if (!document.hidden) this.#timer = setTimeout(() => this.#open(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #seen() {
    const isConnecting = this.#socket.readyState === WebSocket.CONNECTING;
    if (this.isOpen) this.#send({ t: "visible", on: !document.hidden });
    else if (!document.hidden && !isConnecting) this.#open();
    this.#listen();
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
