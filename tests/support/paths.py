"""Where the project's files are."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ASSETS", "CHECKPOINTS", "PEN_DIGITS", "QUICK_WORKER", "ROOT", "SAMPLES"]

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
CHECKPOINTS = ASSETS / "checkpoints"
SAMPLES = ASSETS / "samples.jsonl"
QUICK_WORKER = Path(__file__).with_name("quick_worker.py")
PEN_DIGITS = ROOT.parent / "shared" / "pen" / "digits-dev.jsonl.gz"
"""Digits that many people wrote with a pen; they are not on every machine."""
