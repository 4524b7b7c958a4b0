// A moment-normalised picture → the directions of its edges, 784 numbers between 0 and 1: step for
// step what Python does in model/preprocessing/directions.py, where the steps are explained. Its
// numbers stand before this file in the module that the browser gets.

const { N_DIRECTIONS, ROWS, COLUMNS, FAINT } = DIRECTIONS;
const DOWN = windows(ROWS, DIRECTIONS.BLUR_DOWN);
const ACROSS = windows(COLUMNS, DIRECTIONS.BLUR_ACROSS);

// Python's order: (direction · ROWS + row) · COLUMNS + column.
export function directions(picture) {
  const features = new Float32Array(N_DIRECTIONS * ROWS * COLUMNS);
  edges(picture).forEach((map, direction) => {
    const sums = sampled(map);
    for (let i = 0; i < sums.length; i++) features[direction * sums.length + i] = rooted(sums[i]);
  });
  return features;
}

// The weights of n windows on the pixels of a side; each window's sum to 1.
function windows(n, blur) {
  return Array.from({ length: n }, (_, i) => {
    const centre = ((i + 0.5) * SIDE) / n - 0.5;
    const weights = Float64Array.from({ length: SIDE }, (_, place) =>
      Math.exp(-0.5 * ((place - centre) / blur) ** 2),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

// Steps 1 and 2: Sobel's gradient, taken apart into the two nearest of eight directions.
function edges(picture) {
  const maps = Array.from({ length: N_DIRECTIONS }, () => new Float32Array(SIDE * SIDE));
  const width = SIDE + 2; // there is no ink outside
  const padded = new Float32Array(width * width);
  for (let y = 0; y < SIDE; y++)
    padded.set(picture.subarray(y * SIDE, (y + 1) * SIDE), (y + 1) * width + 1);
  for (let y = 0, i = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++, i++) {
      const above = y * width + x;
      const here = above + width;
      const below = here + width;
      const falling = padded[below + 2] - padded[above];
      const rising = padded[above + 2] - padded[below];
      const gx = falling + rising + 2 * (padded[here + 2] - padded[here]);
      const gy = falling - rising + 2 * (padded[below + 1] - padded[above + 1]);
      const [sizeX, sizeY] = [Math.abs(gx), Math.abs(gy)];
      if (sizeX > sizeY) maps[gx > 0 ? 0 : 4][i] = sizeX - sizeY;
      else if (sizeY > sizeX) maps[gy > 0 ? 2 : 6][i] = sizeY - sizeX;
      maps[diagonal(gx, gy)][i] = Math.SQRT2 * Math.min(sizeX, sizeY);
    }
  return maps;
}

function diagonal(gx, gy) {
  if (gx > 0) return gy > 0 ? 1 : 7;
  return gy > 0 ? 3 : 5;
}

// Step 3: a map as the windows see it, ROWS × COLUMNS sums.
function sampled(map) {
  const across = new Float32Array(SIDE * COLUMNS);
  for (let y = 0, i = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++, i++) {
      const edge = map[i];
      if (edge === 0) continue; // most of a map
      for (let column = 0; column < COLUMNS; column++)
        across[y * COLUMNS + column] += edge * ACROSS[column][x];
    }
  const sums = new Float32Array(ROWS * COLUMNS);
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++)
      for (let y = 0; y < SIDE; y++)
        sums[row * COLUMNS + column] += DOWN[row][y] * across[y * COLUMNS + column];
  return sums;
}

// Step 4.
function rooted(sum) {
  return Math.min(Math.sqrt(sum + FAINT) - Math.sqrt(FAINT), 1);
}
