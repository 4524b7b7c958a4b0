// The audience's page: draw the digit that is asked for, see the bars follow the finger, send.
// The import of reader.js, words.js and Python's N_CLASSES, WORDS, CANVAS_SIDE, PEN, MOST_POINTS and
// COLOURS stand before this file in what the browser gets. ES2020, and nothing that needs HTTPS.
//
// What the phone must not lose is in localStorage: its id, which the server signed, and the drawings
// that wait to be sent. Each has an id of its own, so that the server keeps one that comes twice once.

const CODE = location.pathname.split("/").pop().toUpperCase();
const BASE = `${location.pathname.replace(/\/$/, "")}/`;
const KEPT = `inkling-room-${CODE}`;
const MOST_WAITING = 50;
const STILL = 6; // pixels of the canvas that a resting palm may move
const MOVED = 20; // pixels of the screen that a second finger moves in a pinch
const PINCH = 500; // milliseconds in which it does
const NEAR = 1.5; // pixels of the canvas: a point nearer to the last one is left out
const SHORTEST_WAIT = 1000; // milliseconds until what could not be sent is sent again; doubled each time
const LONGEST_WAIT = 15000;
const LONGEST_ANSWER = 30000; // milliseconds until a question is given up that has no answer

const element = (id) => document.getElementById(id);
const canvas = element("canvas");
canvas.width = CANVAS_SIDE;
canvas.height = CANVAS_SIDE;
const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });

const saved = { token: null, waiting: [], deck: [], ...stored() };
let model = null;
let modelParts = {}; // of the model, by name: {weights: {name, values}, …}
let cache = newCache();
let strokes = [];
let pen = null; // the pointer that draws
let began = 0; // when the first contact touched
let start = [0, 0]; // and where, in the window
const beside = new Map(); // other contacts: where each touched
let isGesture = false; // until all are lifted
let frame = 0;
let isFree = false;
let isSending = false;
let isJoining = false; // a phone that joins twice would be two
let wait = SHORTEST_WAIT;
let timer = 0;
let isOver = false; // the room is closed, or there is none

buildBars();
paint();
ask();
listen();
join();

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {}; // a browser that keeps nothing, or something else under this name
  }
}

function store() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(saved));
  } catch {
    // what waits is kept as long as the page is open
  }
}

// --- the pen: of all contacts one draws. A palm comes first and lies still, so the next contact takes
// its place; two that come together and both move are a pinch, and leave nothing ---

function listen() {
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, up);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  // iOS scrolls and zooms under a finger whatever touch-action says, unless it is told here.
  for (const touch of ["touchstart", "touchmove"])
    canvas.addEventListener(touch, (event) => event.preventDefault(), { passive: false });
  element("undo").addEventListener("click", undo);
  element("clear").addEventListener("click", clear);
  element("send").addEventListener("click", send);
  element("free").addEventListener("click", changeFree);
  element("take_back").addEventListener("click", takeBack);
  window.addEventListener("online", () => flush());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) flush();
  });
}

function place({ clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  const along = (at, from, side) =>
    Math.round(10 * Math.min(Math.max(((at - from) / side) * CANVAS_SIDE, 0), CANVAS_SIDE)) / 10;
  return [along(clientX, box.left, box.width), along(clientY, box.top, box.height)];
}

function down(event) {
  if (event.button !== 0 || isOver || isGesture) return;
  if (pen !== null) {
    beside.set(event.pointerId, [event.clientX, event.clientY]);
    if (!isStill(strokes[strokes.length - 1])) return;
    strokes.pop();
    beside.delete(event.pointerId);
    beside.set(pen, start);
  } else {
    began = event.timeStamp;
    start = [event.clientX, event.clientY];
  }
  if (nPoints() >= MOST_POINTS) return tell(WORDS.too_long);
  pen = event.pointerId;
  try {
    canvas.setPointerCapture(pen);
  } catch {
    // a contact that has gone already
  }
  tell("");
  strokes.push([place(event)]);
  changed();
}

function move(event) {
  if (event.pointerId !== pen) return moveBeside(event);
  const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const each of events.length > 0 ? events : [event]) {
    const stroke = strokes[strokes.length - 1];
    const [x, y] = place(each);
    const [lastX, lastY] = stroke[stroke.length - 1];
    if (Math.hypot(x - lastX, y - lastY) < NEAR) continue;
    if (nPoints() >= MOST_POINTS) return tell(WORDS.too_long);
    stroke.push([x, y]);
  }
  changed();
}

// A second finger that came with the first one and moves as well: the stroke was none.
function moveBeside({ pointerId, clientX, clientY, timeStamp }) {
  const from = beside.get(pointerId);
  if (!from || pen === null || timeStamp - began > PINCH) return;
  if (Math.hypot(clientX - from[0], clientY - from[1]) < MOVED) return;
  strokes.pop();
  pen = null;
  isGesture = true;
  changed();
}

