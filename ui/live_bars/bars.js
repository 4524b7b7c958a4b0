// The reading: the answer in large type, the picture that the model sees, ten bars.
// Streamlit calls the default export at every rerun with new data; nodes are made once and then
// only changed, so the bars move instead of being drawn anew.

const DIGITS = [..."0123456789"];
const SIDE = 28;

const views = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".reading");
  if (!views.has(root)) views.set(root, build(root));
  show(views.get(root), data);
}

function build(root) {
  const find = (selector) => root.querySelector(selector);
  const meters = DIGITS.map((digit) => {
    const row = document.createElement("li");
    row.className = "row";
    row.innerHTML =
      `<span class="digit">${digit}</span>` +
      `<span class="track" role="meter" aria-valuemin="0" aria-valuemax="100"` +
      ` aria-label="Digit ${digit}"><span class="bar"></span></span>` +
      `<span class="percent"></span>`;
    find(".bars").append(row);
    return {
      row,
      track: row.querySelector(".track"),
      bar: row.querySelector(".bar"),
      percent: row.querySelector(".percent"),
    };
  });
  return {
    root,
    meters,
    answer: find(".answer"),
    says: find(".says"),
    detail: find(".detail"),
    pixels: find(".pixels"),
  };
}

function show(view, { verdict, probabilities, picture }) {
  const ranking = rank(probabilities);
  const { answer, says, detail } = words(verdict, probabilities, ranking);
  view.root.dataset.verdict = verdict;
  setText(view.answer, answer);
  setText(view.says, says);
  setText(view.detail, detail);
  view.meters.forEach((meter, digit) => {
    const share = probabilities ? probabilities[digit] : 0;
    meter.bar.style.transform = `scaleX(${share})`;
    meter.row.classList.toggle("winner", verdict === "answer" && digit === ranking[0]);
    meter.track.setAttribute("aria-valuenow", (100 * share).toFixed(1));
    meter.track.setAttribute("aria-valuetext", probabilities ? percent(share) : "no drawing yet");
    setText(meter.percent, probabilities ? percent(share) : "–");
  });
  paint(view.pixels, picture);
}

// The digits, likeliest first.
function rank(probabilities) {
  if (!probabilities) return [];
  return DIGITS.map(Number).sort((a, b) => probabilities[b] - probabilities[a]);
}

function words(verdict, probabilities, [first, second]) {
  if (verdict === "empty") {
    return {
      answer: "",
      says: "Draw a digit from 0 to 9",
      detail: "with a mouse, a pen or a finger. The answer comes with every stroke.",
    };
  }
  if (verdict === "unfamiliar") {
    return {
      answer: "?",
      says: "Not sure",
      detail: "This does not look like any digit that the model has seen.",
    };
  }
  const runnerUp = `${second} has ${percent(probabilities[second])}`;
  if (verdict === "unsure") {
    return {
      answer: "?",
      says: "Not sure",
      detail: `Perhaps ${named(first)}, with ${percent(probabilities[first])}; ${runnerUp}.`,
    };
  }
  return {
    answer: DIGITS[first],
    says: `Looks like ${named(first)}`,
    detail: `${percent(probabilities[first])} sure; ${runnerUp}.`,
  };
}

// An unchanged text is left alone, so that a screen reader does not read it again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function named(digit) {
  return digit === 8 ? "an 8" : `a ${digit}`;
}

function percent(share) {
  if (share >= 0.9995) return "> 99.9 %";
  if (share < 0.0005) return "< 0.1 %";
  return `${(100 * share).toFixed(1)} %`;
}

function paint(canvas, picture) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  const grey = picture ? Uint8Array.from(atob(picture), (c) => c.charCodeAt(0)) : null;
  for (let i = 0; i < SIDE * SIDE; i++) {
    image.data.fill(grey ? grey[i] : 0, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
