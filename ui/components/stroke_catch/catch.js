// Strokes that begin on the picture are drawn on an empty sheet in the picture's place, and told to
// Python when no other begins for a while. The sheet stays until Python has put the canvas there; where
// it does not, the picture comes back.

const BETWEEN_STROKES = 700; // milliseconds until a digit counts as drawn
const PATIENCE = 10_000; // milliseconds until the picture comes back
const PICTURE = ".st-key-upload .brought";

let given = null; // {side, pen_width, most_points, ink, paper}
let tell = null;
let sheet = null; // what is drawn on: {id, place, context, strokes, n}; id: of the contact that draws
let timer = 0;

const LISTENERS = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };

export default function ({ data, parentElement, setTriggerValue }) {
  given = data;
  tell = setTriggerValue;
  return listenWhileShown(parentElement, LISTENERS, takeAway);
}

function takeAway() {
  clearTimeout(timer);
  sheet?.context.canvas.remove();
  sheet = null;
}

function down(event) {
  const isOn = event.target === sheet?.context.canvas;
  const picture = event.target.closest?.(PICTURE);
  if (!(isOn || picture) || event.button !== 0 || sheet?.id || sheet?.isTold) return;
  event.preventDefault();
  clearTimeout(timer);
  sheet ??= newSheet(picture.querySelector("img").getBoundingClientRect());
  sheet.id = event.pointerId;
  sheet.strokes.push([]);
  draw(event);
}

function newSheet(place) {
  const side = Math.min(place.width, place.height);
  const left = place.left + (place.width - side) / 2;
  const canvas = Object.assign(document.createElement("canvas"), { className: "sheet" });
  canvas.width = canvas.height = given.side;
  Object.assign(canvas.style, {
    ...{ position: "fixed", zIndex: 9, borderRadius: "0.5rem", touchAction: "none" },
    ...{ left: `${left}px`, top: `${place.top}px`, width: `${side}px`, height: `${side}px` },
  });
  document.body.append(canvas);
  const context = canvas.getContext("2d");
  context.fillStyle = given.paper;
  context.fillRect(0, 0, given.side, given.side);
  Object.assign(context, { strokeStyle: given.ink, lineWidth: given.pen_width });
  Object.assign(context, { lineCap: "round", lineJoin: "round" });
  return { place: { left, top: place.top, side }, context, strokes: [], n: 0 };
}

function move(event) {
  if (sheet?.id === event.pointerId) draw(event);
}

function draw({ clientX, clientY }) {
  const { place, context, strokes } = sheet;
  if (sheet.n === given.most_points) return; // Python would refuse it, and nothing would be left
  sheet.n += 1;
  const scale = given.side / place.side;
  const points = strokes.at(-1);
  points.push([(clientX - place.left) * scale, (clientY - place.top) * scale]);
  context.beginPath();
  for (const [x, y] of [...points.slice(-2), points.at(-1)]) context.lineTo(x, y);
  context.stroke();
}

function up(event) {
  if (sheet?.id !== event.pointerId) return;
  draw(event);
  sheet.id = null;
  timer = setTimeout(() => {
    sheet.isTold = true;
    tell(
      "drawn",
      sheet.strokes.filter(({ length }) => length > 0),
    );
    timer = setTimeout(takeAway, PATIENCE);
  }, BETWEEN_STROKES);
}
