// The reading: the answer in large type, the picture that the model sees, ten bars.
// Streamlit calls the default export at every rerun with new data; nodes are made once and then
// only changed, so the bars move instead of being drawn anew.
//
// live.js, another component, may hold an answer back while the pen is down, and asks for its own
// readings to be shown; without it the bars show Python's answers. It also takes a click on a bar to
// Python. SIDE, WORDS, DIGIT and the shared parts stand before this file in the module that the
// browser gets.

const DIGITS = [..."0123456789"];

const views = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".reading");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  window.addEventListener("inkling-reading", view); // a second time changes nothing
  const answer = {
    ...data,
    picture: data.picture && bytes(data.picture),
    probabilities: data.probabilities && new Float32Array(bytes(data.probabilities).buffer),
  };
  const event = new CustomEvent("inkling-answer", { detail: answer, cancelable: true });
  if (window.dispatchEvent(event)) show(view, answer, false);
  // Streamlit also cleans up after a call that a newer one has overtaken.
  return () => {
    if (!root.isConnected) window.removeEventListener("inkling-reading", view);
  };
}

function build(root) {
  const find = (selector) => root.querySelector(selector);
  const meters = DIGITS.map((digit) => {
    const row = document.createElement("li");
    row.className = "row";
    row.innerHTML =
      `<button type="button" class="digit" aria-label="${worded(WORDS.evidence, { digit })}">` +
      `${digit}</button>` +
      `<span class="track" role="meter" aria-valuemin="0" aria-valuemax="100"` +
      ` aria-label="${worded(DIGIT, { digit })}"><span class="bar"></span></span>` +
      `<span class="percent"></span>`;
    find(".bars").append(row);
    return {
      row,
      track: row.querySelector(".track"),
      bar: row.querySelector(".bar"),
      percent: row.querySelector(".percent"),
    };
  });
  find(".bars").addEventListener("click", ({ target }) => {
    const digit = [...find(".bars").children].indexOf(target.closest(".row"));
    if (digit >= 0 && view.root.dataset.verdict !== "empty")
      window.dispatchEvent(new CustomEvent("inkling-pick", { detail: digit }));
  });
  const view = {
    root,
    meters,
    answer: find(".answer"),
    says: find(".says"),
    detail: find(".detail"),
    spoken: find(".spoken"),
    pixels: find(".pixels"),
    handleEvent: ({ detail }) => show(view, detail.reading, detail.isLive),
  };
  return view;
}

function show(view, { verdict, probabilities, picture, isUpload }, isLive) {
  const ranking = rank(probabilities);
  const { answer, says, detail } =
    verdict === "empty" ? invitation(isUpload) : words(verdict, probabilities, ranking);
  view.root.dataset.verdict = verdict;
  view.root.getRootNode().host.dataset.verdict = verdict; // for the page's style sheet
  view.root.dataset.by = isLive ? "browser" : "server";
  setText(view.answer, answer);
  setText(view.says, says);
  setText(view.detail, detail);
  speak(view.spoken, says, detail, isLive);
  view.meters.forEach((meter, digit) => {
    const share = probabilities ? probabilities[digit] : 0;
    meter.bar.style.transform = `scaleX(${share})`;
    meter.row.classList.toggle("winner", verdict === "answer" && digit === ranking[0]);
    meter.track.setAttribute("aria-valuenow", (100 * share).toFixed(1));
    meter.track.setAttribute("aria-valuetext", probabilities ? percent(share) : WORDS.no_drawing);
    setText(meter.percent, probabilities ? percent(share) : "–");
  });
  paint(view.pixels, picture);
}

// The digits, likeliest first.
function rank(probabilities) {
  if (!probabilities) return [];
  return DIGITS.map(Number).sort((a, b) => probabilities[b] - probabilities[a]);
}

function invitation(isUpload) {
  const [says, detail] = isUpload ? WORDS.upload : WORDS.draw;
  return { answer: "", says, detail };
}

function words(verdict, probabilities, [first, second]) {
  const values = {
    digit: WORDS.named[first],
    share: percent(probabilities[first]),
    second,
    second_share: percent(probabilities[second]),
  };
  const [says, detail] = WORDS[verdict].map((sentence) => worded(sentence, values));
  return { answer: verdict === "answer" ? DIGITS[first] : "?", says, detail };
}

// While the pen is down only a change of the answer is announced, not every frame's per cent: that
// comes with Python's answer, when the pen is up.
function speak(node, says, detail, isLive) {
  if (!isLive) setText(node, `${says}: ${detail}`);
  else if (!node.textContent.startsWith(says)) setText(node, says);
}

// An unchanged text is left alone, so that a screen reader does not read it again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function percent(share) {
  if (share >= 0.9995) return "> 99.9 %";
  if (share < 0.0005) return "< 0.1 %";
  return `${(100 * share).toFixed(1)} %`;
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function paint(canvas, picture) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    image.data.fill(picture ? picture[i] : 0, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
