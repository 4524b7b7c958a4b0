// The readings: the answer in large type, the picture that the model sees, ten bars. Where several
// digits are on the drawing, the bars and the picture are those of one of them, and the others are
// a click on the answer away.
// Streamlit calls the default export at every rerun with new data; nodes are made once and then
// only changed, so the bars move instead of being drawn anew.
//
// live.js, another component, may hold an answer back while the pen is down, and asks for its own
// readings to be shown; without it the bars show Python's answers. It also takes a click on a bar or
// on a digit to Python. SIDE, N_CLASSES, WORDS, DIGIT and the shared parts stand before this file in
// the module that the browser gets.

const DIGITS = [..."0123456789"];

const views = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".reading");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  window.addEventListener("inkling-reading", view); // a second time changes nothing
  const answer = { ...data, readings: decoded(data) };
  const event = new CustomEvent("inkling-answer", { detail: answer, cancelable: true });
  if (window.dispatchEvent(event)) show(view, answer, false);
  // Streamlit also cleans up after a call that a newer one has overtaken.
  return () => {
    if (!root.isConnected) window.removeEventListener("inkling-reading", view);
  };
}

// What Python sends of n digits: n verdicts, n × 10 probabilities, n × 784 bytes of pictures.
function decoded({ verdict, probabilities, picture }) {
  if (probabilities === null) return [];
  const shares = new Float32Array(bytes(probabilities).buffer);
  const pictures = bytes(picture);
  return verdict.split(",").map((each, i) => ({
    verdict: each,
    probabilities: shares.subarray(i * N_CLASSES, (i + 1) * N_CLASSES),
    picture: pictures.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE),
  }));
}

function build(root) {
  const find = (selector) => root.querySelector(selector);
  const meters = DIGITS.map((digit) => {
    const row = document.createElement("li");
    row.className = "row";
    row.dataset.hint = WORDS.hint;
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
  find(".answer").addEventListener("click", ({ target }) => {
    const part = [...find(".answer").children].indexOf(target.closest(".part"));
    if (part >= 0) pick(view, part);
  });
  const view = {
    root,
    meters,
    last: null, // what is shown, and by whom: [answer, isLive]
    picked: null, // {part, of, isNew}: the digit whose bars are shown, of how many
    answer: find(".answer"),
    says: find(".says"),
    detail: find(".detail"),
    spoken: find(".spoken"),
    pixels: find(".pixels"),
    handleEvent: ({ detail }) => show(view, detail.answer, detail.isLive),
  };
  return view;
}

// Show a digit's bars at once; Python hears of it meanwhile.
function pick(view, part) {
  const [answer, isLive] = view.last;
  view.picked = { part, of: answer.readings.length, isNew: true };
  show(view, answer, isLive);
  window.dispatchEvent(new CustomEvent("inkling-part", { detail: part }));
}

// Which digit's bars are shown: the last one's, or another's that was picked and has its place among
// as many digits still. Python says which, but for an answer from before it heard of a click.
function choose({ picked }, n, pythons) {
  const own = picked?.of === n ? picked : { part: n - 1, of: n, isNew: false };
  if (pythons === undefined || (own.isNew && own.part !== pythons)) return own;
  return { part: pythons, of: n, isNew: false };
}

function show(view, answer, isLive) {
  const { readings, shown, isUpload } = answer;
  view.last = [answer, isLive];
  view.picked = choose(view, readings.length, shown);
  const reading = readings[view.picked.part];
  const { verdict = "empty", probabilities, picture } = reading ?? {};
  const ranking = rank(probabilities);
  const [says, detail] = wordsOn(readings, view.picked.part, ranking, isUpload);
  view.root.dataset.verdict = verdict;
  view.root.getRootNode().host.dataset.verdict = verdict; // for the page's style sheet
  view.root.dataset.by = isLive ? "browser" : "server";
  showAnswer(view.answer, readings, view.picked.part);
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

function character({ verdict, probabilities }) {
  return verdict === "answer" ? DIGITS[rank(probabilities)[0]] : "?";
}

// One digit is text, which is hidden from screen readers, as the words say it too; several are
// buttons, which stay the same while their number does, so that one keeps the focus.
function showAnswer(node, readings, shown) {
  const n = readings.length;
  node.dataset.digits = n;
  node.style.setProperty("--digits", n);
  node.ariaHidden = String(n < 2);
  if (n < 2) return setText(node, readings.map(character).join(""));
  if (node.children.length !== n)
    node.replaceChildren(...Array.from({ length: n }, () => document.createElement("button")));
  readings.forEach((reading, i) => {
    const button = node.children[i];
    const first = character(reading);
    const label = reading.verdict === "answer" ? WORDS.part : WORDS.unread_part;
    button.type = "button";
    button.className = "part";
    button.dataset.verdict = reading.verdict;
    button.ariaLabel = worded(label, { first, place: i + 1, n });
    button.ariaPressed = String(i === shown);
    setText(button, first);
  });
}

// What is said in large type, and below it.
function wordsOn(readings, shown, [first, second], isUpload) {
  const n = readings.length;
  if (n === 0) return isUpload ? WORDS.upload : WORDS.draw;
  const { verdict, probabilities } = readings[shown];
  const number = readings.map(character).join("");
  const isNumber = readings.every((reading) => reading.verdict === "answer");
  const title = isNumber ? WORDS.number : WORDS.no_number;
  const sentences = n === 1 ? WORDS[verdict] : [title, WORDS.shown[verdict]];
  const values = {
    number,
    n,
    place: shown + 1,
    digit: WORDS.named[first],
    first,
    share: percent(probabilities[first]),
    second,
    second_share: percent(probabilities[second]),
  };
  return sentences.map((sentence) => worded(sentence, values));
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
  if (share >= 0.9995) return ">99.9%";
  if (share < 0.0005) return "<0.1%";
  return `${(100 * share).toFixed(1)}%`;
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
