"""The command line's commands and options: fetch, train, evaluate, predict, export, rooms."""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from model import command_words, commands, room_commands, terminal
from model.command_words import Result
from model.config import INPUTS, KINDS, SCHEDULES, TrainingConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, or 2 for what a user can mend."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], Result] = options.run
    try:
        result = run(options)
        terminal.print_result(json.dumps(result) if options.json else options.describe(result))
        errors = result.get(commands.ERRORS, [])
    except (ValueError, OSError) as error:
        with contextlib.suppress(OSError):  # where stderr takes nothing, the exit code says it
            print(f"error: {_in_one_line(error)}", file=sys.stderr, flush=True)
        return 2
    with contextlib.suppress(OSError):
        for unread in errors:
            print(f"error: {' '.join(unread.split())}", file=sys.stderr, flush=True)
    return 2 if errors else 0


def _in_one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror is not None:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (`{self.prog} --help` explains)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m model",
        description="Softmax regression on handwritten digits: y = softmax(xW + b).",
        epilog="Data is kept in INKLING_DATA_DIR, else in the user's cache directory.",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    command = functools.partial(_add_command, subparsers)

    command(
        "fetch",
        commands.fetch,
        command_words.describe_fetch,
        "Download MNIST, once, for the other commands.",
    )
    _add_training(
        command(
            "train",
            commands.train,
            command_words.describe_train,
            "Train a model from zero weights. The defaults are the classic TensorFlow tutorial's: "
            "1,000 batches of 100, learning rate 0.5.",
        )
    )
    _add_evaluation(
        command(
            "evaluate",
            commands.evaluate,
            command_words.describe_evaluation,
            "Measure a model on a data set's test part, on recorded pen strokes, or on pictures.",
        )
    )
    sub = command(
        "predict",
        commands.predict,
        command_words.describe_predictions,
        "Read pictures of single digits.",
    )
    _add_checkpoint(sub)
    sub.add_argument(
        "pictures",
        nargs="+",
        type=Path,
        metavar="IMAGE",
        help="PNG, JPEG, WebP, HEIC, AVIF, GIF, BMP or TIFF; or a folder of them",
    )
    sub = command(
        "export",
        commands.export,
        command_words.describe_export,
        "Write a model for TensorFlow's programs.",
    )
    _add_checkpoint(sub)
    sub.add_argument(
        "--format",
        choices=("saved_model", "keras", "tflite"),
        required=True,
        help="for TensorFlow Serving, Keras or LiteRT",
    )
    sub.add_argument("out", type=Path, metavar="OUT", help="the folder or file to write")
    text = "List, export or delete the rooms in which phones drew."
    _add_rooms(subparsers.add_parser("rooms", help=text, description=text))
    return parser


def _add_command(
    among: argparse._SubParsersAction[Any],
    name: str,
    run: Callable[..., Result],
    describe: Callable[[Result], str],
    text: str,
) -> argparse.ArgumentParser:
    sub: argparse.ArgumentParser = among.add_parser(name, help=text, description=text)
    sub.set_defaults(run=run, describe=describe)
    sub.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    return sub


def _add_rooms(rooms: argparse.ArgumentParser) -> None:
    rooms.epilog = (
        "Rooms are in the database of INKLING_DATABASE_URL, else in the folder of "
        "INKLING_STORE_DIR, else in the user's data directory. The server may run meanwhile."
    )
    command = functools.partial(
        _add_command, rooms.add_subparsers(metavar="COMMAND", required=True)
    )
    command(
        "list",
        room_commands.show,
        command_words.describe_rooms,
        "List the rooms: code, when opened, state, drawings.",
    )
    sub = command(
        "export",
        room_commands.export,
        command_words.describe_room_files,
        "Write a room's strokes, which `evaluate --strokes` reads, and what its model read.",
    )
    sub.add_argument("code", metavar="CODE")
    sub.add_argument(
        "--out",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="where CODE.jsonl and CODE.csv are written; default: here",
    )
    sub = command(
        "delete",
        room_commands.delete,
        command_words.describe_room_deleted,
        "Delete a room with all that was drawn in it, at once; there is no undo.",
    )
    sub.add_argument("code", metavar="CODE")


def _add_checkpoint(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--checkpoint",
        type=Path,
        default=commands.SHIPPED,
        help="a .safetensors file; default: the shipped directions model",
    )


def _add_dataset(sub: argparse._ActionsContainer) -> None:
    sub.add_argument(
        "--dataset",
        default="auto",
        metavar="NAME_OR_PATH",
        help="mnist, digits (built in), auto (MNIST if it is here, else digits), or a file, folder "
        "or .zip of one's own: IDX, .npz, .npy, .csv, .jsonl, or pictures in folders 0 to 9; "
        "default: auto",
    )


def _add_turn(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--turn",
        default="none",
        help="how pictures of one's own are turned: none, auto (as is offered), transpose, mirror, "
        "flip, left, right, half, antitranspose, invert, or one of them +invert; default: none",
    )


def _add_training(sub: argparse.ArgumentParser) -> None:
    default = TrainingConfig()
    _add_dataset(sub)
    _add_turn(sub)
    sub.add_argument(
        "--kind",
        choices=KINDS,
        default=default.kind,
        help="softmax: the one formula; network: three layers of filters in front of it, on pixels "
        "or moments; default: %(default)s",
    )
    sub.add_argument(
        "--input",
        choices=INPUTS,
        default=default.input,
        help="pixels: the pictures as they are; moments: moment-normalised; directions: those of "
        "the edges; default: %(default)s",
    )

    def number(name: str, kind: Callable[[str], Any], text: str, dest: str | None = None) -> None:
        dest = dest or name.removeprefix("--").replace("-", "_")
        sub.add_argument(
            name,
            dest=dest,
            type=kind,
            default=getattr(default, dest),
            metavar="N" if kind is int else "X",
            help=f"{text}; default: %(default)s",
        )

    number("--steps", int, "gradient steps", dest="n_steps")
    number("--batch-size", int, "pictures a step")
    number("--learning-rate", float, "step length")
    sub.add_argument(
        "--schedule",
        choices=SCHEDULES,
        default=default.schedule,
        help="linear: the learning rate falls to 0 over the run; default: %(default)s",
    )
    number("--averaging", float, "keep the mean of the weights over this last part of the steps")
    number(
        "--pen-habits",
        float,
        "learn this share of some digits a second time, as others write them, such as crossed 7s",
    )
    number("--elastic", float, "learn this share of the pictures a second time, bent smoothly")
    number("--seed", int, "decides the order of the pictures")
    sub.add_argument(
        "--out",
        type=Path,
        default=Path("model.safetensors"),
        metavar="FILE",
        help="the checkpoint to write; default: %(default)s",
    )


def _add_evaluation(sub: argparse.ArgumentParser) -> None:
    _add_checkpoint(sub)
    source = sub.add_mutually_exclusive_group()
    _add_dataset(source)
    _add_turn(sub)
    source.add_argument(
        "--strokes",
        type=Path,
        metavar="FILE",
        help='a .jsonl[.gz] file, {"label": 3, "strokes": [[[x, y], …], …]} a line, drawn on a '
        "canvas of 280 × 280 pixels at a random size and place",
    )
    source.add_argument(
        "--images",
        type=Path,
        metavar="FILE",
        help="an .npz file: images (n, H, W) uint8, from 0, background, to 255, ink; labels (n,); "
        "or a folder or .zip of photos in folders 0 to 9, each read as `predict` reads it",
    )
    sub.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="decides the sizes and places of the strokes; default: %(default)s",
    )
