// A drawing → the model's answer, in the browser: step for step what Python does in centring.py and
// moments.py of model/preprocessing, and in softmax.py and reject.py of model/classifier, where the
// steps are explained. Their constants stand before this file in the module that the browser gets.
// Pure functions; pictures are flat Float32Arrays, row by row. Python's answer is the truth: this one
// is for the time until it comes, and tests/browser/test_live_bars.py holds the two together.

const CENTRE = (SIDE - 1) / 2;
const WINDOWS = Array.from({ length: SIDE }, (_, row) =>
  Float32Array.from(
    { length: SIDE },
    (_, other) => Math.exp(-0.5 * ((row - other) / WINDOW) ** 2) + WINDOW_FLOOR,
  ),
);

// The model as Python sends it, numbers in base64 → typed arrays.
export function decodeModel({ weights, bias, prototypes, ...rest }) {
  return {
    ...rest, // input, max_distance, min_probability
    weights: new Float32Array(bytes(weights).buffer), // (784, 10)
    bias: new Float32Array(bytes(bias).buffer), // (10,)
    prototypes: bytes(prototypes), // (10, k, 784)
  };
}

export function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

// An ImageData → {verdict, probabilities, picture}; the picture has 784 bytes, as Python sends it.
export function read(image, model) {
  const digit = centred(image);
  if (digit === null) return { verdict: "empty", probabilities: null, picture: null };
  const features = model.input === "moments" ? moments(digit) : digit;
  const probabilities = softmax(logits(features, model));
  return {
    verdict: verdict(features, probabilities, model),
    probabilities,
    picture: Uint8Array.from(features, (value) => Math.round(255 * value)),
  };
}

// MNIST's form (28 × 28), or null where there is no ink.
function centred(image) {
  const crop = boundingBox(image);
  if (crop === null) return null;
  const digit = fitted(image, crop);
  const byRow = new Float64Array(digit.height);
  const byColumn = new Float64Array(digit.width);
  digit.ink.forEach((value, i) => {
    byRow[Math.floor(i / digit.width)] += value;
    byColumn[i % digit.width] += value;
  });
  const down = place(byRow);
  const across = place(byColumn);
  const picture = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < digit.height; y++) {
    const row = digit.ink.subarray(y * digit.width, (y + 1) * digit.width);
    picture.set(row, (down + y) * SIDE + across);
  }
  return picture;
}

function boundingBox({ data, width, height }) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (inkAt(data, i) <= FAINTEST_INK) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function inkAt(rgba, i) {
  if (rgba[i] + rgba[i + 1] + rgba[i + 2] === 0) return 0; // most of a drawing
  const luma = 0.299 * rgba[i] + 0.587 * rgba[i + 1] + 0.114 * rgba[i + 2];
  return Math.min((luma * rgba[i + 3]) / 255 ** 2, 1);
}

// Scale the crop so that its longer side has 20 pixels and the shorter at least one. As in Pillow,
// columns first, then rows. There is no array of the drawing's ink: a new one at every frame would
// keep the browser's collector busy.
function fitted(image, crop) {
  const scale = BOX / Math.max(crop.width, crop.height);
  const width = Math.max(1, roundHalfToEven(crop.width * scale));
  const height = Math.max(1, roundHalfToEven(crop.height * scale));
  const narrow = new Float32Array(crop.height * width);
  triangles(crop.width, width).forEach(({ start, weights }, x) => {
    for (let y = 0; y < crop.height; y++) {
      const first = 4 * ((crop.top + y) * image.width + crop.left + start);
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * inkAt(image.data, first + 4 * k);
      narrow[y * width + x] = sum;
    }
  });
  const scaled = new Float32Array(height * width);
  triangles(crop.height, height).forEach(({ start, weights }, y) => {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * narrow[(start + k) * width + x];
      scaled[y * width + x] = clip(sum, 0, 1);
    }
  });
  return { ink: scaled, width, height };
}

// Pillow's BILINEAR along one axis: a triangle per new pixel, as wide as the pixel is in the old
// picture, cut at the edges and normalised.
function triangles(from, to) {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = [];
    let total = 0;
    for (let k = start; k < end; k++) {
      weights.push(Math.max(0, 1 - Math.abs(k - centre + 0.5) / support));
      total += weights.at(-1);
    }
    return { start, weights: weights.map((weight) => weight / total) };
  });
}

function place(profile) {
  const total = profile.reduce((sum, value) => sum + value, 0);
  const middle = total ? profile.reduce((sum, value, i) => sum + value * i, 0) / total : 0;
  return clip(roundHalfToEven(MIDDLE - middle), 0, SIDE - profile.length);
}

function moments(picture) {
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
  const scaleX = sigmaX / (SPREAD * (sigmaX / longer) ** ASPECT_EXPONENT);
  const scaleY = sigmaY / (SPREAD * (sigmaY / longer) ** ASPECT_EXPONENT);
  const down = (y) => (y - CENTRE) * scaleY;
  const rows = readRows(ink, (y) => meanY + down(y));
  return readColumns(rows, (y, x) => meanX + shear * down(y) + (x - CENTRE) * scaleX);
}

function centralMoments(ink) {
  let [mass, sumX, sumY] = [0, 0, 0];
  forEachPixel((i, x, y) => {
    mass += ink[i];
    sumX += ink[i] * x;
    sumY += ink[i] * y;
  });
  mass ||= 1;
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
    forEachPixel((i, x, y) => {
      seen[x] += window[y] * ink[i];
    });
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

function logits(features, { weights, bias }) {
  const scores = Array.from(bias);
  features.forEach((value, i) => {
    if (value === 0) return;
    for (let j = 0; j < N_CLASSES; j++) scores[j] += value * weights[i * N_CLASSES + j];
  });
  return scores;
}

function softmax(scores) {
  const largest = Math.max(...scores);
  const shifted = scores.map((score) => Math.exp(score - largest));
  const total = shifted.reduce((sum, value) => sum + value, 0);
  return shifted.map((value) => value / total);
}

function verdict(features, probabilities, { prototypes, max_distance, min_probability }) {
  const largest = Math.max(...probabilities);
  const digit = probabilities.indexOf(largest);
  if (distance(features, digit, prototypes) > max_distance) return "unfamiliar";
  return largest >= min_probability ? "answer" : "unsure";
}

// To the nearest typical picture of the digit.
function distance(features, digit, prototypes) {
  const perDigit = prototypes.length / N_CLASSES;
  let least = Infinity;
  for (let start = digit * perDigit; start < (digit + 1) * perDigit; start += SIDE * SIDE) {
    let sum = 0;
    for (let i = 0; i < SIDE * SIDE; i++) sum += (features[i] - prototypes[start + i] / 255) ** 2;
    least = Math.min(least, sum);
  }
  return Math.sqrt(least);
}

function roundHalfToEven(value) {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
