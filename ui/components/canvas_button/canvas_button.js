// Undo and Clear. Both are disabled while nothing is drawn, which the bars' answers tell: a stroke
// does not run the Python code of these buttons again. Undo is not where it can bring back what was
// cleared.
//
// Both act in the browser where they can, because a stroke that was drawn a moment ago has not
// reached Python yet, and one that is drawn a moment later would be lost with what Python clears. The
// canvas's own toolbar, hidden here, has the buttons; it knows every stroke since the last drawing
// that Python put there. Those are Python's to take back, and nobody draws until it has.

const ICONS = {
  undo: "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
};

const PATIENCE = 1000; // milliseconds from a press that was heard to its answer

const TELL_AGAIN = 1500; // milliseconds: Streamlit may lose a press that comes in another run

const MOST_TOLD = 4;

// What Python was told and has not answered yet: {id, by, n, timer, tell}. It may take two presses in
// another order, so that they wait for it.
let told = null;
const waiting = []; // the buttons pressed meanwhile
const views = new WeakMap(); // by button

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  if (!views.has(button)) views.set(button, build(button, data));
  const view = views.get(button);
  view.hasMore = data.has_more;
  view.show();
  button.onclick = () => {
    const own = inLibrary(data.action === "undo" ? UNDO : RESET);
    const acts = own && !own.disabled && data.begins_empty;
    // Python hears of it before it gets the drawing that is left: it keeps the one before.
    if (data.action === "clear" || !acts) {
      if (told) return waiting.push(button);
      const by = acts ? "browser" : "server";
      told = { id: Math.random(), by, n: 0, tell: setTriggerValue };
      tellPython();
    }
    if (acts) own.click();
    else told.locks = document.documentElement.dataset.replacesDrawing = true;
  };
  if (told && data.heard === told.id) heard();
  window.addEventListener("inkling-answer", view.follow); // a second time changes nothing
  window.addEventListener("inkling-stroke", tellNoMore);
  // Streamlit also cleans up after a call that a newer one has overtaken.
  return () => {
    if (button.isConnected) return;
    window.removeEventListener("inkling-answer", view.follow);
    window.removeEventListener("inkling-stroke", tellNoMore);
  };
}

function build(button, data) {
  button.querySelector("path").setAttribute("d", ICONS[data.action]);
  button.querySelector("span").textContent = data.label;
  const view = {
    isDrawn: data.is_drawn,
    show: () => {
      button.disabled = !(view.isDrawn || view.hasMore);
    },
    follow: ({ detail }) => {
      view.isDrawn = detail.isDrawn;
      view.show();
    },
  };
  return view;
}

// What is told again after a stroke would take that stroke.
function tellNoMore() {
  if (told) told.n = MOST_TOLD;
}

function tellPython() {
  if (told.n === MOST_TOLD) return heard();
  told.n += 1;
  told.timer = setTimeout(tellPython, TELL_AGAIN);
  told.tell("pressed", { id: told.id, by: told.by }); // Python takes an id once
}

// The next press is made when both buttons know; each of the two says that this one was heard.
function heard() {
  const press = told;
  clearTimeout(press.timer);
  setTimeout(() => {
    if (told !== press) return;
    told = null;
    waiting.shift()?.click();
    if (press.locks) unlockOnceAnswered();
  });
}

// The drawing that Python puts on the canvas comes with its answer.
function unlockOnceAnswered() {
  const go = () => {
    clearTimeout(timer);
    window.removeEventListener("inkling-answer", go);
    if (!told?.locks) delete document.documentElement.dataset.replacesDrawing;
  };
  const timer = setTimeout(go, PATIENCE);
  window.addEventListener("inkling-answer", go);
}
