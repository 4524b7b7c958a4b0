// Which ink on a drawing is a digit, and which is none: step for step what Python does in
// model/preprocessing/segmentation.py, where the rules are explained. Its numbers stand before this
// file in the module that the browser gets. A drawing is an ImageData, or alike.

const { MOST_PARTS, MOST_PIECES, MOST_CELLS } = SEGMENTATION;
const { PIECE_OF_STROKE, SOLID, IN_A_ROW } = SEGMENTATION;
const { BROKEN, NEARLY_TOUCHING, DOT_TOUCHING, TALL, BESIDE, DOT } = SEGMENTATION;
const { OVER, LOW, AWAY } = SEGMENTATION;
const { SMALL, BALL, ROUND, ROUND_SIDE } = SEGMENTATION;

// The digits on a drawing, left to right, or null where there are too many to be a number. Each is
// {grid, members, box}: `members` are the labels of its cells, null where all the ink belongs to it,
// and `box` is the part of the drawing that its cells take, in pixels.
export function parts(image) {
  const grid = cellsOf(image);
  const pieces = piecesOf(grid);
  if (pieces === null) return null;
  if (pieces.length === 0) return [];
  const kept = pieces.length === 1 ? pieces : withoutStrays(joined(pieces));
  if (kept.length > MOST_PARTS) return null;
  const isWhole = kept.length === 1 && kept[0].members.length === pieces.length;
  kept.sort((a, b) => a.left + a.right - b.left - b.right || a.top - b.top);
  return kept.map((piece) => ({
    grid,
    members: isWhole ? null : piece.members,
    box: boxOf(piece, grid.step, image),
  }));
}

// Copy a part's own pixels into an array that has room for them.
export function cutOut({ data, width }, { grid, members, box }, into) {
  const from = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  const isMine = new Uint8Array(MOST_PIECES + 2);
  members?.forEach((label) => {
    isMine[label] = 1;
  });
  for (let y = 0; y < box.height; y++) {
    const start = (box.top + y) * width + box.left;
    const to = y * box.width;
    into.set(from.subarray(start, start + box.width), to);
    if (members === null) continue;
    let cell = Math.floor((box.top + y) / grid.step) * grid.columns + box.left / grid.step;
    for (let x = 0; x < box.width; cell++) {
      const end = Math.min(x + grid.step, box.width); // of the cell; the box begins where one does
      for (; x < end; x++) if (!isMine[grid.labels[cell]]) into[to + x] = 0;
    }
  }
}

// How inked the pixel is whose four bytes begin at i, from 0 to 1.
export function inkAt(rgba, i) {
  if (rgba[i] + rgba[i + 1] + rgba[i + 2] === 0) return 0;
  const luma = 0.299 * rgba[i] + 0.587 * rgba[i + 1] + 0.114 * rgba[i + 2];
  return Math.min((luma * rgba[i + 3]) / 255 ** 2, 1);
}

function cellsOf({ data, width, height }) {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / MOST_CELLS));
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const labels = new Uint16Array(columns * rows); // 0 empty, 1 inked, later 2 and up: its piece
  const pixels = new Int32Array(data.buffer, data.byteOffset, width * height); // 0xAABBGGRR
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(y / step) * columns;
    for (let x = 0; x < width; x++, i++) {
      if ((pixels[i] & 0xffffff) === 0) continue; // most of a drawing
      const cell = row + Math.floor(x / step);
      if (labels[cell] === 0 && inkAt(data, 4 * i) > FAINTEST_INK) labels[cell] = 1;
    }
  }
  return { labels, columns, rows, step };
}

// Connected components, corners included; their cells are relabelled in the grid.
function piecesOf(grid) {
  const { labels } = grid;
  const cells = new Uint16Array(labels.length); // piece after piece, as they are visited
  const pieces = [];
  for (let start = 0, first = 0; start < labels.length; start++) {
    if (labels[start] !== 1) continue;
    if (pieces.length === MOST_PIECES) return null;
    const label = pieces.length + 2;
    const end = flooded(grid, start, label, cells, first);
    pieces.push({ label, cells: cells.subarray(first, end) });
    first = end;
  }
  return pieces.map((piece) => pieceOf(piece, grid));
}

// Label what hangs together with a cell; cells[first…] become its cells; return where they end.
function flooded({ labels, columns, rows }, start, label, cells, first) {
  let end = first;
  labels[start] = label;
  cells[end++] = start;
  for (let k = first; k < end; k++) {
    const [x, y] = [cells[k] % columns, Math.floor(cells[k] / columns)];
    const [left, right] = [Math.max(x - 1, 0), Math.min(x + 1, columns - 1)];
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, rows - 1); v++)
      for (let cell = v * columns + left; cell <= v * columns + right; cell++)
        if (labels[cell] === 1) {
          labels[cell] = label;
          cells[end++] = cell;
        }
  }
  return end;
}

