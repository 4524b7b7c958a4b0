// A training told once, over the bars: the templates grow, and the drawing finds its answer. Any
// press, key or stroke ends it. WORDS and the shared parts stand before this file in the module that
// the browser gets; assets/style.css shows this component while it has data-playing.

const SHOW_MS = 3600;
const HOLD_MS = 500; // of the last frame
const ENDS = ["pointerdown", "keydown"];
const REDUCED = window.matchMedia("(prefers-reduced-motion: reduce)");

const told = new Set(); // runs, each of which is told once
let show = null; // the one that is on: {end}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".story");
  if (data.frames !== null && !told.has(data.run)) {
    told.add(data.run);
    show?.end();
    if (!REDUCED.matches) begin(root, data);
  }
  // Streamlit also cleans up after a call that a newer one has overtaken.
  return () => {
    if (!root.isConnected) show?.end();
  };
}

function begin(root, data) {
  const { host } = root.getRootNode();
  const bars = root.querySelector(".bars");
  if (bars.children.length === 0) {
    buildSmallBars(bars);
    buildTemplates(root.querySelector(".templates"));
  }
  const began = performance.now();
  let request = 0;
  let shown = -1;
  const end = () => {
    cancelAnimationFrame(request);
    for (const name of ENDS) window.removeEventListener(name, end, { capture: true });
    delete host.dataset.playing;
    show = null;
  };
  const next = (now) => {
    const passed = Math.max(0, now - began);
    if (passed > SHOW_MS + HOLD_MS) return end();
    const last = data.frames.length - 1;
    const index = Math.min(last, Math.floor((passed / SHOW_MS) * data.frames.length));
    if (index !== shown) paint(root, bars, data, data.frames[index]);
    shown = index;
    request = requestAnimationFrame(next);
  };
  for (const name of ENDS) window.addEventListener(name, end, { capture: true });
  host.dataset.playing = data.run;
  show = { end };
  next(began);
}

function paint(root, bars, { kind, n_steps }, frame) {
  const counted = { step: frame.step.toLocaleString("en"), n_steps: n_steps.toLocaleString("en") };
  root.querySelector(".step").textContent = worded(WORDS.step, counted);
  paintTemplates(root.querySelector(".templates"), kind, frame.templates);
  showSmallBars(bars, frame.bars);
}
