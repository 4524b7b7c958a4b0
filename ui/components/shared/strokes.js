// A template of strokes: orange for, blue against, the stronger the broader; strokes_picture of
// ui/elements/pixels.py draws the same. STROKES, AGAINST, NEUTRAL and FOR stand before this file in
// the module that the browser gets.
//
// Draw shares from −1 to 1, by orientation, row and column, into a square of the canvas.
export function drawStrokes(context, shares, left, top, side) {
  const scale = side / SIDE;
  context.fillStyle = mixed(0);
  context.fillRect(left, top, side, side);
  context.save();
  context.beginPath();
  context.rect(left, top, side, side);
  context.clip();
  const [columns, rows] = STROKES.APART.map((step) => SIDE / step);
  const weakestFirst = [...shares.keys()].sort((a, b) => Math.abs(shares[a]) - Math.abs(shares[b]));
  for (const i of weakestFirst) {
    if (shares[i] === 0) continue;
    const [alongX, alongY] = STROKES.ALONG[Math.floor(i / (rows * columns))].map(
      (unit) => (unit * scale * STROKES.LENGTH) / 2,
    );
    const x = left + scale * (STROKES.FIRST[0] + STROKES.APART[0] * (i % columns));
    const y =
      top + scale * (STROKES.FIRST[1] + STROKES.APART[1] * (Math.floor(i / columns) % rows));
    context.strokeStyle = mixed(shares[i]);
    context.lineWidth = scale * STROKES.BREADTH * Math.abs(shares[i]);
    context.beginPath();
    context.moveTo(x - alongX, y - alongY);
    context.lineTo(x + alongX, y + alongY);
    context.stroke();
  }
  context.restore();
}

function mixed(share) {
  const end = share < 0 ? AGAINST : FOR;
  const channels = NEUTRAL.map((from, i) => Math.round(from + Math.abs(share) * (end[i] - from)));
  return `rgb(${channels.join(" ")})`;
}
