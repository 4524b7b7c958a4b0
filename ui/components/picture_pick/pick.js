// A click on a picture that is a button, anywhere on the page, is told to Python.

let host = null;
let tell = null;

export default function ({ parentElement, setTriggerValue }) {
  host = parentElement;
  tell = setTriggerValue;
  window.addEventListener("click", clicked); // a second time changes nothing
  return () => {
    if (!host.isConnected) window.removeEventListener("click", clicked);
  };
}

function clicked({ target }) {
  const place = target.closest?.("[data-picture]")?.dataset.picture;
  if (place !== undefined) tell("picked", Number(place));
}
