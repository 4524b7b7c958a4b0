// A room's drawings, the newest first. words.js, SIDE and WORDS stand before this file.
//
// The server's route tells what has changed since the last question, so a question costs little. What
// the page shows of a drawing is made here, from a number, two digits and 784 bytes; nothing that a
// phone sent is markup.

const EVERY = 1000; // milliseconds
const MOST = 400; // tiles; the oldest goes first
const MOST_WAITING = 24;
const TOLD_AGAIN = 3000; // milliseconds, where the page still does not know
const REFUSED = 6000; // milliseconds for which it is said why something was not done

let state = null; // of the room that is shown: {base, epoch, after, drawings, root}
let timer = 0;
let tell = null;
let isStage = false;
let turn = 0;

export default function ({ data, parentElement, setTriggerValue }) {
  tell = setTriggerValue;
  isStage = data.isStage;
  if (state?.base !== data.base || state.root !== parentElement) {
    state = { base: data.base, epoch: "", after: 0, drawings: new Map(), root: parentElement };
    Object.assign(state, { refusedUntil: 0, known: data.known, toldUntil: 0 });
    clearTimeout(timer);
    ask(state);
  } else {
    state.known = data.known;
    show(state);
  }
  return () => {
    if (state?.root === parentElement && !parentElement.isConnected) {
      clearTimeout(timer);
      state = null;
    }
  };
}

async function ask(room) {
  turn += 1;
  const mine = turn; // a press asks at once, and the question before it asks no further
  let next = EVERY;
  try {
    const answer = await fetch(`${room.base}wall?after=${room.after}&epoch=${room.epoch}`);
    if (answer.status === 404 || answer.status === 403) {
      const news = answer.status === 404 ? "deleted" : "not_yours"; // the page shows another view
      put(room, ".trouble", WORDS[news]);
      tell("news", news);
      next = TOLD_AGAIN;
    } else {
      if (!answer.ok) throw new Error(answer.status);
      take(room, await answer.json());
    }
  } catch {
    put(room, ".trouble", WORDS.lost);
  }
  if (room === state && mine === turn) timer = setTimeout(ask, next, room);
}

function take(room, said) {
  const isAnew = said.epoch !== room.epoch;
  if (isAnew) room.drawings.clear();
  for (const tile of said.tiles) {
    if (tile.place === "gone") room.drawings.delete(tile.n);
    else room.drawings.set(tile.n, tile);
  }
  const hasChanged = isAnew || said.tiles.length > 0;
  room.epoch = said.epoch;
  room.after = said.after;
  const counts = [
    counted(WORDS.drawings, said.drawings),
    counted(WORDS.people, said.people),
    counted(WORDS.joined, said.joined),
  ];
  if (said.drawings === 0) counts.splice(0, 2, WORDS.empty);
  put(room, ".counts", counts.join(" · "));
  if (Date.now() > room.refusedUntil) put(room, ".trouble", trouble(said));
  if (hasChanged) show(room);
  const news = `${said.state} ${said.joins}`; // what the page's buttons do not know yet
  if (news === room.known || Date.now() < room.toldUntil) return;
  room.toldUntil = Date.now() + TOLD_AGAIN; // Streamlit may lose what it is told in another run
  tell("news", news);
}

function refuse(room, text) {
  room.refusedUntil = Date.now() + REFUSED;
  put(room, ".trouble", text);
}

function trouble({ problem, state, joins }) {
  if (problem) return WORDS.not_stored;
  if (state === "closed") return WORDS.closed;
  if (state === "paused") return WORDS.paused;
  return joins ? "" : WORDS.no_joins;
}

function counted([one, many], n) {
  return n === 1 ? one : worded(many, { n: n.toLocaleString("en") });
}

function put({ root }, selector, text) {
  const element = root.querySelector(selector);
  if (element && element.textContent !== text) element.textContent = text;
}

