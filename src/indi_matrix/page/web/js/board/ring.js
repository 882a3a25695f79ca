// The board as a picture: a dark disc with LEDs round its edge, LED 1 at the top, clockwise.

const FAINTEST = 56;
const FULL = 255;
const TURN = 2 * Math.PI;
// Distances from the middle, as parts of half the picture's width. Outside the disc there is room for light.
const DISC = 0.93;
const LED_RADIUS = 0.81;
const NUMBER_RADIUS = 0.67;
const MICROPHONES = 8;
// Glow has no edges: it is drawn so many times smaller, and scaled up. At full size it took most of a frame's time.
const GLOW_SCALE = 4;

const COLOURS = {
  dark: {
    board: ["#1a212a", "#0c1015"],
    edge: "#39434f",
    trace: "#ffffff0b",
    part: "#1f2730",
    gold: "#a58a4a",
    print: "#8d9aa8",
    led: "#2a323c",
    lens: "#12171d",
  },
  red: {
    board: ["#1c0000", "#0a0000"],
    edge: "#5a0000",
    trace: "#ff000014",
    part: "#240000",
    gold: "#6a0000",
    print: "#c00000",
    led: "#2e0000",
    lens: "#140000",
  },
};

/** Returns the place of an LED: parts of the picture's width and height from its top left corner. */
export function placeOf(index, count, radius = LED_RADIUS) {
  const angle = (TURN * index) / count;
  return [0.5 + (radius * Math.sin(angle)) / 2, 0.5 - (radius * Math.cos(angle)) / 2];
}

/** Returns the channels of each LED, from words RRGGBBWW without blanks. */
export function parseLeds(hex) {
  return (hex.match(/.{8}/g) ?? []).map((word) =>
    [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16)),
  );
}

/**
 * Returns the colour on the screen: the white channel adds to all three, and faint light is raised in its hue.
 *
 * An LED at 1 of 255 can be seen in the dark, but on a screen it would be black.
 */
export function screenColour([red, green, blue, white], isRed = false) {
  let mixed = [red + white, green + white, blue + white];
  if (isRed) mixed = [Math.max(mixed[0], mixed[1] * 0.7, mixed[2] * 0.6), 0, 0];
  const brightest = Math.max(...mixed);
  if (brightest === 0) return null;
  const shown = Math.max(FAINTEST, FULL * Math.sqrt(Math.min(1, brightest / FULL)));
  return mixed.map((channel) => Math.round((channel * shown) / brightest));
}

/** A canvas that shows a board. Nothing is drawn unless it is told to. */
export class RingPicture {
  #board = document.createElement("canvas");
  #glow = document.createElement("canvas");
  #drawn = "";

  constructor(canvas) {
    this.canvas = canvas;
  }

