"""Measure when a model gives an answer, and when it says that it is not sure.

python -m tools.answered mnist       digits: how many get an answer, how many of these are right
python -m tools.answered nonsense    drawings that are no digits: how many get an answer
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint
from model.classifier.prediction import read
from model.commands import print_result
from model.data import datasets
from tools import nonsense

__all__ = ["main", "on_digits", "on_nonsense"]

ROOT = Path(__file__).resolve().parents[1]
DRAWINGS_A_KIND = 200


def on_digits(
    trained: Checkpoint, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> dict[str, float]:
    """Return the share of digits that get an answer, and the share of these that are right.

    Parameters
    ----------
    images : (n, 28, 28) uint8
        In MNIST's form.
    labels : (n,)
    """
    features = trained.model.features(images)  # (n, 784)
    probabilities = trained.model.predict_proba(features)
    verdicts = map(trained.reject_rule.verdict, features, probabilities)
    answered = np.array([verdict == "answer" for verdict in verdicts])
    right = probabilities.argmax(axis=1) == labels
    return {
        "n": len(labels),
        "answered": float(answered.mean()),
        "answered_right": float(right[answered].mean()) if answered.any() else 0.0,
    }


def on_nonsense(trained: Checkpoint) -> dict[str, float]:
    """Return the share of answers among nonsense drawings, over all and for each kind."""
    shares = {kind: _share_answered(trained, kind) for kind in nonsense.KINDS}
    n = DRAWINGS_A_KIND * len(shares)
    return {"n": n, "answered": float(np.mean(list(shares.values()))), **shares}


def _share_answered(trained: Checkpoint, kind: str) -> float:
    readings = [read(trained, ink) for ink in nonsense.drawings(kind, DRAWINGS_A_KIND)]
    n_answered = sum(reading is not None and reading.verdict == "answer" for reading in readings)
    return n_answered / len(readings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the shares, one a line or as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.answered",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what", help="nonsense, or a data set: mnist, digits, a folder of IDX files"
    )
    parser.add_argument(
        "--checkpoint", type=Path, default=ROOT / "assets" / "checkpoints" / "moments.safetensors"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        trained = checkpoint.load(options.checkpoint)
        if options.what == "nonsense":
            result = on_nonsense(trained)
        else:
            test = datasets.load(options.what).test
            result = on_digits(trained, test.images, test.labels)
        print_result(json.dumps(result) if options.json else _table(result))
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.exit(2, f"error: {error.strerror}\n")


def _table(result: dict[str, float]) -> str:
    return "\n".join(
        f"{name:18} {value:,}" if name == "n" else f"{name:18} {100 * value:.2f} %"
        for name, value in result.items()
    )


if __name__ == "__main__":
    main()