function show(room) {
  const newest = [...room.drawings.values()].sort((a, b) => b.n - a.n);
  fill(
    room.root.querySelector(".tiles"),
    newest.filter(({ place }) => place === "wall").slice(0, MOST),
    onTheWall,
  );
  const hidden = newest.filter(({ place }) => place === "hidden");
  const aside = room.root.querySelector(".hidden");
  aside.hidden = isStage || hidden.length === 0;
  aside.querySelector("summary").textContent = headed(WORDS.hidden, hidden.length);
  fill(aside.querySelector("ul"), isStage ? [] : hidden.slice(0, MOST_WAITING), whatIsHidden);
  const waiting = newest.filter(({ place }) => place === "waits");
  const section = room.root.querySelector(".waiting");
  section.hidden = waiting.length === 0;
  section.querySelector("h3").textContent = headed(WORDS.waits, waiting.length);
  fill(section.querySelector("ul"), isStage ? [] : waiting.slice(0, MOST_WAITING), whatWaits);
}

function headed(words, n) {
  const most = isStage || n <= MOST_WAITING ? "" : worded(WORDS.newest, { n: MOST_WAITING });
  return counted(words, n) + most;
}

// Bring a list to these drawings; what is there and has not changed stays the same element.
function fill(list, drawings, make) {
  const there = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const isFirst = there.size === 0;
  const items = drawings.map((drawing) => {
    const key = `${drawing.n} ${drawing.mark} ${drawing.read}`;
    const known = there.get(key);
    if (known) return known;
    const item = make(drawing);
    item.dataset.key = key;
    const shown = item.matches(".tile") ? item : item.querySelector(".tile");
    if (!isFirst) shown.classList.add("new");
    return item;
  });
  const hasFocus = document.activeElement;
  list.replaceChildren(...items);
  if (list.contains(hasFocus)) hasFocus.focus();
}

function onTheWall(drawing) {
  const item = tile("li", drawing);
  const away = button("✕", `${WORDS.hide}: ${inWords(drawing)}`, () => act("hide", drawing));
  away.className = "away";
  item.append(away);
  return item;
}

function whatWaits(drawing) {
  return withActs(drawing, ["show", "hide", "hide_phone"]);
}

function whatIsHidden(drawing) {
  return withActs(drawing, drawing.with_phone ? ["show", "show_phone"] : ["show"]);
}

function withActs(drawing, names) {
  const item = document.createElement("li");
  const asked = document.createElement("p");
  asked.className = "asked";
  asked.textContent =
    drawing.asked === null ? WORDS.nothing_asked : worded(WORDS.asked, { asked: drawing.asked });
  item.append(tile("div", drawing), asked);
  for (const name of names) item.append(button(WORDS[name], "", () => act(name, drawing)));
  return item;
}

function tile(name, drawing) {
  const item = document.createElement(name);
  item.className = "tile";
  item.dataset.mark = drawing.mark;
  item.dataset.n = drawing.n;
  const look = button("", inWords(drawing), () => tell("picked", drawing.n));
  look.className = "look";
  look.append(picture(drawing.picture));
  const mark = document.createElement("span");
  mark.className = "mark";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = `${WORDS.marks[drawing.mark]}${drawing.mark === "wrong" ? drawing.read : ""}`;
  item.append(look, mark);
  return item;
}

function button(text, label, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) {
    made.setAttribute("aria-label", label);
    made.title = label;
  }
  made.addEventListener("click", press);
  return made;
}

function inWords({ asked, read, mark }) {
  const isFree = asked === null;
  const sentence = isFree && mark === "unsure" ? WORDS.free_unsure : WORDS[mark];
  return worded(sentence, { asked, read });
}

function picture(encoded) {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const image = new ImageData(SIDE, SIDE);
  bytes.forEach((level, i) => {
    image.data.set([level, level, level, 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

async function act(name, drawing) {
  const room = state;
  try {
    const answer = await fetch(`${room.base}act`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ act: name, number: drawing.n }),
    });
    if (!answer.ok) refuse(room, (await answer.json()).say);
    clearTimeout(timer);
    ask(room);
  } catch {
    refuse(room, WORDS.not_done);
  }
}
