// A stroke that begins on the picture is drawn on an empty sheet in the picture's place, and told to
// Python when it ends. The sheet stays until Python has put the canvas there.

const PICTURE = ".st-key-upload .brought";

let given = null; // {side, pen_width, most_points, ink, paper}
let tell = null;
let sheet = null; // {id, place, context, points}: the stroke under way, and what it is drawn on

const LISTENERS = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };

export default function ({ data, parentElement, setTriggerValue }) {
  given = data;
  tell = setTriggerValue;
  return listenWhileShown(parentElement, LISTENERS, () => {
    sheet?.context.canvas.remove();
    sheet = null;
  });
}

function down(event) {
  const picture = event.target.closest?.(PICTURE);
  if (!picture || event.button !== 0 || sheet) return;
  event.preventDefault();
  const place = picture.querySelector("img").getBoundingClientRect();
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
  sheet = { id: event.pointerId, place: { left, top: place.top, side }, context, points: [] };
  draw(event);
}

function move(event) {
  if (sheet?.id === event.pointerId) draw(event);
}

function draw({ clientX, clientY }) {
  const { place, context, points } = sheet;
  if (points.length === given.most_points) return; // Python would refuse it, and nothing would be left
  const scale = given.side / place.side;
  points.push([(clientX - place.left) * scale, (clientY - place.top) * scale]);
  context.beginPath();
  for (const [x, y] of [...points.slice(-2), points.at(-1)]) context.lineTo(x, y);
  context.stroke();
}

function up(event) {
  if (sheet?.id !== event.pointerId) return;
  draw(event);
  sheet.id = null;
  tell("drawn", sheet.points);
}
