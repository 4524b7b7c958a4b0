// A box on a picture. A press and a drag draw a new one; an arrow key moves its right or lower edge,
// with Shift its left or upper one. Python hears of it when the hand, or the key, is lifted.

const LEAST = 0.03; // sides of a box, as shares; a smaller one is a click
const STEP = 0.02;

const views = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".crop");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  view.tell = (box) => setTriggerValue("cropped", box);
  view.image.src = data.picture;
  view.box = data.box;
  show(view);
}

function build(root) {
  const view = {
    image: root.querySelector("img"),
    part: root.querySelector(".part"),
    start: null,
    box: null,
  };
  const at = ({ clientX, clientY }) => {
    const { left, top, width, height } = root.getBoundingClientRect();
    const share = (offset, length) => Math.min(1, Math.max(0, offset / length));
    return [share(clientX - left, width), share(clientY - top, height)];
  };
  root.addEventListener("pointerdown", (event) => {
    root.setPointerCapture(event.pointerId);
    view.start = at(event);
  });
  root.addEventListener("pointermove", (event) => {
    if (view.start) drag(view, at(event));
  });
  root.addEventListener("pointerup", (event) => {
    if (!view.start) return;
    drag(view, at(event));
    view.start = null;
    tell(view);
  });
  root.addEventListener("pointercancel", () => {
    view.start = null;
  });
  root.addEventListener("keydown", (event) => {
    const edge = { ArrowLeft: 0, ArrowUp: 1, ArrowRight: 0, ArrowDown: 1 }[event.key];
    if (edge === undefined) return;
    event.preventDefault();
    const step = event.key === "ArrowLeft" || event.key === "ArrowUp" ? -STEP : STEP;
    const box = [...view.box];
    const i = event.shiftKey ? edge : edge + 2;
    box[i] = Math.min(1, Math.max(0, box[i] + step));
    if (isLarge(box)) view.box = box;
    show(view);
  });
  root.addEventListener("keyup", (event) => {
    if (event.key.startsWith("Arrow")) tell(view);
  });
  return view;
}

function drag(view, [x, y]) {
  const [x0, y0] = view.start;
  const box = [Math.min(x0, x), Math.min(y0, y), Math.max(x0, x), Math.max(y0, y)];
  if (!isLarge(box)) return;
  view.box = box;
  show(view);
}

function isLarge([left, top, right, bottom]) {
  return right - left >= LEAST && bottom - top >= LEAST;
}

function tell(view) {
  view.tell(view.box.map((share) => Math.round(share * 1e4) / 1e4));
}

function show({ part, box }) {
  const [left, top, right, bottom] = box.map((share) => 100 * share);
  part.style.inset = `${top}% ${100 - right}% ${100 - bottom}% ${left}%`;
}