function pieceOf({ label, cells }, grid) {
  const rim = [];
  let [left, right, top, bottom] = [Infinity, -1, Infinity, -1];
  for (const cell of cells) {
    const [x, y] = [cell % grid.columns, Math.floor(cell / grid.columns)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    if (!isInside(grid, x, y)) rim.push(x, y);
  }
  return measured({ left, right, top, bottom, nCells: cells.length, rim, members: [label] });
}

// Whether all four neighbours are inked; what lies outside the drawing counts as such.
function isInside({ labels, columns, rows }, x, y) {
  const cell = y * columns + x;
  return (
    (x === 0 || labels[cell - 1] > 0) &&
    (x === columns - 1 || labels[cell + 1] > 0) &&
    (y === 0 || labels[cell - columns] > 0) &&
    (y === rows - 1 || labels[cell + columns] > 0)
  );
}

function measured(piece) {
  const [width, height] = [piece.right - piece.left + 1, piece.bottom - piece.top + 1];
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
  return { ...piece, width, height, longer, shorter };
}

function isSolid(piece, percent) {
  return 100 * piece.nCells >= percent * piece.width * piece.height;
}

// Join what belongs together: rule 1 first, then the others on what came out of it.
function joined(pieces) {
  const height =
    Math.max(...pieces.map((p) => p.bottom)) - Math.min(...pieces.map((p) => p.top)) + 1;
  const mayBeOfAStroke = (p) => 100 * p.longer <= PIECE_OF_STROKE * height && isSolid(p, SOLID);
  const areInARow = (a, b) => gapIsAtMost(IN_A_ROW, Math.min(a.longer, b.longer), a, b);
  const strokes = merged(pieces, pieces.filter(mayBeOfAStroke), areInARow);
  const longest = Math.max(...strokes.map((p) => p.longer));
  const tallest = Math.max(...strokes.map((p) => p.height));
  return merged(strokes, strokes, (a, b) => belongTogether(a, b, longest, tallest));
}

// Unite every two of `among` that belong together, and what hangs on them.
function merged(pieces, among, belong) {
  const group = new Map(pieces.map((piece) => [piece, [piece]]));
  among.forEach((one, i) => {
    for (const other of among.slice(0, i)) {
      if (group.get(one) === group.get(other) || !belong(one, other)) continue;
      const both = [...group.get(one), ...group.get(other)];
      for (const piece of both) group.set(piece, both);
    }
  });
  return [...new Set(group.values())].map(union);
}

function union(pieces) {
  if (pieces.length === 1) return pieces[0];
  return measured({
    left: Math.min(...pieces.map((p) => p.left)),
    right: Math.max(...pieces.map((p) => p.right)),
    top: Math.min(...pieces.map((p) => p.top)),
    bottom: Math.max(...pieces.map((p) => p.bottom)),
    nCells: pieces.reduce((sum, p) => sum + p.nCells, 0),
    rim: pieces.flatMap((p) => p.rim),
    members: pieces.flatMap((p) => p.members),
  });
}

function belongTogether(one, other, longest, tallest) {
  const common = Math.min(one.right, other.right) - Math.max(one.left, other.left) + 1;
  const narrower = Math.min(one.width, other.width);
  const [low, high] = one.height <= other.height ? [one, other] : [other, one];
  if (100 * Math.min(one.longer, other.longer) <= DOT * longest) {
    const small = one.longer <= other.longer ? one : other;
    if (100 * small.shorter >= ROUND_SIDE * small.longer)
      return gapIsAtMost(DOT_TOUCHING, longest, one, other);
  } else if (100 * low.height >= TALL * tallest && 100 * common < BESIDE * narrower) {
    return gapIsAtMost(NEARLY_TOUCHING, longest, one, other);
  }
  const isOver = 100 * common >= OVER * narrower;
  const isBar =
    low.left > high.left &&
    low.top + low.bottom < high.top + high.bottom - Math.floor(high.height / 2);
  const isLow = 100 * low.height <= LOW * high.height;
  return gapIsAtMost(isLow && (isOver || isBar) ? AWAY : BROKEN, longest, one, other);
}

// Whether the free way between the nearest cells is at most so many per cent of a size.
function gapIsAtMost(percent, size, one, other) {
  const reach = Math.floor((percent * size) / 100) + 1; // in cells, from middle to middle
  const beside = Math.max(one.left, other.left) - Math.min(one.right, other.right);
  const below = Math.max(one.top, other.top) - Math.min(one.bottom, other.bottom);
  if (Math.max(beside, below) > reach) return false;
  for (let i = 0; i < one.rim.length; i += 2)
    for (let j = 0; j < other.rim.length; j += 2) {
      const x = one.rim[i] - other.rim[j];
      const y = one.rim[i + 1] - other.rim[j + 1];
      if (x * x + y * y <= reach * reach) return true;
    }
  return false;
}

function withoutStrays(pieces) {
  const longest = Math.max(...pieces.map((p) => p.longer));
  return pieces.filter((piece) => {
    const isBall = isSolid(piece, ROUND) && 100 * piece.shorter >= ROUND_SIDE * piece.longer;
    return 100 * piece.longer >= (isBall ? BALL : SMALL) * longest;
  });
}

function boxOf({ left, right, top, bottom }, step, image) {
  return {
    left: left * step,
    top: top * step,
    width: Math.min((right + 1) * step, image.width) - left * step,
    height: Math.min((bottom + 1) * step, image.height) - top * step,
  };
}
