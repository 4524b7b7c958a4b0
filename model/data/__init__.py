"""Data sets, recorded strokes and augmentation."""
