// A training run: its curves, its templates, and, once it is over, a film to scrub through.
// Python sends the frames; moving through them needs no server. SIDE, WORDS and the shared parts stand
// before this file in the module that the browser gets.

const COLUMNS = 5;
const GAP = 2;
const WIDTH = COLUMNS * (SIDE + GAP) - GAP; // of all ten, in pixels of the templates
const HEIGHT = 2 * (SIDE + GAP) - GAP;
const FRAMES_PER_SECOND = 8;

const views = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".film");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  const isNew = view.data?.run !== data.run || view.data?.frames.length !== data.frames.length;
  view.data = data;
  view.scrub.hidden = data.frames.length < 2;
  view.slider.max = data.frames.length - 1;
  if (isNew) view.slider.value = data.frames.length - 1;
  show(view);
  return () => stop(view);
}

function build(root) {
  const find = (selector) => root.querySelector(selector);
  const view = {
    find,
    scrub: find(".scrub"),
    play: find(".play"),
    slider: find(".slider"),
    step: find(".step"),
    templates: find(".templates"),
    notes: root.querySelectorAll(".note"),
    bars: find(".bars"),
    timer: null,
  };
  buildSmallBars(view.bars);
  view.slider.addEventListener("input", () => {
    stop(view);
    show(view);
  });
  view.play.addEventListener("click", () => (view.timer ? stop(view) : play(view)));
  setPlaying(view, false);
  return view;
}

function play(view) {
  const last = Number(view.slider.max);
  if (Number(view.slider.value) >= last) view.slider.value = 0;
  show(view);
  view.timer = setInterval(() => {
    view.slider.value = Number(view.slider.value) + 1;
    show(view);
    if (Number(view.slider.value) >= last) stop(view);
  }, 1000 / FRAMES_PER_SECOND);
  setPlaying(view, true);
}

function stop(view) {
  clearInterval(view.timer);
  view.timer = null;
  setPlaying(view, false);
}

function setPlaying(view, playing) {
  view.play.textContent = playing ? "❚❚" : "▶";
  view.play.setAttribute("aria-label", playing ? WORDS.pause : WORDS.play);
}

function show(view) {
  const { frames, curve, n_steps } = view.data;
  const frame = frames[Number(view.slider.value)] ?? frames.at(-1);
  if (!frame) return;
  const accuracy = `${(100 * frame.accuracy).toFixed(1)} %`;
  view.find(".accuracy-now").textContent = accuracy;
  view.step.textContent = worded(WORDS.step, { step: frame.step.toLocaleString("en") });
  const said = { step: frame.step, accuracy, loss: frame.loss.toFixed(3) };
  view.find(".loss-now").textContent = said.loss;
  view.slider.setAttribute("aria-valuetext", worded(WORDS.at_step, said));
  const losses = curve.map(([step, loss]) => [step, loss]);
  const shares = curve.map(([step, , share]) => [step, share]);
  const highest = Math.max(2.4, ...losses.map(([, loss]) => loss));
  draw(view.find(".loss"), losses, n_steps, highest, frame.step, view.scrub.hidden);
  draw(view.find(".accuracy"), shares, n_steps, 1, frame.step, view.scrub.hidden);
  view.find(".loss").setAttribute("aria-label", worded(WORDS.loss_at_step, said));
  view.find(".accuracy").setAttribute("aria-label", worded(WORDS.accuracy_at_step, said));
  const { kind } = view.data;
  view.templates.dataset.kind = kind;
  for (const note of view.notes) note.hidden = note.dataset.kind !== kind;
  (kind === "strokes" ? paintStrokes : paintPixels)(view.templates, signed(frame.templates));
  view.templates.setAttribute("aria-label", worded(WORDS.templates_at_step, said));
  showSmallBars(view.bars, frame.bars);
}

function draw(svg, points, nSteps, highest, step, live) {
  const x = (value) => (300 * value) / nSteps;
  const y = (value) => 90 - (90 * value) / highest;
  const path = points.map(([s, v], i) => `${i ? "L" : "M"}${x(s).toFixed(1)} ${y(v).toFixed(1)}`);
  const marker = live ? "" : `<line x1="${x(step)}" x2="${x(step)}" y1="0" y2="90"/>`;
  svg.innerHTML = `<path d="${path.join("")}"/>${marker}`;
}

// The templates come as signed bytes, digit after digit; 127 is the full strength.
function signed(encoded) {
  return Float32Array.from(atob(encoded), (c) => ((c.charCodeAt(0) << 24) >> 24) / 127);
}

function paintPixels(canvas, shares) {
  Object.assign(canvas, { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  forEachDigit((digit, x, y) => {
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) putSigned(image.data, i, shares[digit * SIDE * SIDE + i]);
    context.putImageData(image, x, y);
  });
}

// As many pixels as the screen has, or more, where the page is not laid out yet.
function paintStrokes(canvas, shares) {
  const width = Math.round(canvas.clientWidth * window.devicePixelRatio) || 8 * WIDTH;
  Object.assign(canvas, { width, height: Math.round((width * HEIGHT) / WIDTH) });
  const context = canvas.getContext("2d");
  const scale = width / WIDTH;
  const perDigit = shares.length / N_CLASSES;
  forEachDigit((digit, x, y) => {
    const own = shares.subarray(digit * perDigit, (digit + 1) * perDigit);
    drawStrokes(context, own, scale * x, scale * y, scale * SIDE);
  });
}

// With the place of each digit's corner.
function forEachDigit(visit) {
  for (let digit = 0; digit < N_CLASSES; digit++) {
    const [row, column] = [Math.floor(digit / COLUMNS), digit % COLUMNS];
    visit(digit, column * (SIDE + GAP), row * (SIDE + GAP));
  }
}
