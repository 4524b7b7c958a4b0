// Undo and Clear. Both are disabled while nothing is drawn, which the bars' answers tell: a stroke
// does not run the Python code of these buttons again. Undo is not where it can bring back what was
// cleared.
//
// Undo acts in the browser where it can, because a stroke that was drawn a moment ago has not
// reached Python yet. The canvas's own toolbar, hidden here, has the button; it knows every stroke
// since the last drawing that Python put there. Those are Python's to take back.

const ICONS = {
  undo: "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
};

const isDrawn = new WeakMap(); // by button

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  if (!isDrawn.has(button)) {
    button.querySelector("path").setAttribute("d", ICONS[data.action]);
    button.querySelector("span").textContent = data.label;
    isDrawn.set(button, data.is_drawn);
  }
  const show = () => {
    button.disabled = !(isDrawn.get(button) || data.has_more);
  };
  show();
  button.onclick = () => {
    const own = data.action === "undo" ? inLibrary(UNDO) : null;
    if (own && !own.disabled) own.click();
    else setTriggerValue("pressed", true);
  };
  const follow = ({ detail }) => {
    isDrawn.set(button, detail.isDrawn);
    show();
  };
  window.addEventListener("inkling-answer", follow);
  return () => window.removeEventListener("inkling-answer", follow);
}
