// A signed share as a colour: orange for, blue against, on one symmetric scale from −1 to 1. AGAINST,
// NEUTRAL and FOR stand before this file in the module that the browser gets.
//
// Write the colour of pixel i into an ImageData's bytes; `base` has the colour of no share at all.
export function putSigned(bytes, i, share, base = NEUTRAL) {
  const weight = Math.min(1, Math.abs(share));
  const end = share < 0 ? AGAINST : FOR;
  for (let channel = 0; channel < 3; channel++)
    bytes[4 * i + channel] = base[channel] + weight * (end[channel] - base[channel]);
  bytes[4 * i + 3] = 255;
}
