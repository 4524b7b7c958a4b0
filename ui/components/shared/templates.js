// Ten templates in a list, 0 to 4 above and 5 to 9 below, each with its digit: pixels, or strokes;
// templates.css is their look. signed.js and strokes.js, SIDE and N_CLASSES stand before this file
// in the module that the browser gets.

export function buildTemplates(list) {
  list.classList.add("templates");
  for (let digit = 0; digit < N_CLASSES; digit++) {
    const item = document.createElement("div");
    item.append(document.createElement("canvas"), `${digit}`);
    list.append(item);
  }
}

// Paint a frame's templates, as ui/components/shared/frames.py sends them: signed bytes, digit after
// digit; 127 is the full strength.
export function paintTemplates(list, kind, encoded) {
  const shares = Float32Array.from(atob(encoded), (c) => ((c.charCodeAt(0) << 24) >> 24) / 127);
  const perDigit = shares.length / N_CLASSES;
  list.dataset.kind = kind;
  list.querySelectorAll("canvas").forEach((canvas, digit) => {
    const own = shares.subarray(digit * perDigit, (digit + 1) * perDigit);
    (kind === "strokes" ? paintStrokes : paintPixels)(canvas, own);
  });
}

function paintPixels(canvas, shares) {
  Object.assign(canvas, { width: SIDE, height: SIDE });
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  shares.forEach((share, i) => {
    putSigned(image.data, i, share);
  });
  context.putImageData(image, 0, 0);
}

// As many pixels as the screen has, or more, where the page is not laid out yet.
function paintStrokes(canvas, shares) {
  const side = Math.round(canvas.clientWidth * window.devicePixelRatio) || 8 * SIDE;
  Object.assign(canvas, { width: side, height: side });
  drawStrokes(canvas.getContext("2d"), shares, 0, 0, side);
}
