// What is inside the drawing canvas's library: an element by its selector, null where there is none.
// Its toolbar, which the page does not show, is for the program.

export const TOOLBAR = ".dc-toolbar";
export const UNDO = `${TOOLBAR} button[aria-label="Undo"]`;
export const RESET = `${TOOLBAR} button[aria-label="Reset canvas & history"]`;
export const SEND = `${TOOLBAR} button[aria-label="Update the app with this drawing"]`;

export function inLibrary(selector) {
  for (const { shadowRoot } of document.querySelectorAll(".st-key-canvas *")) {
    const found = shadowRoot?.querySelector(selector);
    if (found) return found;
  }
  return null;
}
