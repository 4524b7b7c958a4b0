// Break the model that answers, and see what becomes of the drawing's bars while the slider moves.
// model/explanation/damage.py says what each damage does; here is the same, number for number. How
// many test digits are still read comes from Python when the slider is let go. WORDS, KINDS, DIGIT,
// N_CLASSES and the shared parts stand before this file in the module that the browser gets.

const WHOLE = "whole";

const views = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".break");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  view.tell = (damage) => setStateValue("damage", damage);
  if (view.model?.encoded !== data.weights) {
    view.model = decoded(data);
    view.order = null;
  }
  view.data = data;
  view.features = floats(data.features);
  // After another view the component is new, and Python still knows what was broken.
  if (view.isNew && data.measured.damage) {
    view.kind = data.measured.damage;
    view.amount = data.measured.amount;
  }
  view.isNew = false;
  show(view);
}

function build(root) {
  const find = (selector) => root.querySelector(selector);
  const view = { root, find, isNew: true, kind: WHOLE, amount: 0 };
  for (const [kind, title] of [[WHOLE, WORDS.title], ...titles()]) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: title });
    button.setAttribute("role", "radio");
    button.dataset.kind = kind;
    button.addEventListener("click", () => choose(view, kind));
    find(".kinds").append(button);
  }
  find(".kinds").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...find(".kinds").children];
    const now = buttons.indexOf(root.getRootNode().activeElement);
    const next = buttons[(now + step + buttons.length) % buttons.length];
    next.focus();
    choose(view, next.dataset.kind);
  });
  const slider = find(".slider");
  slider.addEventListener("input", () => {
    view.amount = Number(slider.value);
    show(view);
  });
  slider.addEventListener("change", () => tell(view));
  buildSmallBars(find(".bars"));
  return view;
}

function titles() {
  return Object.entries(KINDS).map(([kind, { title }]) => [kind, title]);
}

function choose(view, kind) {
  view.kind = kind;
  view.amount = KINDS[kind]?.first ?? 0;
  show(view);
  tell(view);
}

function tell({ kind, amount, tell: say }) {
  say(kind === WHOLE ? null : { kind, amount });
}

function show(view) {
  const { find, kind, amount, data } = view;
  const how = KINDS[kind];
  const buttons = [...find(".kinds").children];
  buttons.forEach((button) => {
    const isChosen = button.dataset.kind === kind;
    button.ariaChecked = String(isChosen);
    button.tabIndex = isChosen ? 0 : -1;
  });
  find(".much").hidden = !how;
  if (how) {
    const { most, step } = how;
    Object.assign(find(".slider"), { min: 0, max: most, step, value: amount });
    find(".name").textContent = how.name;
    find(".amount").textContent = worded(how.amount, { amount });
  }
  const shares = softmax(scores(view));
  showSmallBars(find(".bars"), shares);
  const digit = shares.indexOf(Math.max(...shares));
  find(".says").textContent = worded(how ? WORDS.broken : WORDS.whole, {
    digit: WORDS.named[digit],
    share: percent(shares[digit]),
  });
  const { measured } = data;
  const isMeasured = measured.damage === kind && measured.amount === amount;
  find(".tested").textContent = worded(how ? WORDS.tested : WORDS.tested_whole, {
    whole: data.whole,
    accuracy: isMeasured ? measured.accuracy : "…",
  });
  find(".note").textContent = `${how?.note ?? WORDS.invitation} ${worded(WORDS.data, data)}`;
}

function percent(share) {
  return share >= 0.9995 ? ">99.9%" : `${(100 * share).toFixed(1)}%`;
}

// The scores of the drawing by the broken model.
function scores(view) {
  const { model, features, kind, amount } = view;
  const { weights, bias } = BREAK[kind]?.(view, amount) ?? model;
  return bias.map((start, digit) => {
    let sum = start;
    for (let i = 0; i < features.length; i++) sum += features[i] * weights[N_CLASSES * i + digit];
    return sum;
  });
}

const BREAK = {
  noise({ model }, amount) {
    const size = Math.fround((amount / 100) * model.deviation);
    return { ...model, weights: model.weights.map((weight, i) => weight + size * noise(i)) };
  },
  smallest(view, amount) {
    const { model } = view;
    view.order ??= [...model.weights.keys()].sort(
      (a, b) => Math.abs(model.weights[a]) - Math.abs(model.weights[b]),
    );
    const weights = model.weights.slice();
    const n = Math.round((amount / 100) * weights.length);
    for (const i of view.order.slice(0, n)) weights[i] = 0;
    return { ...model, weights };
  },
  rounded({ model }, amount) {
    const least = (amount / 100) * model.mean_size;
    let [sum, n] = [0, 0];
    for (const weight of model.weights)
      if (Math.abs(weight) > least) [sum, n] = [sum + Math.abs(weight), n + 1];
    const size = n ? sum / n : 0;
    const rounded = (weight) => (Math.abs(weight) > least ? Math.sign(weight) * size : 0);
    return { ...model, weights: model.weights.map(rounded) };
  },
  bias({ model }, amount) {
    return { ...model, bias: model.bias.map((each) => each * (1 - amount / 100)) };
  },
  template({ model }, digit) {
    const isErased = (i) => i % N_CLASSES === digit;
    return {
      ...model,
      weights: model.weights.map((weight, i) => (isErased(i) ? 0 : weight)),
      bias: model.bias.map((each, i) => (isErased(i) ? 0 : each)),
    };
  },
  shuffled({ model, features }, amount) {
    const order = [...features.keys()].sort((a, b) => hashed(a) - hashed(b));
    const places = order.slice(0, Math.round((amount / 100) * features.length));
    const weights = model.weights.slice();
    const row = (place) => model.weights.subarray(N_CLASSES * place, N_CLASSES * (place + 1));
    places.forEach((place, i) => {
      weights.set(row(places.at(i - 1)), N_CLASSES * place);
    });
    return { ...model, weights };
  },
};

function noise(i) {
  let sum = -2;
  for (let part = 0; part < 4; part++) sum += hashed(4 * i + part) / 2 ** 32;
  return Math.sqrt(3) * sum;
}

function hashed(number) {
  let mixed = (number + 0x9e3779b9) >>> 0;
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

function decoded({ weights, bias, deviation, mean_size }) {
  return { encoded: weights, weights: floats(weights), bias: floats(bias), deviation, mean_size };
}

function floats(base64) {
  return new Float32Array(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
}
