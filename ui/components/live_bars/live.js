// From the pen to the bars. While the pen is down on the drawing canvas, each frame in which it
// moved is read here; when Python has answered about the same drawing, its answer is shown.
// reader.js stands before this file in the module that the browser gets; the bars are another
// component, and the two talk by events of the window. An answer is {readings}, one reading for each
// digit on the drawing; Python's also says which of them is `shown`, else the bars know it.
//
// - "inkling-answer", from the bars: Python's answer has come. Cancelled, it is held back.
// - "inkling-reading", to the bars: {answer, isLive}, show this.
// - "inkling-pick", from the bars: the digit whose bar was clicked, for Python.
// - "inkling-part", from the bars: the place of the digit that was clicked, for Python.
//
// The pen is heard as the canvas's library hears it, by mouse events: canvas_guard/guard.js makes
// them from whatever draws. Nothing runs while nobody draws, nor where the message is empty: then
// the model that answers cannot read here, and only clicks are told. The canvas is found by the
// stroke that begins on it (an event's path leads through open shadow roots), so neither a timer nor an observer looks out for it, and
// it may be made anew at any time. The listeners of a stroke go when the pen is lifted.
//
// Which reading is shown:
// - while the pen is down, the live one;
// - afterwards the live one until Python's answer *about the same picture* comes. Another is held
//   back: it is about the drawing as it was a stroke ago, and the next is on its way already; or
//   the canvas is about to be cleared, so it is read again;
// - if none comes within PATIENCE, Python's last.

const CANVAS_HOST = ".st-key-canvas"; // the element that Streamlit puts around ui/panels/canvas.py's
const CONTAINER = "dc-container"; // the library's, in which one canvas shows what is drawn …
const LAYERS = "canvas.dc-canvas"; // … and another, on top, the stroke under way
const PATIENCE = 1000; // milliseconds
const SAME = 8; // grey levels of 255 by which two pictures of one drawing may differ
const REACH = 40; // pixels around the pen's way that it may have inked: more than half its width

const REHEARSALS = 40;

const ALWAYS = {
  "inkling-answer": answered,
  "inkling-pick": pick,
  "inkling-part": pickPart,
  mousedown: down,
};
const DURING_STROKE = { mousemove: move, mouseup: up };

const context = document
  .createElement("canvas")
  .getContext("2d", { willReadFrequently: true, alpha: false });

let host = null; // of this component, which shows nothing
let tellPython = null;
let message = null; // with the model, as it came
let model = null;
let cache = null; // of the digits read last with it
let layers = []; // of the canvas drawn on last
let seen = null; // what was drawn there at the last look, an ImageData
let way = []; // of the pen since then: places in the window
let wayBefore = []; // the same for the look before it
let isDown = false;
let frame = 0; // requested; 0 if none
let toSkip = 0; // frames
let live = null; // the answer shown, while Python's is awaited
let answer = null; // Python's last
let timer = 0;
let hasLooked = false; // for the canvas, if only to say that it is missing

export default function ({ data, parentElement, setTriggerValue }) {
  host = parentElement;
  tellPython = setTriggerValue;
  listen(window, ALWAYS);
  if (!isLast(data)) take(data);
  // Streamlit also cleans up after a call that a newer one has overtaken.
  return () => {
    if (!host.isConnected) stop();
  };
}

// A run of the whole page brings the same model once more.
function isLast(data) {
  return message?.length === data.length && message.every((byte, i) => byte === data[i]);
}

function take(data) {
  message = data;
  model = data.length === 0 ? null : decodeModel(data);
  cache = newCache();
  live = null; // another model's
  if (model !== null) rehearse(REHEARSALS);
}

// A page's first readings are several times slower than those after them, until the browser has
// compiled the code: a few are done on two made-up strokes while the page has nothing else to do.
function rehearse(times) {
  if (times === 0) return;
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 20));
  later(() => {
    if (!isDown && model !== null) readParts(rehearsal(times), model, cache);
    rehearse(times - 1);
  });
}

// No two alike, since what is in the cache is not read again.
function rehearsal(length) {
  const image = new ImageData(336, 336);
  for (let y = 60; y < 230 + length; y++)
    for (const x of [100, 220]) image.data.fill(255, 4 * (336 * y + x), 4 * (336 * y + x + 20));
  return image;
}

function stop() {
  unlisten(window, ALWAYS);
  unlisten(window, DURING_STROKE);
  cancelAnimationFrame(frame);
  clearTimeout(timer);
  [isDown, frame, live, answer] = [false, 0, null, null];
}

function down(event) {
  if (model === null) return;
  const container = event.composedPath().find((node) => node.classList?.contains(CONTAINER));
  if (!container || event.button !== 0 || isDown) return;
  layers = container.querySelectorAll(LAYERS);
  if (layers.length === 0) return;
  isDown = true;
  seen = null;
  clearTimeout(timer);
  listen(window, DURING_STROKE);
  move(event);
}