  /** Draws LEDs; `name` is printed on the board. */
  draw(leds, name) {
    const size = this.canvas.width;
    if (!size) return;
    const theme = document.documentElement.dataset.theme;
    const wanted = [size, theme, name, leds.length].join();
    if (wanted !== this.#drawn) drawBoard(this.#board, size, COLOURS[theme], name, leds.length);
    this.#drawn = wanted;
    const pen = this.canvas.getContext("2d");
    pen.globalCompositeOperation = "copy";
    pen.drawImage(this.#board, 0, 0);
    drawLight(
      pen,
      size,
      leds.map((led) => screenColour(led, theme === "red")),
      this.#glow,
    );
  }
}

/** Draws the light of the LEDs: first all glow, which adds up, then each LED in its very colour. */
function drawLight(pen, size, colours, canvas) {
  const led = ledSize(size, colours.length);
  drawGlow(canvas, Math.ceil(size / GLOW_SCALE), colours);
  pen.globalCompositeOperation = "lighter";
  pen.drawImage(canvas, 0, 0, size, size);
  fade(pen, size / 2);
  pen.globalCompositeOperation = "source-over";
  eachLit(colours, size, (colour, x, y) => {
    pen.fillStyle = `rgb(${colour})`;
    disc(pen, x, y, led * 0.46);
  });
}

function drawGlow(canvas, size, colours) {
  if (canvas.width !== size) Object.assign(canvas, { width: size, height: size });
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, size, size);
  const led = ledSize(size, colours.length);
  pen.globalCompositeOperation = "lighter";
  eachLit(colours, size, (colour, x, y) => {
    glow(pen, colour, x, y, led * 5.5, 0.22);
    glow(pen, colour, x, y, led * 1.9, 0.75);
  });
}

function eachLit(colours, size, act) {
  colours.forEach((colour, index) => {
    const [x, y] = placeOf(index, colours.length);
    if (colour) act(colour, x * size, y * size);
  });
}

function ledSize(size, count) {
  return (size * (count > 20 ? 1 : 1.3)) / 27;
}

function glow(pen, colour, x, y, radius, strength) {
  const light = pen.createRadialGradient(x, y, 0, x, y, radius);
  light.addColorStop(0, `rgb(${colour.join(" ")} / ${strength})`);
  light.addColorStop(0.35, `rgb(${colour.join(" ")} / ${strength * 0.35})`);
  light.addColorStop(1, `rgb(${colour.join(" ")} / 0)`);
  pen.fillStyle = light;
  pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** Lets the light end before the picture does, as light does. */
function fade(pen, half) {
  const mask = pen.createRadialGradient(half, half, half * DISC, half, half, half);
  mask.addColorStop(0, "#000");
  mask.addColorStop(1, "#0000");
  pen.globalCompositeOperation = "destination-in";
  pen.fillStyle = mask;
  pen.fillRect(0, 0, 2 * half, 2 * half);
}

function disc(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, TURN);
  pen.fill();
}

/** Draws the board without light, once for each size. */
function drawBoard(canvas, size, colours, name, count) {
  canvas.width = size;
  canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.translate(size / 2, size / 2);
  pen.scale(size / 200, size / 200);
  drawDisc(pen, colours);
  drawTraces(pen, colours);
  drawParts(pen, colours);
  drawPrint(pen, colours, name, count);
  for (let index = 0; index < count; index += 1) drawLed(pen, colours, index, count);
}

function drawDisc(pen, colours) {
  const light = pen.createRadialGradient(-20, -50, 10, 0, 0, 100);
  light.addColorStop(0, colours.board[0]);
  light.addColorStop(1, colours.board[1]);
  pen.fillStyle = light;
  disc(pen, 0, 0, 100 * DISC);
  pen.strokeStyle = colours.edge;
  pen.lineWidth = 0.8;
  pen.beginPath();
  pen.arc(0, 0, 100 * DISC, 0, TURN);
  pen.stroke();
}

function drawTraces(pen, colours) {
  pen.strokeStyle = colours.trace;
  pen.lineWidth = 0.9;
  for (let index = 0; index < 56; index += 1) {
    const angle = (TURN * index) / 56;
    const from = 24 + (index % 4) * 3;
    const to = 44 + ((index * 7) % 5) * 5;
    const bend = angle + 0.11 * ((index % 3) - 1);
    pen.beginPath();
    pen.moveTo(from * Math.cos(angle), from * Math.sin(angle));
    pen.lineTo((to - 8) * Math.cos(angle), (to - 8) * Math.sin(angle));
    pen.lineTo(to * Math.cos(bend), to * Math.sin(bend));
    pen.lineTo(72 * Math.cos(bend), 72 * Math.sin(bend));
    pen.stroke();
  }
}

function drawParts(pen, colours) {
  pen.fillStyle = colours.part;
  pen.strokeStyle = colours.edge;
  pen.lineWidth = 0.6;
  for (const [x, y, width, height] of [
    [-17, -17, 34, 34],
    [-46, -8, 12, 16],
    [36, -6, 10, 12],
    [-8, 30, 16, 9],
  ]) {
    pen.beginPath();
    pen.roundRect(x, y, width, height, 1.5);
    pen.fill();
    pen.stroke();
  }
  for (let index = 0; index < MICROPHONES; index += 1) {
    const angle = (TURN * (index + 0.5)) / MICROPHONES;
    pen.fillStyle = colours.gold;
    disc(pen, 57 * Math.sin(angle), 57 * Math.cos(angle), 2.6);
    pen.fillStyle = "#000";
    disc(pen, 57 * Math.sin(angle), 57 * Math.cos(angle), 1.2);
  }
}

function drawPrint(pen, colours, name, count) {
  pen.fillStyle = colours.print;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = "600 6px system-ui, sans-serif";
  pen.fillText("MATRIX", 0, -3);
  pen.font = "4.4px system-ui, sans-serif";
  pen.fillText(name, 0, 4);
  for (let number = 1; number <= count; number += 1) {
    if (number !== 1 && number % 5) continue;
    const [x, y] = placeOf(number - 1, count, NUMBER_RADIUS);
    pen.fillText(String(number), 200 * (x - 0.5), 200 * (y - 0.5));
  }
}

function drawLed(pen, colours, index, count) {
  const [x, y] = placeOf(index, count);
  const size = ledSize(200, count);
  pen.save();
  pen.translate(200 * (x - 0.5), 200 * (y - 0.5));
  pen.rotate((TURN * index) / count);
  pen.fillStyle = colours.led;
  pen.beginPath();
  pen.roundRect(-size / 2, -size / 2, size, size, 1);
  pen.fill();
  pen.fillStyle = colours.lens;
  disc(pen, 0, 0, size * 0.4);
  pen.restore();
}
