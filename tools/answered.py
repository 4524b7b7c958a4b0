"""Measure when a model gives an answer, and when it says that it is not sure.

python -m tools.answered mnist           digits: how many get an answer, how many of these are right
python -m tools.answered nonsense        drawings that are no digits: how many get an answer
python -m tools.answered held-out        such as the rejector was not taught (`tools.negatives`)
python -m tools.answered drawn FILE      pen-drawn digits (see `model.data.strokes`)
python -m tools.answered tapped FILE     the same with one stray tap of the pen on each drawing
python -m tools.answered pairs FILE      two of them side by side, which make a number
python -m tools.answered letters FILE    pen-drawn letters that no digit resembles
python -m tools.answered alone FILE      pen-drawn digits that it alone of the shipped models reads
                                         rightly, and wrongly
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint
from model.classifier.prediction import are_answered, read_parts
from model.config import SHIPPED
from model.data import datasets, strokes
from model.data.strokes import WrittenDigit
from model.evaluation.robustness import alone
from model.preprocessing.centring import centred
from model.terminal import print_result
from tools import drawn, nonsense
from tools.negatives import HELD_OUT, negatives

__all__ = [
    "main",
    "on_alone",
    "on_digits",
    "on_drawn",
    "on_held_out",
    "on_letters",
    "on_nonsense",
    "on_pairs",
    "on_tapped",
]

CHECKPOINTS = Path(__file__).resolve().parents[1] / "assets" / "checkpoints"
DRAWINGS_A_KIND = 200
HELD_OUT_A_KIND = 500
N_PAIRS = 1_500
LETTERS = frozenset("AEFHKMNRWXaefkmnrtwx")
"""Letters that no digit resembles."""


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
    verdicts = trained.reject_rule.verdicts(features, probabilities)
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
    drawings = nonsense.drawings(kind, DRAWINGS_A_KIND)
    return float(np.mean([are_answered(read_parts(trained, ink)) for ink in drawings]))


def on_held_out(trained: Checkpoint) -> dict[str, float]:
    """Return the share of answers among families of negatives that nothing was learned from."""
    mnist = datasets.load("mnist").test
    shares = {}
    for family in HELD_OUT:
        pictures = negatives(family, HELD_OUT_A_KIND, mnist.images, mnist.labels, seed=9)
        features = trained.model.features(pictures)
        verdicts = trained.reject_rule.verdicts(features, trained.model.predict_proba(features))
        shares[family] = verdicts.count("answer") / len(verdicts)
    n = HELD_OUT_A_KIND * len(shares)
    return {"n": n, "answered": float(np.mean(list(shares.values()))), **shares}


def on_drawn(trained: Checkpoint, digits: Sequence[WrittenDigit]) -> dict[str, float]:
    """Return how drawings of one digit are answered: shares of all, and of the answers."""
    labels = [digit.label for digit in digits]
    return _on_drawings(trained, strokes.canvas_drawings(digits, seed=0), labels)


def on_tapped(trained: Checkpoint, digits: Sequence[WrittenDigit]) -> dict[str, float]:
    """Return the same where the pen has also touched the canvas once, anywhere."""
    rng = np.random.default_rng(1)
    drawings = (drawn.tapped(ink, rng) for ink in strokes.canvas_drawings(digits, seed=0))
    return _on_drawings(trained, drawings, [digit.label for digit in digits])


def _on_drawings(
    trained: Checkpoint, drawings: Iterable[NDArray[np.float32]], labels: Sequence[int]
) -> dict[str, float]:
    right = wrong = 0
    for ink, label in zip(drawings, labels, strict=True):
        readings = read_parts(trained, ink)
        if are_answered(readings):
            is_right = [reading.digit for reading in readings] == [label]
            right, wrong = right + is_right, wrong + (not is_right)
    n = len(labels)
    return {
        "n": n,
        "answered": (right + wrong) / n,
        "answered_right": right / max(right + wrong, 1),
        "right": right / n,
        "wrong": wrong / n,
    }


def on_pairs(trained: Checkpoint, digits: Sequence[WrittenDigit]) -> dict[str, float]:
    """Return how two digits side by side are read: as both of them, as one digit, or wrongly."""
    both = one = wrong = 0
    for ink, labels in drawn.pairs(digits, N_PAIRS, seed=0):
        readings = read_parts(trained, ink)
        if not are_answered(readings):
            continue
        is_right = [reading.digit for reading in readings] == list(labels)
        both += is_right
        one += len(readings) == 1
        wrong += not is_right and len(readings) != 1
    return {"n": N_PAIRS, "both": both / N_PAIRS, "one": one / N_PAIRS, "wrong": wrong / N_PAIRS}


def on_letters(trained: Checkpoint, path: Path) -> dict[str, float]:
    """Return the share of letters that get an answer, of those that no digit resembles."""
    answered = [are_answered(read_parts(trained, ink)) for ink in drawn.letters(path, LETTERS)]
    return {"n": len(answered), "answered": float(np.mean(answered))}


def on_alone(name: str, digits: Sequence[WrittenDigit]) -> dict[str, float]:
    """Return which share of drawings one shipped model alone reads rightly, and wrongly.

    Parameters
    ----------
    name : str
        Of a shipped model, which is compared with the others.
    digits : sequence of WrittenDigit
    """
    drawings = np.stack([centred(ink) for ink in strokes.canvas_drawings(digits, seed=0)])
    labels = np.array([digit.label for digit in digits])
    predicted = {
        each: checkpoint.load(CHECKPOINTS / f"{each}.safetensors").model.predict(drawings)
        for each in SHIPPED
    }
    found, n = alone(predicted, labels)[name], len(labels)
    return {"n": n, "right": len(found.right) / n, "wrong": len(found.wrong) / n}


_ON_DIGITS = {"drawn": on_drawn, "tapped": on_tapped, "pairs": on_pairs}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the shares, one a line or as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.answered",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what", help="one of the above, or a data set: mnist, digits, a folder of IDX files"
    )
    parser.add_argument("file", type=Path, nargs="?", help="of recorded pen strokes")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=CHECKPOINTS / "directions.safetensors",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        trained = checkpoint.load(options.checkpoint)
        if options.what in (*_ON_DIGITS, "letters", "alone") and options.file is None:
            parser.error(f"{options.what} needs a file of pen strokes")
        if options.what == "nonsense":
            result = on_nonsense(trained)
        elif options.what == "held-out":
            result = on_held_out(trained)
        elif options.what == "letters":
            result = on_letters(trained, options.file)
        elif options.what == "alone":
            name = options.checkpoint.stem
            if name not in SHIPPED:
                parser.error(f"{name} is no model that comes with the program")
            result = on_alone(name, list(strokes.read(options.file)))
        elif options.what in _ON_DIGITS:
            result = _ON_DIGITS[options.what](trained, list(strokes.read(options.file)))
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
