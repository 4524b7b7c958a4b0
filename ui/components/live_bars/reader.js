// A drawing → the model's answers, in the browser: step for step what Python does in
// model/preprocessing/centring.py and in softmax.py, reject.py and prediction.py of model/classifier,
// where the steps are explained. segmentation.js, moments.js, directions.js and Python's numbers stand
// before this file in the module that the browser gets.
// Pictures are flat Float32Arrays, row by row. Python's answer is the truth: this one is for the time
// until it comes, and tests/browser/test_live_bars.py holds the two together.

const ARRAYS = { F32: Float32Array, I16: Int16Array, U8: Uint8Array }; // by safetensors' names

// The model as Python sends it, the bytes of a safetensors file → its values and typed arrays: input,
// distance_weight, min_familiarity, min_probability, unseen (digits that were not learned; none without
// a rejector), unseen_margin, weights (784, 10), bias (10,), prototypes (10, k, 784), and where there is
// a rejector rejector_weights (784, 10) and rejector_bias (10,). An array NAME with a value NAME_scale
// is to be multiplied by it.
export function decodeModel(message) {
  const { buffer } = message.slice(); // begins at 0, as arrays of floats need it
  const start = 8 + new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const { __metadata__: metadata, ...arrays } = header;
  const model = JSON.parse(metadata.values);
  for (const [name, { dtype, data_offsets: ends }] of Object.entries(arrays)) {
    const kind = ARRAYS[dtype];
    const length = (ends[1] - ends[0]) / kind.BYTES_PER_ELEMENT;
    const array = new kind(buffer, start + ends[0], length);
    const scale = model[`${name}_scale`];
    model[name] = scale === undefined ? array : Float32Array.from(array, (value) => value * scale);
  }
  return model;
}

// An ImageData → the digits on it, left to right, each {verdict, probabilities, picture}; the picture,
// what the model sees, has 784 bytes, as Python sends it. None where there is no ink; a drawing with
// too many parts is read whole, and its verdict is "crowded".
//
// `cache` keeps what the last call cut out and read, so that a digit that has not changed since is not
// read again. It goes with one model.
export function readParts(image, model, cache = newCache()) {
  const found = parts(image);
  if (found === null) return [{ ...readDigit(image, model), verdict: "crowded" }];
  const before = cache.digits;
  cache.digits = [];
  const readings = found.map((part) => {
    const digit = fromCache(cutOutOf(image, part, cache), before, cache);
    if (digit.reading === null) digit.reading = readDigit(digit, model);
    cache.digits.push(digit);
    return digit.reading;
  });
  cache.spare.push(...before.map(({ pixels }) => pixels));
  return readings;
}

export function newCache() {
  return { digits: [], spare: [] };
}

// A part of the drawing as a drawing of its own, in an array that was used before if there is one.
function cutOutOf(image, part, cache) {
  const { width, height } = part.box;
  let pixels = cache.spare.pop();
  if (!(pixels?.length >= width * height)) pixels = new Uint32Array(image.width * image.height);
  cutOut(image, part, pixels);
  return { pixels, data: new Uint8ClampedArray(pixels.buffer), width, height, reading: null };
}

// The same digit from before, which then is there no longer, or else the new one.
function fromCache(digit, before, cache) {
  const i = before.findIndex((other) => isSame(digit, other));
  if (i < 0) return digit;
  cache.spare.push(digit.pixels);
  return before.splice(i, 1)[0];
}

// Whether every pixel is the same; where a digit is on the drawing does not matter.
function isSame(one, other) {
  if (one.width !== other.width || one.height !== other.height) return false;
  for (let i = 0; i < one.width * one.height; i++)
    if (one.pixels[i] !== other.pixels[i]) return false;
  return true;
}

function readDigit(image, model) {
  const digit = centred(image);
  const picture = model.input === "pixels" ? digit : moments(digit);
  const features = model.input === "directions" ? directions(picture) : picture;
  const probabilities = softmax(logits(features, model));
  return {
    verdict: verdict(features, probabilities, model),
    probabilities,
    picture: levels(picture),
  };
}

function levels(picture) {
  const result = new Uint8Array(picture.length);
  for (let i = 0; i < picture.length; i++) result[i] = Math.round(255 * picture[i]);
  return result;
}

// A drawing with ink on it → MNIST's form (28 × 28).
function centred(image) {
  const digit = fitted(image, boundingBox(image));
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
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

// Scale the crop so that its longer side has 20 pixels and the shorter at least one. As in Pillow,
// columns first, then rows. There is no array of the drawing's ink: a new one at every frame would
// keep the browser's collector busy.
function fitted(image, crop) {
  const scale = BOX / Math.max(crop.width, crop.height);
  const width = Math.max(1, roundHalfToEven(crop.width * scale));
  const height = Math.max(1, roundHalfToEven(crop.height * scale));
  const narrow = new Float32Array(crop.height * width);
  const columns = triangles(crop.width, width);
  for (let y = 0; y < crop.height; y++)
    for (let x = 0; x < width; x++) {
      const { start, weights } = columns[x];
      const first = 4 * ((crop.top + y) * image.width + crop.left + start);
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * inkAt(image.data, first + 4 * k);
      narrow[y * width + x] = sum;
    }
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
      const weight = Math.max(0, 1 - Math.abs(k - centre + 0.5) / support);
      weights.push(weight);
      total += weight;
    }
    return { start, weights: weights.map((weight) => weight / total) };
  });
}

function place(profile) {
  const total = profile.reduce((sum, value) => sum + value, 0);
  const middle = total ? profile.reduce((sum, value, i) => sum + value * i, 0) / total : 0;
  return clip(roundHalfToEven(MIDDLE - middle), 0, SIDE - profile.length);
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

function verdict(features, probabilities, model) {
  const largest = Math.max(...probabilities);
  const digit = probabilities.indexOf(largest);
  if (familiarity(features, digit, model) < model.min_familiarity) return "unfamiliar";
  if (mayBeUnseen(features, digit, model)) return "unfamiliar";
  return largest >= model.min_probability ? "answer" : "unsure";
}

// The rejector's score for the digit, without a rejector 0, less the weighted distance.
function familiarity(features, digit, model) {
  const score = rejectorScore(features, digit, model);
  return score - model.distance_weight * distance(features, digit, model.prototypes);
}

// Whether the rejector scores a digit that was not learned nearly as high as the answer.
function mayBeUnseen(features, digit, model) {
  if (model.unseen.length === 0) return false;
  const own = rejectorScore(features, digit, model);
  const others = model.unseen.map((other) => rejectorScore(features, other, model));
  return Math.max(...others) > own - model.unseen_margin;
}

function rejectorScore(features, digit, model) {
  let score = model.rejector_bias?.[digit] ?? 0;
  if (model.rejector_weights)
    for (let i = 0; i < features.length; i++)
      score += features[i] * model.rejector_weights[i * N_CLASSES + digit];
  return score;
}

// To the nearest prototype of the digit.
function distance(features, digit, prototypes) {
  const perDigit = prototypes.length / N_CLASSES;
  let least = Infinity;
  for (let start = digit * perDigit; start < (digit + 1) * perDigit; start += features.length) {
    let sum = 0;
    for (let i = 0; i < features.length && sum < least; i++)
      sum += (features[i] - prototypes[start + i] / 255) ** 2;
    least = Math.min(least, sum);
  }
  return Math.sqrt(least);
}

function roundHalfToEven(value) {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
