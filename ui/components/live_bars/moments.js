// Moment normalisation, 28 × 28 → 28 × 28: step for step what Python does in
// model/preprocessing/moments.py, where the steps are explained. Its numbers stand before this file in
// the module that the browser gets.

const CENTRE = (SIDE - 1) / 2;
const WINDOWS = Array.from({ length: SIDE }, (_, row) =>
  Float32Array.from(
    { length: SIDE },
    (_, other) => Math.exp(-0.5 * ((row - other) / WINDOW) ** 2) + WINDOW_FLOOR,
  ),
);

export function moments(picture) {
  const rows = evenRows(linear(picture));
  const normalised = transposed(evenRows(transposed(rows)));
  return normalised.map((value) => clip(value, 0, 1));
}

// Step 1: shear, scale and shift.
function linear(ink) {
  const { meanX, meanY, mu20, mu11, mu02 } = centralMoments(ink);
  const varianceY = Math.max(mu02, THINNEST);
  const shear = clip(mu11 / varianceY, -STEEPEST_SHEAR, STEEPEST_SHEAR);
  const varianceX = Math.max(mu20 - 2 * shear * mu11 + shear ** 2 * mu02, THINNEST);
  const [sigmaX, sigmaY] = [Math.sqrt(varianceX), Math.sqrt(varianceY)];
  const longer = Math.max(sigmaX, sigmaY);
  const scaleX = sigmaX / (SPREAD * kept(sigmaX / longer));
  const scaleY = sigmaY / (SPREAD * kept(sigmaY / longer));
  const down = (y) => (y - CENTRE) * scaleY;
  const rows = readRows(ink, (y) => meanY + down(y));
  return readColumns(rows, (y, x) => meanX + shear * down(y) + (x - CENTRE) * scaleX);
}

function kept(narrowness) {
  return Math.min(narrowness ** ASPECT_EXPONENT, MOST_WIDENING * narrowness);
}

function centralMoments(ink) {
  let [mass, sumX, sumY] = [0, 0, 0];
  forEachPixel((i, x, y) => {
    mass += ink[i];
    sumX += ink[i] * x;
    sumY += ink[i] * y;
  });
  if (mass === 0) mass = 1;
  const [meanX, meanY] = [sumX / mass, sumY / mass];
  let [mu20, mu11, mu02] = [0, 0, 0];
  forEachPixel((i, x, y) => {
    mu20 += (ink[i] * (x - meanX) ** 2) / mass;
    mu11 += (ink[i] * (x - meanX) * (y - meanY)) / mass;
    mu02 += (ink[i] * (y - meanY) ** 2) / mass;
  });
  return { meanX, meanY, mu20, mu11, mu02 };
}

// Step 2 along x: even out every row's place and its spread on either side.
function evenRows(ink) {
  const total = spread(ink.reduce(addUp, [0, 0, 0]));
  const rows = WINDOWS.map((window) => {
    const seen = new Float32Array(SIDE); // what the row sees of each column
    for (let y = 0, i = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++, i++) seen[x] += window[y] * ink[i];
    const { mass, mean, variance } = spread(seen.reduce(addUp, [0, 0, 0]));
    let left = 0;
    seen.forEach((value, x) => {
      left += value * Math.min(x - CENTRE - mean, 0) ** 2;
    });
    left /= mass;
    const stretch = (side) => Math.sqrt((2 * side + THINNEST) / (total.variance + THINNEST));
    return { mean, left: stretch(left), right: stretch(Math.max(variance - left, 0)) };
  });
  return readColumns(ink, (y, x) => {
    const { mean, left, right } = rows[y];
    return mean + CENTRE + (x - CENTRE) * (x < SIDE / 2 ? left : right);
  });
}

// Add a pixel to Σ ink, Σ ink·u, Σ ink·u², with u from the middle of its row.
function addUp(sums, value, i) {
  const u = (i % SIDE) - CENTRE;
  sums[0] += value;
  sums[1] += value * u;
  sums[2] += value * u * u;
  return sums;
}

function spread([sum, sumU, sumUU]) {
  const mass = sum > 0 ? sum : 1;
  const mean = sumU / mass;
  return { mass, mean, variance: Math.max(sumUU / mass - mean ** 2, 0) };
}

// Read whole rows at fractional places, linearly; there is no ink outside.
function readRows(ink, rowAt) {
  const result = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    const place = rowAt(y);
    const whole = Math.floor(place);
    for (let x = 0; x < SIDE; x++) {
      const here = pixel(ink, whole, x);
      const there = pixel(ink, whole + 1, x);
      result[y * SIDE + x] = here + (there - here) * (place - whole);
    }
  }
  return result;
}

// Read each row at its own fractional columns, linearly; there is no ink outside.
function readColumns(ink, columnAt) {
  const result = new Float32Array(SIDE * SIDE);
  forEachPixel((i, x, y) => {
    const place = columnAt(y, x);
    const whole = Math.floor(place);
    const here = pixel(ink, y, whole);
    const there = pixel(ink, y, whole + 1);
    result[i] = here + (there - here) * (place - whole);
  });
  return result;
}

function pixel(ink, y, x) {
  return x >= 0 && x < SIDE && y >= 0 && y < SIDE ? ink[y * SIDE + x] : 0;
}

function transposed(picture) {
  const result = new Float32Array(SIDE * SIDE);
  forEachPixel((i, x, y) => {
    result[x * SIDE + y] = picture[i];
  });
  return result;
}

function forEachPixel(visit) {
  for (let y = 0, i = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++, i++) visit(i, x, y);
}

export function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
