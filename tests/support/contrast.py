"""The contrast of text as it is painted, by WCAG 2.2's formula."""

from __future__ import annotations

from playwright.sync_api import Locator

__all__ = ["contrast"]

# Colours are resolved by a canvas, whatever their notation; half-transparent ones are laid over
# what is behind them, through the borders of shadow roots.
_MEASURE = """element => {
  const context = Object.assign(document.createElement("canvas"), {width: 1, height: 1})
    .getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((v, i) => a * v + (1 - a) * below[i]);
  const ancestors = [];
  for (let node = element; node; node = node.assignedSlot ?? node.parentNode ?? node.host)
    if (node instanceof Element) ancestors.push(node);
  let behind = [255, 255, 255];
  for (const node of ancestors.toReversed())
    behind = over(rgba(getComputedStyle(node).backgroundColor), behind);
  const opacity = ancestors.reduce((all, node) => all * getComputedStyle(node).opacity, 1);
  const [r, g, b, a] = rgba(getComputedStyle(element).color);
  const light = colour => colour
    .map(v => v / 255)
    .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const [dark, bright] = [light(over([r, g, b, a * opacity], behind)), light(behind)]
    .sort((one, other) => one - other);
  return (bright + 0.05) / (dark + 0.05);
}"""


def contrast(text: Locator) -> float:
    """Return the contrast of a text with what is behind it, from 1 to 21."""
    ratio: float = text.evaluate(_MEASURE)
    return ratio
