// A click on a picture that is a button, anywhere on the page, is told to Python.

let tell = null;

export default function ({ parentElement, setTriggerValue }) {
  tell = setTriggerValue;
  return listenWhileShown(parentElement, { click: clicked });
}

function clicked({ target }) {
  const place = target.closest?.("[data-picture]")?.dataset.picture;
  if (place !== undefined) tell("picked", Number(place));
}
