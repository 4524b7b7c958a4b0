// Between hands and the drawing canvas's library, which draws from mouse and touch events as if
// there were one button and one finger. It gets one pen: of all contacts on the canvas one draws,
// and the library hears of this one alone, as mouse events that are made here from the browser's
// pointer events. (With another button pressed and released during a stroke it stops listening for
// the stroke's end; a second finger, or a touch that the system takes away, has the same effect.)
//
// - A mouse draws with its main button, a pen while it touches. Other buttons do nothing meanwhile.
// - A finger draws once it has moved: a hand that rests comes first and lies still. If another
//   contact comes while it does, that one draws, and the hand never does. A tap is a dot.
// - A stroke ends when its contact is lifted or taken away, or moves with no button pressed.
//
// Each stroke is sent as it ends, not 200 ms later, so that nothing done then comes before it. A
// click that leaves the canvas waits for the answer: on another view nobody takes the stroke.
//
// The library's toolbar, invisible here, is for the program alone (see canvas_button.js). The canvas
// gets the name that a screen reader says; WORDS stands before this file.

const CONTAINER = "dc-container"; // the library's names
const CANVAS = "canvas.upper-canvas";
const LEAVING = "a[href], .st-key-to_upload button";
const STILL = 6; // pixels that a resting hand may move
const MOST_FRAMES = 300;
const PATIENCE = 3000; // milliseconds that a click waits for an answer

const LISTENERS = {
  pointerdown: down,
  pointermove: move,
  pointerup: up,
  pointercancel: up,
  mousedown: quiet,
  mousemove: quiet,
  mouseup: quiet,
  touchstart: quiet,
  contextmenu: quiet,
  click,
  keydown: hideToolbar,
};

let pen = null; // the contact that draws: {id, canvas, held}; held: its events so far, while it rests
let isUnanswered = false; // the last stroke
let framesLeft = MOST_FRAMES; // that are waited for the canvas and the bars

export default function ({ data, parentElement }) {
  window.addEventListener("inkling-answer", answered); // behind live.js, which may hold it back
  if (framesLeft === MOST_FRAMES) letDraw();
  if (data.has_canvas) name(MOST_FRAMES);
  return listenWhileShown(parentElement, LISTENERS, () =>
    window.removeEventListener("inkling-answer", answered),
  );
}

function canvasUnder(event) {
  return event
    .composedPath()
    .find((node) => node.classList?.contains(CONTAINER))
    ?.querySelector(CANVAS);
}

function down(event) {
  const canvas = canvasUnder(event);
  if (!canvas || event.button !== 0) return;
  hideToolbar();
  if (pen?.id === event.pointerId) end(event); // its end was not heard
  if (pen && !pen.held) return; // a hand beside the pen
  pen = { id: event.pointerId, canvas, held: [event] };
  if (event.pointerType !== "touch") begin();
}

function move(event) {
  if (pen?.id !== event.pointerId) return;
  const isTouching = event.pointerType === "mouse" ? event.buttons & 1 : event.buttons;
  if (!isTouching) end(event);
  else if (!pen.held) tell("mousemove", event);
  else {
    pen.held.push(event);
    const [{ clientX, clientY }] = pen.held;
    if (Math.hypot(event.clientX - clientX, event.clientY - clientY) > STILL) begin();
  }
}

function up(event) {
  if (pen?.id !== event.pointerId) return;
  if (pen.held && event.type === "pointercancel") pen = null;
  else end(event);
}

function begin() {
  const [first, ...rest] = pen.held;
  pen.held = null;
  tell("mousedown", first);
  for (const event of rest) tell("mousemove", event);
}

function end(event) {
  if (pen.held) begin();
  tell("mouseup", event);
  pen = null;
  isUnanswered = true;
  window.dispatchEvent(new CustomEvent("inkling-stroke"));
  queueMicrotask(() => inLibrary(SEND)?.click()); // the library notes it in another
}

// Pointer events know places between pixels, which mouse events round.
function tell(type, { clientX, clientY, shiftKey }) {
  const buttons = type === "mouseup" ? 0 : 1;
  const more = { bubbles: true, composed: true, cancelable: true, isPrimary: true, view: window };
  const event = new PointerEvent(type, { clientX, clientY, shiftKey, buttons, ...more });
  pen.canvas.dispatchEvent(event);
}

// What the browser itself says of a mouse or a finger on the canvas, or anywhere during a stroke.
function quiet(event) {
  if (!event.isTrusted || (!pen && !canvasUnder(event))) return;
  if (event.type === "contextmenu" && !pen) return;
  if (event.type === "mousemove" && !pen) return; // the library chooses the cursor
  event.stopImmediatePropagation();
  // No scrolling; and no step back in the browser's history by a mouse's fourth button.
  if (event.type === "touchstart" || (pen && event.button !== 0)) event.preventDefault();
}

function click(event) {
  if (!event.isTrusted) return;
  const path = event.composedPath();
  const target = path.find((node) => node.matches?.(LEAVING));
  if (path.some((node) => node.matches?.(TOOLBAR))) stop(event);
  else if (target && isUnanswered && !event.ctrlKey && !event.metaKey) {
    stop(event);
    const go = () => {
      window.removeEventListener("inkling-answered", go);
      clearTimeout(timer);
      isUnanswered = false;
      target.click();
    };
    const timer = setTimeout(go, PATIENCE);
    window.addEventListener("inkling-answered", go, { once: true });
  }
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// An answer that was held back (see live.js) is about the drawing as it was a stroke ago.
function answered({ defaultPrevented }) {
  hideToolbar();
  if (defaultPrevented) return;
  isUnanswered = false;
  window.dispatchEvent(new CustomEvent("inkling-answered"));
}

// Over a slow network the canvas may come before this component, and both before the bars; what is
// drawn before all are there would be lost, so assets/style.css lets nobody. A canvas that is not
// known here can be drawn on after a while.
function letDraw() {
  if ((inLibrary(CANVAS) && barsAnswer()) || framesLeft === 0)
    document.documentElement.dataset.canDraw = "";
  else {
    framesLeft -= 1;
    requestAnimationFrame(letDraw);
  }
}

// A new canvas may come under a mouse that rests.
function name(frames) {
  if (inLibrary(CANVAS)) hideToolbar();
  else if (frames > 0) requestAnimationFrame(() => name(frames - 1));
}

function barsAnswer() {
  const inBars = [...document.querySelectorAll(".st-key-live_bars *")];
  return inBars.some(({ shadowRoot }) => shadowRoot?.querySelector("[data-by]"));
}

function hideToolbar() {
  inLibrary(TOOLBAR)?.setAttribute("inert", "");
  const canvas = inLibrary(CANVAS);
  canvas?.setAttribute("role", "img");
  canvas?.setAttribute("aria-label", WORDS.canvas);
}