function isStill(stroke) {
  return stroke.every(([x, y]) => Math.hypot(x - stroke[0][0], y - stroke[0][1]) < STILL);
}

function up(event) {
  beside.delete(event.pointerId);
  if (event.pointerId === pen) {
    pen = null;
    changed();
  }
  if (beside.size === 0 && pen === null) isGesture = false;
}

function nPoints() {
  return strokes.reduce((sum, stroke) => sum + stroke.length, 0);
}

// A second finger may press these while the first one draws: the stroke under way goes, too.
function undo() {
  pen = null;
  strokes.pop();
  changed();
}

function clear() {
  pen = null;
  strokes = [];
  changed();
}

// --- the picture and its bars, at most once a frame ---

function changed() {
  for (const id of ["undo", "clear", "send"]) element(id).disabled = strokes.length === 0;
  if (frame === 0) frame = requestAnimationFrame(show);
}

function show() {
  frame = 0;
  paint();
  if (model === null) return;
  const readings =
    strokes.length === 0
      ? []
      : readParts(context.getImageData(0, 0, CANVAS_SIDE, CANVAS_SIDE), model, cache);
  showReadings(readings);
}

function paint() {
  context.fillStyle = COLOURS.paper;
  context.fillRect(0, 0, CANVAS_SIDE, CANVAS_SIDE);
  Object.assign(context, {
    strokeStyle: COLOURS.ink,
    lineWidth: PEN,
    lineCap: "round",
    lineJoin: "round",
  });
  for (const [first, ...others] of strokes) {
    context.beginPath();
    context.moveTo(...first);
    // a dot: a line without a length is not painted everywhere
    for (const point of others.length > 0 ? others : [[first[0] + 0.01, first[1]]])
      context.lineTo(...point);
    context.stroke();
  }
}

function buildBars() {
  for (let digit = 0; digit < N_CLASSES; digit++) {
    const item = document.createElement("li");
    const track = document.createElement("span");
    track.className = "track";
    track.setAttribute("role", "meter");
    track.setAttribute("aria-label", String(digit));
    track.setAttribute("aria-valuemin", "0");
    track.setAttribute("aria-valuemax", "100");
    const bar = document.createElement("span");
    bar.className = "bar";
    track.append(bar);
    item.append(track, String(digit));
    element("bars").append(item);
  }
}

function showReadings(readings) {
  const last = readings[readings.length - 1];
  const shares = last ? last.probabilities : new Array(N_CLASSES).fill(0);
  const best = last ? shares.indexOf(Math.max(...shares)) : -1;
  [...element("bars").children].forEach((item, digit) => {
    item.classList.toggle("winner", digit === best && last.verdict === "answer");
    item.querySelector(".bar").style.transform = `scaleY(${shares[digit]})`;
    item.querySelector(".track").setAttribute("aria-valuenow", (100 * shares[digit]).toFixed(1));
  });
  let says = last ? last.verdict : "empty";
  if (says === "crowded") says = "unfamiliar";
  if (readings.length > 1) says = "several";
  put("says", worded(WORDS[says], { digit: best }));
}

