// A page whose server has forgotten it: after a restart, or after too long a time without a
// connection, the browser gets a new session, which drops what it asks of fragments that this
// session has never run. So when the connection comes back, a run of the whole page is asked for,
// and the browser says what it shows, before the new session lays out anything.
//
// It says so twice. Streamlit asks for a run of its own, at times, in the moment of connecting: what
// was set as a state while there was no connection is in it. The event comes a moment later.
//
// Each tab remembers its name for as long as it is open. Where a page that is loaded again gets
// another name, the server took the old page for open still, so the browser says which one it was.
//
// The same run is asked for when a stroke gets no answer for PATIENCE while Python does not run:
// once, then at doubled intervals. An answer to an earlier stroke begins the time anew; and where
// answers take long, the server is busy and not deaf, so it is given three times as long. The page
// says then that it waits, and when the server is back.

const APP = '[data-testid="stApp"]'; // Streamlit's element, whose attributes tell …
const CONNECTION = "data-test-connection-state"; // "CONNECTED", or another
const RUN = "data-test-script-state"; // "notRunning", "running", …
const PATIENCE = 5000; // milliseconds
const SHOWN = 4000; // milliseconds that the page says that the server is back
const TAB = "inkling-tab"; // in the tab's own storage
const LEAVING = 2000; // milliseconds from a press on a link until the run that it asks for has begun
const TELLING = 200; // milliseconds until what was told has been sent

const observer = new MutationObserver(connectionChanged);

let host = null;
let known = null; // what Python gave last
let python = null;
let leftAt = -Infinity; // when a link was pressed last
let toldAt = -Infinity; // when Python was told something last that no press asked for
let isNamed = false; // the tab, since the page was loaded
let isConnected = true;
let timer = 0;
let patience = PATIENCE;
let askedAt = 0; // when the last stroke ended
let slowest = 0; // of the answers
let notice = null; // the paragraph that says that the page waits
let away = 0; // when that is taken away

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  host = parentElement;
  known = data.known;
  python = { setStateValue, setTriggerValue };
  nameTab(data.tab);
  observer.observe(document.querySelector(APP), { attributeFilter: [CONNECTION] });
  window.addEventListener("inkling-stroke", stroke);
  window.addEventListener("inkling-answer", answered);
  window.addEventListener("click", leave, { capture: true });
  return () => {
    if (host.isConnected) return;
    observer.disconnect();
    clearTimeout(timer);
    window.removeEventListener("inkling-stroke", stroke);
    window.removeEventListener("inkling-answer", answered);
    window.removeEventListener("click", leave, { capture: true });
    notice?.remove();
  };
}

function nameTab(name) {
  try {
    const before = sessionStorage.getItem(TAB);
    sessionStorage.setItem(TAB, name);
    if (!isNamed && before && before !== name) atRest(() => python.setStateValue("before", before));
    isNamed = true;
  } catch {
    // A browser that stores nothing.
  }
}

// Act once Python does not run: in the run that a page begins with, Streamlit does not know yet which
// view was asked for, and what is said then leads to the first view. In the same way it leads back to
// the present view when a link has just been pressed: that press shall have its run before.
function atRest(act) {
  const app = document.querySelector(APP);
  let later = 0;
  const look = () => {
    clearTimeout(later);
    if (app.getAttribute(RUN) !== "notRunning") return;
    const toWait = leftAt + LEAVING - performance.now();
    if (toWait > 0) {
      later = setTimeout(look, toWait);
      return;
    }
    waiting.disconnect();
    act();
    toldAt = performance.now();
  };
  const waiting = new MutationObserver(look);
  waiting.observe(app, { attributeFilter: [RUN] });
  look();
}

// A link that is pressed a moment after something was told waits until that has been sent.
function leave(event) {
  const link = event.composedPath().find((node) => node.matches?.("a[href]"));
  if (!link) return;
  leftAt = performance.now();
  const toWait = toldAt + TELLING - leftAt;
  if (toWait <= 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  setTimeout(() => link.click(), toWait);
}

function told() {
  return { ...known, has_canvas: Boolean(inLibrary(SEND)) };
}

function connectionChanged() {
  const wasConnected = isConnected;
  isConnected = document.querySelector(APP).getAttribute(CONNECTION) === "CONNECTED";
  if (wasConnected && !isConnected) python.setStateValue("known", told());
  if (wasConnected || !isConnected) return;
  // What is on the canvas and was never sent. What is asked for in one moment becomes one message,
  // and with the canvas's it would be one to its fragment.
  inLibrary(SEND)?.click();
  setTimeout(ask);
}

function ask() {
  toldAt = performance.now();
  python.setTriggerValue("returned", told());
  python.setStateValue("known", null);
}

function stroke() {
  askedAt = performance.now();
  wait(Math.max(PATIENCE, 3 * slowest));
}

// An answer that was held back (see live.js) is about the drawing as it was a stroke ago.
function answered({ defaultPrevented }) {
  clearTimeout(timer);
  if (notice?.isConnected) say(WORDS.back, SHOWN);
  if (timer === 0) return;
  slowest = Math.max(slowest, performance.now() - askedAt);
  timer = 0;
  if (defaultPrevented) wait(Math.max(PATIENCE, 3 * slowest));
}

function wait(time) {
  clearTimeout(timer);
  patience = time;
  timer = setTimeout(() => {
    const isRunning = document.querySelector(APP).getAttribute(RUN) !== "notRunning";
    say(WORDS.waiting);
    if (isConnected && !isRunning) ask();
    wait(isRunning ? patience : 2 * patience);
  }, time);
}

function say(words, time = 0) {
  notice ??= document.createElement("p");
  notice.setAttribute("role", "status");
  notice.textContent = words;
  if (!notice.isConnected) document.body.append(notice);
  clearTimeout(away);
  if (time) away = setTimeout(() => notice.remove(), time);
}
