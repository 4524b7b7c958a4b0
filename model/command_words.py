"""What the command line says: the results of commands as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from model.data.forms.parts import Why
from model.data.turning import AS_THEY_CAME, Turn
from model.data.understood import Understood
from model.evaluation.orientation import Form, Suggestion

__all__ = [
    "Result",
    "another_form",
    "describe_evaluation",
    "describe_export",
    "describe_fetch",
    "describe_predictions",
    "describe_room_deleted",
    "describe_room_files",
    "describe_rooms",
    "describe_train",
    "digits",
    "own_data",
    "store_problem",
    "turn",
    "turn_offer",
]

Result = dict[str, Any]

_ENGINES = {"tensorflow": "TensorFlow", "numpy": "NumPy, as TensorFlow is not installed"}

_LEFT_OUT: Mapping[Why, str] = {
    "no_digit": "lies in no folder named 0 to 9",
    "no_picture": "is not a picture that can be read",
    "damaged": "is damaged",
    "too_large": "has too many bytes or pixels",
    "too_many": "comes after as many pixels as are read",
}
"""Why a picture was left out."""

_STORE_PROBLEMS: Mapping[str, str] = {
    "full": "the disk of the store is full",
    "unwritable": "the store may not be written: its folder, file or database is read-only",
    "locked": "another program holds the store; in a moment it may be free",
    "damaged": "the store's file is damaged",
    "newer": "a newer version of this program has written the store",
    "unreachable": "the database that INKLING_DATABASE_URL names does not answer",
}
"""Why the store of rooms cannot be used."""

_TURNS: Mapping[str, str] = {
    "transpose": "transposed (rows and columns exchanged)",
    "mirror": "mirrored",
    "flip": "upside down (top and bottom exchanged)",
    "left": "turned to the right by a quarter",
    "right": "turned to the left by a quarter",
    "half": "upside down (turned by a half)",
    "antitranspose": "transposed along the other diagonal",
}
"""How pictures lie that a turn puts right."""


def own_data(own: Understood) -> str:
    """Say in one line what was understood of data of one's own."""
    size = "of several sizes" if own.size is None else f"{own.size[0]} × {own.size[1]}"
    ink = "black on white" if own.dark_on_light else "white on black"
    turned = "" if own.turn.code == "none" else f", turned ({own.turn.code})"
    test = "" if own.has_test else "; a sixth of them is the test part"
    left = ""
    if own.n_left_out:
        first = own.left_out[0]
        why = _LEFT_OUT[first.why]
        left = f"; {own.n_left_out:,} left out, such as {first.name}, which {why}"
    return f"{own.n:,} pictures, {size}, {ink}, {digits(own.digits)}{turned}{test}{left}"


def digits(found: Iterable[int]) -> str:
    """Say which digits these are: "digits 0 to 9", "digits 1, 4 to 6"."""
    runs: list[list[int]] = []
    for digit in sorted(found):
        if runs and digit == runs[-1][-1] + 1:
            runs[-1].append(digit)
        else:
            runs.append([digit])
    told = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return f"digit{'s' if sum(map(len, runs)) != 1 else ''} {', '.join(told)}"


def turn(found: Turn) -> str:
    """Say how pictures lie that a turn would put right."""
    ways = [_TURNS[found.orientation]] if found.orientation != "none" else []
    ways += ["black on white"] if found.invert else []
    return " and ".join(ways)


def turn_offer(found: Suggestion) -> str:
    """Offer to turn pictures."""
    return (
        f"these pictures seem to be {turn(found.turn)}: a shipped model reads "
        f"{found.accuracy:.0%} of a sample right as they are, and {found.accuracy_turned:.0%} "
        f"turned; --turn {found.turn.code} turns them"
    )


def another_form(found: Form) -> str:
    """Warn of pictures that came in another form."""
    ways = [turn(found.turn)] * (found.turn != AS_THEY_CAME)
    ways += ["faint (the ink does not reach 255)"] * found.is_faint
    return (
        f"these pictures seem to be {' and '.join(ways)}; a sample of them, put right, is read "
        f"with accuracy {found.accuracy:.2f}"
    )


def describe_fetch(result: Result) -> str:
    """Say where MNIST is."""
    return f"MNIST is in {result['folder']}"


