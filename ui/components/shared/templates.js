// Ten templates on one canvas, 0 to 4 above and 5 to 9 below: pixels, or strokes. signed.js and
// strokes.js, SIDE and N_CLASSES stand before this file in the module that the browser gets.

const COLUMNS = 5;
const GAP = 2;
const WIDTH = COLUMNS * (SIDE + GAP) - GAP; // of all ten, in pixels of the templates
const HEIGHT = 2 * (SIDE + GAP) - GAP;

// Paint a frame's templates, as ui/components/shared/frames.py sends them.
export function paintTemplates(canvas, kind, encoded) {
  (kind === "strokes" ? paintStrokes : paintPixels)(canvas, signed(encoded));
}

// The templates come as signed bytes, digit after digit; 127 is the full strength.
function signed(encoded) {
  return Float32Array.from(atob(encoded), (c) => ((c.charCodeAt(0) << 24) >> 24) / 127);
}

function paintPixels(canvas, shares) {
  Object.assign(canvas, { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  forEachDigit((digit, x, y) => {
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) putSigned(image.data, i, shares[digit * SIDE * SIDE + i]);
    context.putImageData(image, x, y);
  });
}

// As many pixels as the screen has, or more, where the page is not laid out yet.
function paintStrokes(canvas, shares) {
  const width = Math.round(canvas.clientWidth * window.devicePixelRatio) || 8 * WIDTH;
  Object.assign(canvas, { width, height: Math.round((width * HEIGHT) / WIDTH) });
  const context = canvas.getContext("2d");
  const scale = width / WIDTH;
  const perDigit = shares.length / N_CLASSES;
  forEachDigit((digit, x, y) => {
    const own = shares.subarray(digit * perDigit, (digit + 1) * perDigit);
    drawStrokes(context, own, scale * x, scale * y, scale * SIDE);
  });
}

// With the place of each digit's corner.
function forEachDigit(visit) {
  for (let digit = 0; digit < N_CLASSES; digit++) {
    const [row, column] = [Math.floor(digit / COLUMNS), digit % COLUMNS];
    visit(digit, column * (SIDE + GAP), row * (SIDE + GAP));
  }
}