function put(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function tell(text) {
  put("told", text);
}

// --- what is asked: each phone has all ten digits in an order of its own, again and again ---

function ask() {
  if (saved.deck.length === 0) {
    saved.deck = [...new Array(N_CLASSES).keys()];
    for (let i = N_CLASSES - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [saved.deck[i], saved.deck[j]] = [saved.deck[j], saved.deck[i]];
    }
  }
  const sentence = isFree ? WORDS.ask_free : WORDS.ask;
  put("asked", worded(sentence, { digit: WORDS.named[saved.deck[0]] }));
  put("free", isFree ? WORDS.asked : WORDS.free);
}

function changeFree() {
  if (isOver) return;
  isFree = !isFree;
  ask();
}

// --- to the server and back ---

function send() {
  if (strokes.length === 0 || isOver) return;
  if (saved.waiting.length >= MOST_WAITING) return tell(WORDS.too_many);
  const asked = isFree ? null : saved.deck.shift();
  saved.waiting.push({ id: newId(), asked, strokes });
  store();
  strokes = [];
  pen = null;
  showSending();
  ask();
  changed();
  canvas.focus({ preventScroll: true });
  flush();
}

// crypto.randomUUID is there with HTTPS only.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function post(path, message) {
  const limit = new AbortController();
  const late = setTimeout(() => limit.abort(), LONGEST_ANSWER);
  try {
    const answer = await fetch(`${BASE}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(message),
      signal: limit.signal,
    });
    return { status: answer.status, said: await answer.json() };
  } finally {
    clearTimeout(late);
  }
}

async function join() {
  if (isJoining) return;
  isJoining = true;
  clearTimeout(timer);
  put("room", CODE);
  if (saved.waiting.length > 0) showSending();
  try {
    const { status, said } = await post("join", { token: saved.token });
    isJoining = false;
    if (status !== 200) return refused(status, said, join);
    saved.token = said.token;
    store();
    wait = SHORTEST_WAIT;
    if (isOver) comeIn();
    else if (saved.waiting.length > 0) showSending();
    else tell(""); // why it could not join before
    told(said);
    flush();
  } catch {
    isJoining = false;
    later(join);
  }
}

async function flush() {
  if (isSending || saved.waiting.length === 0 || isOver) return;
  if (saved.token === null) return join();
  isSending = true;
  clearTimeout(timer);
  const first = saved.waiting[0];
  try {
    const { status, said } = await post("drawings", { token: saved.token, ...first });
    isSending = false;
    if (status === 200) sent(first, said);
    else if (status === 401) rejoin();
    else if (status === 422 || status === 413 || said.error === "enough") drop(first, said);
    else return refused(status, said, flush);
    flush();
  } catch {
    isSending = false;
    later(flush);
  }
}

function sent(drawing, said) {
  without(drawing);
  wait = SHORTEST_WAIT;
  store();
  if (saved.waiting.length > 0) showSending();
  else tell(WORDS.sent);
  told(said);
}

function without(drawing) {
  saved.waiting = saved.waiting.filter((other) => other !== drawing);
}

// The server never takes it: there is no use in sending it again.
function drop(drawing, said) {
  without(drawing);
  store();
  tell(said.say);
}

// The room does not know this phone: it was deleted and opened anew under the same code.
function rejoin() {
  saved.token = null;
  store();
}

function refused(status, said, again) {
  tell(said.say);
  if (status === 404 && saved.token !== null) {
    put("figures", ""); // of what was deleted
    element("take_back").hidden = true;
    return over({ say: WORDS.deleted });
  }
  if (status === 404 || status === 410 || said.error === "room_is_full") return over(said);
  if (said.error === "full") over(said);
  later(again, said.say);
}

function over(said) {
  isOver = true;
  put("asked", said.say);
  const n = saved.waiting.length;
  tell(n > 0 ? worded(n === 1 ? WORDS.not_sent[0] : WORDS.not_sent[1], { n }) : "");
  element("free").hidden = true;
  clear();
}

// The room was full, and takes phones again.
function comeIn() {
  isOver = false;
  tell("");
  element("free").hidden = false;
  ask();
}

function later(act, sentence) {
  clearTimeout(timer);
  timer = setTimeout(act, wait * (0.75 + Math.random() / 2));
  wait = Math.min(2 * wait, LONGEST_WAIT);
  if (sentence === undefined && saved.waiting.length > 0) showWaiting();
}

function showWaiting() {
  tell(worded(WORDS.waiting, { n: counted(WORDS.drawings, saved.waiting.length) }));
}

function showSending() {
  tell(worded(WORDS.sending, { n: counted(WORDS.drawings, saved.waiting.length) }));
}

function told(said) {
  element("take_back").hidden = said.mine === 0;
  const right = said.right === null ? "" : `${Math.round(100 * said.right)}%`;
  const values = {
    drawings: counted(WORDS.drawings, said.drawings),
    people: counted(WORDS.people, said.people),
    right,
  };
  const sentence = right ? WORDS.room : WORDS.room_first;
  const told = [
    said.mine > 0 ? worded(WORDS.mine, { n: said.mine }) : "",
    said.drawings > 0 ? worded(sentence, values) : "", // none, while all wait for the speaker
  ];
  put("figures", told.join(" ").trim());
  if (said.state === "paused") tell(WORDS.paused);
  if (said.state === "closed") over({ say: WORDS.closed });
  fetchModel(said.model);
}

function counted([one, many], n) {
  return n === 1 ? one : worded(many, { n });
}

async function takeBack() {
  if (isSending) return tell(WORDS.not_yet);
  if (!confirm(WORDS.surely)) return;
  try {
    const { status, said } = await post("take_back", { token: saved.token });
    if (status !== 200) return tell(said.say);
    saved.waiting = [];
    store();
    told({ ...said, mine: 0 });
    tell(WORDS.taken_back);
  } catch {
    tell(WORDS.not_now);
  }
}

// --- the model: of its two parts, those are fetched that are new ---

async function fetchModel(names) {
  try {
    const parts = await Promise.all(
      Object.entries(names).map(async ([part, name]) => {
        if (modelParts[part]?.name === name) return [part, modelParts[part]];
        const answer = await fetch(`${BASE}model/${name}`);
        if (!answer.ok) throw new Error(answer.status);
        return [part, { name, values: decodeModel(new Uint8Array(await answer.arrayBuffer())) }];
      }),
    );
    if (parts.every(([part, { name }]) => modelParts[part]?.name === name)) return;
    modelParts = Object.fromEntries(parts);
    model = Object.assign({}, ...parts.map(([, { values }]) => values));
    cache = newCache();
    changed();
  } catch {
    // the model from before goes on reading; the next answer names this one again
  }
}
