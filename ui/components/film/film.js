// A training run: its curves, its templates, and, once it is over, a film to scrub through.
// Python sends the frames; moving through them needs no server. SIDE, WORDS and the shared parts stand
// before this file in the module that the browser gets.

const FRAME_MS = 1000 / 8;
const FIRST_MS = 300; // a frame of the first steps, each of which has one
const FIRST_STEPS = 30;

const views = new WeakMap();

export default function film({ data, parentElement }) {
  const root = parentElement.querySelector(".film");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  const isNew = view.data?.run !== data.run || view.data?.frames.length !== data.frames.length;
  view.data = data;
  view.scrub.hidden = data.frames.length < 2 || data.kind === "none";
  view.slider.max = data.frames.length - 1;
  if (isNew) view.slider.value = data.frames.length - 1;
  show(view);
  return () => {
    if (!root.isConnected) stop(view); // else a newer call has overtaken this one
  };
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
    axes: root.querySelectorAll(".steps"),
    notes: root.querySelectorAll(".note"),
    bars: find(".bars"),
    timer: null,
  };
  buildSmallBars(view.bars);
  buildTemplates(view.templates);
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
  setPlaying(view, true);
  const next = () => {
    view.slider.value = Number(view.slider.value) + 1;
    show(view);
    if (Number(view.slider.value) >= last) stop(view);
    else wait();
  };
  const wait = () => {
    const { step } = view.data.frames[Number(view.slider.value)];
    view.timer = setTimeout(next, step < FIRST_STEPS ? FIRST_MS : FRAME_MS);
  };
  wait();
}

function stop(view) {
  clearTimeout(view.timer);
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
  const accuracy = `${(100 * frame.accuracy).toFixed(1)}%`;
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
  for (const axis of view.axes) mark(axis, n_steps);
  view.find(".loss").setAttribute("aria-label", worded(WORDS.loss_at_step, said));
  view.find(".accuracy").setAttribute("aria-label", worded(WORDS.accuracy_at_step, said));
  const { kind } = view.data;
  for (const note of view.notes) note.hidden = note.dataset.kind !== kind;
  view.templates.hidden = kind === "none"; // a network, which has none
  if (kind !== "none") paintTemplates(view.templates, kind, frame.templates);
  view.templates.setAttribute("aria-label", worded(WORDS.templates_at_step, said));
  showSmallBars(view.bars, frame.bars);
}

function draw(svg, points, nSteps, highest, step, live) {
  const x = (value) => 300 * place(value, nSteps);
  const y = (value) => 90 - (90 * value) / highest;
  const path = points.map(([s, v], i) => `${i ? "L" : "M"}${x(s).toFixed(1)} ${y(v).toFixed(1)}`);
  const marker = live ? "" : `<line x1="${x(step)}" x2="${x(step)}" y1="0" y2="90"/>`;
  svg.innerHTML = `<path d="${path.join("")}"/>${marker}`;
}

// Where a step lies along a curve, from 0 to 1: logarithmic, since the first steps change most.
function place(step, nSteps) {
  return Math.log1p(step) / Math.log1p(nSteps);
}

// Name the steps 0, 1, 10, 100, … below a curve, as far as there is room for their numbers.
function mark(axis, nSteps) {
  if (axis.dataset.steps === String(nSteps)) return;
  axis.dataset.steps = nSteps;
  const powers = Array.from({ length: 6 }, (_, i) => 10 ** i);
  const inside = powers.filter((step) => place(step, nSteps) < 0.85);
  const marks = [0, ...inside, nSteps].map((step) => {
    const text = document.createElement("span");
    text.textContent = step.toLocaleString("en");
    text.style.left = `${100 * place(step, nSteps)}%`;
    return text;
  });
  axis.replaceChildren(...marks);
}
