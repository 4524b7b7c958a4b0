// Pictures that are pasted on the page or dropped onto the canvas go into the uploader, as if they
// had been chosen there. Where it is not on the page, Python is asked for it first.

const UPLOADER = ".st-key-picture input[type=file]";
const CANVAS = ".st-key-canvas";
const PATIENCE = 10_000; // milliseconds that Python may take to show the uploader

const LISTENERS = { paste: pasted, dragover: dragged, drop: dropped };

let tell = null;
let waiting = null; // an observer, while files are held

export default function ({ parentElement, setTriggerValue }) {
  tell = setTriggerValue;
  return listenWhileShown(parentElement, LISTENERS, () => waiting?.disconnect());
}

function pasted(event) {
  take(event, event.clipboardData);
}

function dropped(event) {
  if (event.target.closest?.(CANVAS)) take(event, event.dataTransfer);
}

// Without this a browser opens a dropped file in the place of the page.
function dragged(event) {
  if (event.target.closest?.(CANVAS) && event.dataTransfer.types.includes("Files"))
    event.preventDefault();
}

function take(event, transfer) {
  const files = [...(transfer?.files ?? [])];
  if (!files.length) return; // a text is for whoever has the cursor
  event.preventDefault();
  event.stopPropagation();
  if (give(files)) return;
  waiting?.disconnect();
  waiting = new MutationObserver(() => {
    if (give(files)) waiting.disconnect();
  });
  waiting.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => waiting.disconnect(), PATIENCE);
  tell("caught", files.length);
}

function give(files) {
  const input = document.querySelector(UPLOADER);
  if (!input) return false;
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
