// A map of signed shares over the faint ink: orange for, blue against, on one symmetric scale.
// A pixel says its share while a mouse is on it, after a tap, or when the arrow keys lead there. SIDE,
// WORDS, the colours and the shared parts stand before this file in the module that the browser gets.

const views = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".evidence");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  view.data = data;
  view.canvas.setAttribute("aria-label", data.label);
  paint(view);
  say(view);
}

function build(root) {
  const view = {
    canvas: root.querySelector("canvas"),
    said: root.querySelector("output"),
    at: null,
  };
  const { canvas } = view;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const place = (offset, length) =>
      Math.min(SIDE - 1, Math.max(0, Math.floor((SIDE * offset) / length)));
    view.at = [
      place(event.clientX - box.left, box.width),
      place(event.clientY - box.top, box.height),
    ];
    say(view);
  };
  const isMouse = ({ pointerType }) => pointerType === "mouse";
  canvas.addEventListener("pointermove", (event) => isMouse(event) && point(event));
  canvas.addEventListener("pointerup", point); // a finger that scrolls is not lifted but cancelled
  canvas.addEventListener("pointerleave", (event) => {
    if (!isMouse(event)) return;
    view.at = null;
    say(view);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (!step) return;
    event.preventDefault();
    const [x, y] = view.at ?? [13, 13];
    view.at = [(x + step[0] + SIDE) % SIDE, (y + step[1] + SIDE) % SIDE];
    say(view);
  });
  return view;
}

function say({ at, said, data }) {
  if (!at) {
    said.textContent = WORDS.invitation;
    return;
  }
  const [x, y] = at;
  const i = y * SIDE + x;
  const share = data.shares[i];
  const sign = share < 0 ? "−" : "+";
  said.textContent = worded(WORDS.pixel, {
    row: y + 1,
    column: x + 1,
    ink: data.ink[i].toFixed(2),
    share: share === 0 ? "0" : sign + Math.abs(share).toFixed(3),
  });
}

function paint({ canvas, data }) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  data.shares.forEach((share, i) => {
    const ink = NEUTRAL.map((level, j) => level + 0.45 * data.ink[i] * (BEHIND_MAP[j] - level));
    putSigned(image.data, i, share / data.largest, ink);
  });
  context.putImageData(image, 0, 0);
}