function move({ clientX, clientY }) {
  way.push([clientX, clientY]);
  next();
}

// The library puts the finished stroke from the upper canvas onto the lower one in a frame that it
// asks for after this; ours is the one behind it.
function up(event) {
  if (event.button !== 0) return;
  isDown = false;
  seen = null;
  unlisten(window, DURING_STROKE);
  toSkip = 1;
  next();
}

function next() {
  frame ||= requestAnimationFrame(readFrame);
}

function readFrame() {
  frame = 0;
  if (toSkip > 0) {
    toSkip -= 1;
    next();
  } else if (layers[0].isConnected) {
    live = { readings: readParts(look(), model, cache) };
    if (!isDown && isAbout(answer, live)) settle();
    else show(live, true);
  }
}

// Look at the whole drawing when a stroke begins and ends; in between only at what the pen may have
// changed. The canvas may be shown larger or smaller than its pixels are. The library smooths a stroke, so that the line lags behind the pen by a move or a frame.
// (Looking at everything costs half a megabyte a frame, which keeps the browser's collector busy.)
function look() {
  const { clientWidth: width, clientHeight: height } = layers[0]; // whatever the screen's density
  const box = layers[0].getBoundingClientRect();
  const scale = box.width / width;
  const isNew = seen?.width !== width || seen.height !== height;
  const places = isNew ? [] : [...wayBefore, ...way];
  const [left, across] = reached(
    places.map(([x]) => (x - box.left) / scale),
    width,
  );
  const [top, down] = reached(
    places.map(([, y]) => (y - box.top) / scale),
    height,
  );
  [way, wayBefore] = [[], [...wayBefore.slice(-2), ...way]];
  if (isNew) {
    seen = new ImageData(width, height);
    Object.assign(context.canvas, { width, height });
  }
  if (across > 0 && down > 0) copy(left, top, across, down); // else the pen is beside the canvas
  return seen;
}

function copy(left, top, across, down) {
  const { width, height, data } = seen;
  context.save();
  context.beginPath();
  context.rect(left, top, across, down);
  context.clip();
  context.fillRect(0, 0, width, height);
  for (const layer of layers) context.drawImage(layer, 0, 0, width, height);
  context.restore();
  const part = context.getImageData(left, top, across, down).data;
  for (let y = 0; y < down; y++) {
    const row = part.subarray(4 * y * across, 4 * (y + 1) * across);
    data.set(row, 4 * ((top + y) * width + left));
  }
}

// The first of the pixels that the pen may have inked along one side, and their number.
function reached(places, side) {
  if (places.length === 0) return [0, side];
  const first = Math.max(Math.floor(Math.min(...places) - REACH), 0);
  const end = Math.min(Math.ceil(Math.max(...places) + REACH), side);
  return [first, Math.max(end - first, 0)];
}

function answered(event) {
  answer = event.detail;
  if (answer.readings.length > 0 && !hasLooked) lookForCanvas();
  if (isDown) return event.preventDefault();
  clearTimeout(timer);
  if (live === null || !layers[0].isConnected || isAbout(answer, live)) {
    live = null;
  } else {
    event.preventDefault();
    timer = setTimeout(settle, PATIENCE);
    next();
  }
}

function pick({ detail: digit }) {
  tellPython("picked", digit);
}

function pickPart({ detail: part }) {
  tellPython("part", part);
}

function settle() {
  clearTimeout(timer);
  live = null;
  show(answer, false);
}

function show(answer, isLive) {
  window.dispatchEvent(new CustomEvent("inkling-reading", { detail: { answer, isLive } }));
}

// Whether both are about the same pictures, one for each digit.
function isAbout(answer, { readings }) {
  return (
    answer?.readings.length === readings.length &&
    answer.readings.every(({ picture }, i) => isSamePicture(picture, readings[i].picture))
  );
}

function isSamePicture(one, other) {
  return one.every((level, i) => Math.abs(level - other[i]) <= SAME);
}

// A while after an answer about a drawing the canvas must be there, unless a picture was uploaded.
function lookForCanvas() {
  hasLooked = true;
  setTimeout(() => {
    const element = document.querySelector(CANVAS_HOST);
    if (element === null) hasLooked = false;
    else if (!hasCanvas(element))
      console.warn("Inkling does not know this drawing canvas: bars move when the pen is lifted.");
  }, PATIENCE);
}

function hasCanvas(element) {
  return [...element.querySelectorAll("*")].some(({ shadowRoot }) =>
    shadowRoot?.querySelector(`.${CONTAINER} ${LAYERS}`),
  );
}

function listen(target, listeners) {
  for (const [name, listener] of Object.entries(listeners))
    target.addEventListener(name, listener, { capture: true });
}

function unlisten(target, listeners) {
  for (const [name, listener] of Object.entries(listeners))
    target.removeEventListener(name, listener, { capture: true });
}
