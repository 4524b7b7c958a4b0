// Keys press the controls that are on the page, by the table that Python sends, and "?" shows the
// table. They are heard before anything else hears them, since Streamlit has keys of its own: R runs
// its page again, C asks to clear a cache.
//
// They are silent while text is typed, while a modifier is held that is not in the table, and where
// the focus is on a control that has its own use for the key: a slider or a choice for an arrow, a
// button for the space bar. (The page itself, which has the focus once it has been clicked, is none.)
// A key of the table whose control is not there, or cannot be pressed, does nothing.

const NAMES = { Space: " ", "→": "ArrowRight", "←": "ArrowLeft", Esc: "Escape" };
const TYPED =
  "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]";
const WITH_SPACE = "a, button, input, select, summary, [tabindex]:not([tabindex='-1'], main)";
const WITH_ARROWS =
  "[role=radio], select, :is(input, [tabindex='0']):not([type=checkbox], main, a, button)";
const SCROLLING = ["PageDown", "PageUp", "ArrowDown", "ArrowUp", "Home", "End", " "];
const OF_CONTROLS = { " ": WITH_SPACE, ArrowRight: WITH_ARROWS, ArrowLeft: WITH_ARROWS };

let dialog = null;
let table = []; // [{key, words, controls, step}]

export default function ({ data, parentElement }) {
  dialog = parentElement.querySelector("dialog");
  table = data.groups.flatMap(({ keys }) => keys);
  if (!parentElement.querySelector("section")) {
    parentElement.querySelector(".groups").append(...data.groups.map(section));
    parentElement.querySelector(".open").addEventListener("click", () => dialog.showModal());
  }
  return listenWhileShown(parentElement, { keydown: pressed });
}

function section({ name, keys }) {
  const section = document.createElement("section");
  const heading = document.createElement("h2");
  heading.textContent = name;
  const list = document.createElement("dl");
  for (const { key, words } of keys.filter(({ is_shown }) => is_shown)) {
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    const shown = document.createElement("kbd");
    shown.textContent = key.length === 1 || key.includes("+") ? key.toUpperCase() : key;
    if (key.includes("+")) shown.textContent = key.replace(/.$/, (letter) => letter.toUpperCase());
    term.append(shown);
    meaning.textContent = words;
    list.append(term, meaning);
  }
  section.append(heading, list);
  return section;
}

function pressed(event) {
  if (!event.isTrusted || event.isComposing || dialog.open) return;
  const focused = event.composedPath()[0];
  if (focused.matches?.(TYPED)) return;
  // A change of view leaves the focus nowhere, and the browser scrolls only where it is.
  if (focused === document.body && SCROLLING.includes(event.key))
    document.querySelector("main")?.focus({ preventScroll: true });
  if (event.key in OF_CONTROLS && focused.matches?.(OF_CONTROLS[event.key])) return;
  const shortcut = table.find(({ key }) => isIt(event, key));
  if (!shortcut) return;
  const control = shortcut.controls.map(find).find(canBePressed);
  if (!control && event.key in OF_CONTROLS) return; // the browser scrolls
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!control || (event.repeat && shortcut.step === 0)) return;
  if (control.type === "range") slide(control, shortcut.step);
  else control.click();
}

// Whether the event is this key, with its modifiers and no others. What a keyboard needs Shift for
// is told by what arrives.
function isIt({ key, ctrlKey, metaKey, altKey, shiftKey }, name) {
  if (altKey) return false;
  if (name.startsWith("Ctrl+"))
    return (ctrlKey || metaKey) && !shiftKey && key.toLowerCase() === name.slice("Ctrl+".length);
  if (ctrlKey || metaKey) return false;
  return (NAMES[name] ?? name) === (shiftKey ? key : key.length === 1 ? key.toLowerCase() : key);
}

// The control in the light tree or in a component's own.
function find([place, selector]) {
  if (!place) return document.querySelector(selector);
  const element = document.querySelector(`.st-key-${place}`);
  if (!element) return null;
  const roots = [
    element,
    ...[...element.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot),
  ];
  return roots.map((root) => root?.querySelector(selector)).find(Boolean);
}

function canBePressed(control) {
  return (
    control &&
    !control.disabled &&
    control.closest("[inert]") === null &&
    control.checkVisibility({ visibilityProperty: true })
  );
}

function slide(slider, step) {
  slider.value = Number(slider.value) + step;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
