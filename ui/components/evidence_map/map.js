// A map of signed shares over the faint ink: orange for, blue against, on one symmetric scale.
// A pixel says its share when the pointer is on it, or when the arrow keys lead there.

const SIDE = 28;
const AGAINST = [29, 95, 168], NEUTRAL = [245, 243, 238], FOR = [200, 88, 10], FAINT = [150, 147, 140];

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
  const view = { canvas: root.querySelector("canvas"), said: root.querySelector("output"), at: null };
  const { canvas } = view;
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    const place = (offset, length) => Math.min(SIDE - 1, Math.max(0, Math.floor((SIDE * offset) / length)));
    view.at = [place(event.clientX - box.left, box.width), place(event.clientY - box.top, box.height)];
    say(view);
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", move);
  canvas.addEventListener("pointerleave", () => { view.at = null; say(view); });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
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
    said.textContent = "Point at a pixel, or use the arrow keys, to see its share.";
    return;
  }
  const [x, y] = at, i = y * SIDE + x;
  const share = data.shares[i], sign = share < 0 ? "−" : "+";
  said.textContent =
    `Row ${y + 1}, column ${x + 1}: ink ${data.ink[i].toFixed(2)}, ` +
    `share ${share === 0 ? "0" : sign + Math.abs(share).toFixed(3)}`;
}

function paint({ canvas, data }) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  data.shares.forEach((share, i) => {
    const weight = Math.min(1, Math.abs(share) / data.largest);
    const end = share < 0 ? AGAINST : FOR;
    for (let channel = 0; channel < 3; channel++) {
      const base = NEUTRAL[channel] + 0.45 * data.ink[i] * (FAINT[channel] - NEUTRAL[channel]);
      image.data[4 * i + channel] = base + weight * (end[channel] - base);
    }
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}