def describe_train(result: Result) -> str:
    """Say what was trained and how well it reads."""
    absent = _absent(result.get("data", {}).get("absent", ()))
    return (
        f"{result['checkpoint']}: trained on {result['dataset']} "
        f"by {_ENGINES[result['trained_by']]}, "
        f"test accuracy {result['test_accuracy']:.4f}, "
        f"validation accuracy {result['validation_accuracy']:.4f}{absent}"
    )


def _absent(found: Iterable[int]) -> str:
    """Say which digits are not there, where there are such."""
    return f"; without {digits(found)}" if found else ""


def describe_evaluation(result: Result) -> str:
    """Say the measures and the confusion matrix."""
    lines = [f"warning: {result['warning']}", ""] if "warning" in result else []
    lines += [
        f"{result['n']:,} pictures of {result['dataset']}, input {result['input']}"
        f"{_absent(result['absent'])}",
        f"accuracy {result['accuracy']:.4f}   macro precision {result['macro_precision']:.4f}   "
        f"recall {result['macro_recall']:.4f}   F1 {result['macro_f1']:.4f}",
        f"expected calibration error {result['expected_calibration_error']:.4f}",
        "",
        "digit  precision  recall      F1  pictures",
    ]
    columns = zip(*(result[key] for key in ("precision", "recall", "f1", "support")), strict=True)
    for digit, (precision, recall, f1, support) in enumerate(columns):
        if not support:
            lines.append(f"{digit:5d}          –       –       –         0")
            continue
        lines.append(f"{digit:5d}  {precision:9.4f}  {recall:6.4f}  {f1:6.4f}  {support:8d}")
    lines += ["", "confusion matrix (rows true, columns predicted)", " " * 5 + _row(range(10))]
    for digit, counts in enumerate(result["confusion_matrix"]):
        lines.append(f"{digit:5d}" + _row(counts))
    return "\n".join(lines)


def _row(numbers: Any) -> str:
    return "".join(f"{number:6d}" for number in numbers)


def describe_predictions(result: Result) -> str:
    """Say one line a picture."""
    return "\n".join(map(_describe_prediction, result["predictions"]))


def _describe_prediction(prediction: Result) -> str:
    if prediction["verdict"] == "unreadable":
        return f"{prediction['picture']}: not read: {prediction['error']}"
    if prediction["verdict"] == "empty":
        return f"{prediction['picture']}: no drawing found"
    if prediction["probabilities"] is None:
        return f"{prediction['picture']}: not sure whether its dark or its light is the ink"
    doubt = "" if prediction["verdict"] == "answer" else f" (not sure: {prediction['verdict']})"
    if "digits" in prediction:
        return f"{prediction['picture']}: {''.join(map(str, prediction['digits']))}{doubt}"
    share = max(prediction["probabilities"])
    sure = ">99.9%" if share > 0.9995 else f"{share:.1%}"
    return f"{prediction['picture']}: {prediction['digit']}, {sure}{doubt}"


def describe_export(result: Result) -> str:
    """Say what was written."""
    return f"{result['format']} written to {result['out']}"


def describe_rooms(result: Result) -> str:
    """Say one line a room."""
    if not result["rooms"]:
        return "there are no rooms"
    lines = ["code   opened            state   drawings"]
    for room in result["rooms"]:
        opened = datetime.fromisoformat(room["opened"]).astimezone()
        lines.append(
            f"{room['code']}  {opened:%Y-%m-%d %H:%M}  {room['state']:6}  {room['drawings']:8,}"
        )
    return "\n".join(lines)


def describe_room_files(result: Result) -> str:
    """Say what was written."""
    written = f"{result['strokes']} and {result['results']}"
    return f"{_drawings(result['drawings'])} of room {result['code']} written to {written}"


def describe_room_deleted(result: Result) -> str:
    """Say what was deleted."""
    return f"room {result['code']} deleted, with {_drawings(result['drawings'])}"


def store_problem(problem: str) -> str:
    """Say why the store of rooms cannot be used."""
    return _STORE_PROBLEMS[problem]


def _drawings(n: int) -> str:
    return f"{n:,} drawing{'s' if n != 1 else ''}"
