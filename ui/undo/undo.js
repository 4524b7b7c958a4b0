// Undo acts in the browser where it can, because a stroke that was drawn a moment ago has not
// reached Python yet. The canvas's own toolbar, hidden here, has the button; it knows every stroke
// since the last drawing that Python put there. Those are Python's to take back.

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  button.disabled = data.disabled;
  button.onclick = () => {
    const own = canvasUndo();
    if (own && !own.disabled) own.click();
    else setTriggerValue("pressed", true);
  };
}

function canvasUndo() {
  for (const host of document.querySelectorAll(".st-key-canvas *")) {
    const button = host.shadowRoot?.querySelector('.dc-toolbar button[aria-label="Undo"]');
    if (button) return button;
  }
  return null;
}
