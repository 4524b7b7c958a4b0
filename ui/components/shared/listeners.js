// Listeners of the window, which hear before all others, for as long as a component is on the page.
// Streamlit also cleans up after a call that a newer one has overtaken: the newest element counts.

const HEARS_FIRST = { capture: true, passive: false };

let shownIn = null; // the component's element

export function listenWhileShown(element, listeners, last) {
  shownIn = element;
  for (const [name, listener] of Object.entries(listeners))
    window.addEventListener(name, listener, HEARS_FIRST); // a second time changes nothing
  return () => {
    if (shownIn.isConnected) return;
    for (const [name, listener] of Object.entries(listeners))
      window.removeEventListener(name, listener, HEARS_FIRST);
    last?.();
  };
}
