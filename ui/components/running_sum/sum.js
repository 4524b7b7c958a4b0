// A score is added up: it begins at the bias, and pixel after pixel, row by row, adds its share. SIDE,
// WORDS, the colours and the shared parts stand before this file in the module that the browser gets.

const SECONDS = 5; // for all pixels

const views = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".running");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  view.data = data;
  show(view);
}

function build(root) {
  const find = (selector) => root.querySelector(selector);
  const view = { root, canvas: find("canvas"), told: find(".told"), slider: find(".slider") };
  view.slider.addEventListener("input", () => go(view, Number(view.slider.value)));
  find(".all").addEventListener("click", () => go(view, SIDE * SIDE));
  find(".play").addEventListener("click", () => play(view));
  return view;
}

function go(view, n) {
  view.began = null;
  view.slider.value = n;
  show(view);
}

function play(view) {
  go(view, 0);
  const began = performance.now();
  view.began = began;
  const frame = (now) => {
    if (view.began !== began || !view.root.isConnected) return;
    const n = Math.round((SIDE * SIDE * (now - began)) / (1000 * SECONDS));
    view.slider.value = Math.max(0, n);
    show(view);
    if (n < SIDE * SIDE) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function show({ canvas, told, slider, data }) {
  const n = Number(slider.value);
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  let score = data.bias;
  data.shares.forEach((share, i) => {
    if (i < n) score += share;
    putSigned(image.data, i, i < n ? share / data.largest : 0);
  });
  context.putImageData(image, 0, 0);
  told.textContent = worded(WORDS.told, { n, score: score.toFixed(2).replace("-", "−") });
}
