"""English for what `model` returns as codes and fields; another language is another such file."""

from __future__ import annotations

import dataclasses
import html
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier.checkpoint import Checkpoint
from model.config import SIDE
from model.data.forms.parts import Why
from model.data.turning import Turn
from model.data.understood import Understood
from model.explanation.counterfactual import Counterfactual
from model.explanation.evidence import Evidence, Part, Share, ranking
from model.explanation.pipeline import StageName
from model.explanation.pixel_search import MOST
from model.jobs.reason import Code, Reason
from model.preprocessing.centring import BOX
from model.room.figures import Proportion
from model.room.wall import Mark
from model.store.problem import Problem
from model.training.teaching import LEARNED

__all__ = [
    "LINEAR_ONLY",
    "NOT_KEPT",
    "NO_MNIST",
    "PARTS",
    "REASONS",
    "ROOM_LINEAR",
    "ROOM_NOT_NOW",
    "STAGES",
    "TOO_MANY_ROOMS",
    "TURNS",
    "answered",
    "apart",
    "change",
    "compared",
    "count",
    "digits",
    "evidence",
    "in_html",
    "learned",
    "listed",
    "of_the_room",
    "one",
    "own_data",
    "own_data_gaps",
    "points",
    "reason",
    "recipe",
    "signed",
    "turn",
    "with_minus",
]

NOT_KEPT: dict[Problem, str] = {
    "full": "The disk is full, so this visit is kept only as long as its page is open.",
    "unwritable": (
        "The server cannot write to its folder for visits, so this one is kept only as long as its"
        " page is open."
    ),
    "locked": (
        "Another program holds the file of visits locked, so this one is not kept for the moment."
    ),
    "damaged": (
        "The file of earlier visits was damaged. It was set aside, and visits are kept in a new"
        " one from now on."
    ),
    "newer": (
        "The file of visits is from a newer version of this program, so it is left alone, and this"
        " visit is kept only as long as its page is open."
    ),
    "unreachable": (
        "The database of visits does not answer, so this one is kept only as long as its page is"
        " open."
    ),
}
"""Why the store of visits keeps nothing, or has nothing from before."""
ROOM_LINEAR = (
    "Phones read with a linear model: the network stays here, and the shipped model that is best"
    " without it reads in the room."
)
HOW_LINEAR = (
    "The steps of the tutorial are those of the linear models: choose one of them on Draw to see"
    " how it works, on your own drawing. Whatever the model, it is tested like this."
)
LINEAR_ONLY = (
    "This needs a linear model, whose answer is a sum. The network's is none: choose another model"
    " below."
)
ROOM_NOT_NOW = "That was not stored: the server cannot write just now. Try again in a moment."
ROOM_DELETED = "Room {code} was deleted."
ROOM_NO_CODE = "That is no code. A code has five letters and digits, and is on the wall."
ROOM_WRONG_LINK = "This link controls no room. Copy it once more from the room's page."
TOO_MANY_ROOMS = "There are {n} rooms open, as many as this server takes. Try again later."
NO_MNIST = "MNIST is not on this machine: run `make fetch`."

_ENDED = "The training process ended unexpectedly ({}). The next press starts a new process."

REASONS: Mapping[Code, str] = {
    "loading": "Loading the data.",
    "stopped": "Stopped.",
    "unwatched": "Stopped: nobody was watching any more.",
    "took_too_long": "Stopped: it took very long, and others were waiting.",
    "server_stopped": "The server has stopped.",
    "no_mnist": NO_MNIST,
    "no_tensorflow": "A network is trained by TensorFlow, which is not installed on this machine."
    " A shipped one can be read with.",
    "data": "{error}",
    "diverged": "Training diverged: by step {step} the loss had risen to {loss:.3g}, where guessing"
    " gives {guessing:.3g}; the learning rate {learning_rate:g} is too high for this data and a"
    " batch size of {batch_size}: try a tenth of it.",
    "dark_on_light": "Training diverged by step {step}, because your pictures are black on white:"
    " the ink has to be light. Switch on “Turn them” and train again.",
    "out_of_memory": "There was not enough memory for this training: a smaller batch size or less"
    " data may fit.",
    "training_failed": "Training failed: {error}",
    "process_not_started": "The training process could not be started: {error}. The next press"
    " starts a new process.",
    "process_crashed": _ENDED.format("it crashed"),
    "process_killed": _ENDED.format("it was killed, perhaps for lack of memory"),
    "process_signal": _ENDED.format("signal {number}"),
    "process_exit": _ENDED.format("exit code {number}"),
    "process_silent": _ENDED.format("it did not answer for {seconds:.0f} s"),
    "process_unable": _ENDED.format("it could not start: {error}, see the server's log"),
    "not_over": "Your last training is not over yet; stop it, or wait for its end.",
    "too_many": "You have begun {n_begun} trainings within a minute; try again in {seconds} s.",
    "queue_full": "{n_waiting} trainings are waiting already; try again in a minute.",
    "no_thread": "The server cannot train just now; try again in a minute.",
    "server_stopping": "The server is stopping and takes no trainings any more.",
}

PARTS: Mapping[Part, str] = {
    "top_left": "ink at the top left",
    "top": "ink at the top",
    "top_right": "ink at the top right",
    "left": "ink at the left",
    "middle": "ink in the middle",
    "right": "ink at the right",
    "bottom_left": "ink at the bottom left",
    "bottom": "ink at the bottom",
    "bottom_right": "ink at the bottom right",
    "bias": "the bias",
}
NO_COPIES = "no altered copies of the pictures"
LEAST_NAMED = 0.05
"""A share below this would be printed as 0.0."""

TURNS: Mapping[str, str] = {
    "transpose": "transposed, rows and columns exchanged,",
    "mirror": "mirrored",
    "flip": "upside down",
    "left": "turned to the right",
    "right": "turned to the left",
    "half": "upside down, half a turn,",
    "antitranspose": "transposed along the other diagonal",
}
"""How pictures lie that a turn puts right."""

LEFT_OUT: Mapping[Why, str] = {
    "no_digit": "lies in no folder named 0 to 9",
    "no_picture": "is not a picture that can be read",
    "damaged": "is damaged",
    "too_large": "has too many bytes or pixels",
    "too_many": "comes after as many pixels as are read",
}
"""Why a picture was left out."""

COUNTS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)

STAGES: Mapping[StageName, str] = {
    "canvas": f"The whole canvas, shrunk to {SIDE} × {SIDE}",
    "crop": "Cropped to the ink",
    "box": f"Longer side scaled to {BOX} pixels",
    "centre": "Centre of mass put in the middle",
    "moments": "Size, slant and proportions evened out",
    "directions": "Its edges, whose directions are told",
}


ROOM = "this room"
UNSEEN = "unseen phones"
ROOM_MODEL = "the room's"
ROOM_MISTAKES = "Taken for another digit"
ROOM_INVITATION = (
    "Everybody in the hall draws on a phone, without an app or an account; the wall here fills, and"
    " shows how well the model reads this room."
)
ROOM_NO_NETWORK = (
    "No phone can reach this machine: it is on no network, or the server was told to listen to this"
    " machine only. The card Ready? says what to do."
)
ROOM_CLEAR = "All drawings of the room are deleted, on the phones' side too. There is no undo."
ROOM_CLOSE = "Nobody can draw any more. The wall and its files stay here until you open a new room."
ROOM_CLOSED = "This room is closed. Its wall and files stay here until you open a new room."
ROOM_CLOSED_EMPTY = "Room {code} is closed. Nothing was drawn in it."
ROOM_WIFI = "With the hall's Wi-Fi, the wall shows a second code, by which phones join it."
ROOM_HAND = "Who has this link controls the room as well. It is for you alone."
ROOM_KEPT = "It reads in the room now. Phones get it with their next answer."
TEST_NAMES = {"mnist": "MNIST's test", "digits": "built-in test"}
"""The test digits, in few words."""


def proportion(share: Proportion) -> str:
    """Say a share in per cent."""
    return "–" if share.value is None else f"{share.value:.1%}"


def interval(share: Proportion) -> str:
    """Say between which shares the true one lies, with 95 %."""
    if share.low is None or share.high is None:
        return "–"
    return f"{share.low:.0%} to {share.high:.0%}"


def room_interval(share: Proportion, n_learned: int = 0) -> str:
    """Say on how much a room's share stands, and how sure it is; phones that the model learned from
    are no part of it."""
    left_out = ""
    if n_learned:
        phones = "one phone, which is" if n_learned == 1 else f"{n_learned:,} phones, which are"
        left_out = f" The model learned from {phones} left out here."
    return f"{_sure(share)}{left_out}"


def room_judges(n_learned: int) -> str:
    """Say by which phones models are compared, as a paragraph; nothing where it is by all."""
    if n_learned == 0:
        return ""
    said = "All are judged by the same phones: those that none of them has learned from."
    return f"<p class='note'>{said}</p>"


def _sure(share: Proportion) -> str:
    if share.n == 0:
        return "No drawing of an asked digit yet."
    one = "one phone" if share.n_phones == 1 else f"{share.n_phones:,} phones"
    many = "one drawing" if share.n == 1 else f"{share.n:,} drawings"
    if share.low is None:
        return f"Of {many} from {one}; two phones are needed to say how sure that is."
    return (
        f"Of {many} from {one}; the true share is between {share.low:.0%} and {share.high:.0%} (95%"
        " interval), counting phones, since one person's drawings are alike."
    )


def hardest(digit: int) -> str:
    """Say which digit a room's drawings are read worst for."""
    return f"The hardest one here is the {digit}."


def room_training(least_phones: int, least_drawings: int) -> str:
    """Say what a training on the room is, and what it needs."""
    return (
        f"MNIST and the room's drawings together, judged on phones that it never saw. It takes"
        f" MNIST, and at least {least_drawings} drawings from {least_phones} phones"
    )


def room_too_small(least_phones: int, least_drawings: int) -> str:
    """Say what a room needs before it can be trained on."""
    return (
        f"The room is too small to learn from yet: it takes {least_drawings} drawings of asked"
        f" digits, from {least_phones} phones."
    )


def room_price(n_phones: int) -> str:
    """Say on what a training on the room was judged."""
    return (
        f"It learned from MNIST and {n_phones:,} phones. The others, which it never saw, are its"
        " test; MNIST's test digits show the price."
    )


def of_the_room(asked: int | None, read: int, mark: Mark) -> str:
    """Say what was asked of a drawing of the room, and what was read there."""
    wanted = "Drawn in the room"
    if asked is not None:
        wanted += f", where {'an' if asked == 8 else 'a'} {asked} was asked for"
    read_as = {
        "right": "It was read rightly",
        "free": f"It was read as {read}",
        "wrong": f"It was read as {read}",
        "unsure": "The model was not sure",
    }[mark]
    return f"{wanted}. {read_as}."


def in_html(text: str) -> str:
    """Return a text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def reason(why: Reason) -> str:
    """Say in a sentence or two why a job waits, stopped, failed or was refused."""
    text = REASONS[why.code].format(**why.fields)
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def evidence(why: Evidence) -> str:
    """Say an answer and its reason.

    At most two parts of the picture that speak for the answer are told, and the one that speaks
    loudest against it. A contrast is told from the side of the digit that leads.

    Parameters
    ----------
    why : Evidence
        Of one digit, or a contrast.

    Returns
    -------
    text : str
        At most 160 characters.
    """
    why = why.of_the_leader()
    if why.other is None:
        start = f"{why.digit} scores {_number(why.logit)}"
    else:
        start = f"{why.digit} rather than {why.other}, by {_number(why.logit)}"
    shares = [share for share in ranking(why) if abs(share.value) >= LEAST_NAMED]
    pro = [_share(share) for share in shares[:2] if share.value > 0]
    contra = [_share(share) for share in shares[-1:] if share.value < 0]
    if not pro and not contra:
        return f"{start}: nothing speaks for or against it."
    if not pro:
        return f"{start}: {contra[0]} speaks against it."
    told = f"{' and '.join(pro)} {'speak' if len(pro) == 2 else 'speaks'} for it"
    return f"{start}: {told}, {contra[0]} against it." if contra else f"{start}: {told}."


def own_data(own: Understood) -> str:
    """Say in a sentence what was understood of data of a visitor's own."""
    size = "of several sizes" if own.size is None else f"{own.size[0]} × {own.size[1]}"
    ink = "black on white" if own.dark_on_light else "white on black"
    test = "" if own.has_test else " A sixth of them is kept for the test."
    return f"{own.n:,} pictures, {size}, {ink}, {digits(own.digits)}.{test}"


def own_data_gaps(own: Understood) -> str:
    """Say what is missing in data of a visitor's own, and what was left out; else nothing."""
    told = ""
    if own.absent:
        told = f"There is no {listed(own.absent, 'or')}, so the model will doubt such a digit."
    if own.n_left_out:
        first = own.left_out[0]
        told += f" {own.n_left_out:,} left out, such as {first.name}, which {LEFT_OUT[first.why]}."
    return told.strip()


def digits(found: Sequence[int]) -> str:
    """Say which digits these are, ascending: "digits 0 to 9", "digits 1, 2 and 5"."""
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"digits {found[0]} to {found[-1]}"
    return f"digit{'' if len(found) == 1 else 's'} {listed(found, 'and')}"


def turn(found: Turn) -> str:
    """Say how pictures lie that this turn would put right."""
    ways = [TURNS[found.orientation]] if found.orientation in TURNS else []
    ways += ["black on white"] if found.invert else []
    return " and ".join(ways)


def listed(things: Sequence[object], last: str) -> str:
    """Say things one after the other: "1, 2 or 5", where `last` is "or"."""
    words = list(map(str, things))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def change(found: Counterfactual) -> str:
    """Say how many pixels put another digit ahead, and whether it wins then."""
    target, present, n = found.target, found.present, found.n_for_two
    if target == present:
        return f"{target} is the answer already."
    if n is None and found.is_searched:
        return (
            f"No change of at most {MOST} pixels was found that puts {target} ahead of {present}."
        )
    if n is None:
        return f"No change of pixels puts {target} ahead of {present}."
    start = f"{n} pixel{' puts' if n == 1 else 's put'} {target} ahead of {present}"
    if found.is_searched:
        return f"{start}, and make it the answer."
    if not found.then_led:
        return f"{start}."
    if found.at_least is None:
        return f"{start}, but {target} cannot win, whatever is changed."
    led = f"then {' and '.join(map(str, found.then_led))} led"
    if not found.wins:
        return f"{start}; {led}, and no way was found past all digits."
    return f"{start}; {led}, and it took {len(found) - n} more until {target} won."


def answered(digit: int | None, probabilities: NDArray[np.floating[Any]]) -> str:
    """Say what a model answers, and how sure it is: "4, 99%", "not sure"."""
    return "not sure" if digit is None else f"{digit}, {sure(float(probabilities.max()))}"


def sure(share: float) -> str:
    """Say a probability, as the bars do: a model is never wholly sure."""
    return ">99.9%" if share >= 0.9995 else f"{share:.1%}"


def compared(answers: Mapping[str, int | None]) -> str:
    """Say what several models answer, by name; None of one that is not sure."""
    groups: dict[int | None, list[str]] = {}
    for name, digit in answers.items():
        groups.setdefault(digit, []).append(name)
    if len(groups) == 1:
        (digit,) = groups
        return "None of them is sure." if digit is None else f"All of them say {digit}."
    told = [
        f"{listed(names, 'and')} {'is' if len(names) == 1 else 'are'} not sure"
        if digit is None
        else f"{listed(names, 'and')} {'says' if len(names) == 1 else 'say'} {digit}"
        for digit, names in groups.items()
    ]
    return f"{'; '.join(told)}."


def recipe(checkpoint: Checkpoint, data: str) -> str:
    """Say how a model was made; `data` is what it learned from, in words."""
    config = checkpoint.config
    network = "a network on " if config.kind == "network" else ""
    copies = " and altered copies" if config.pen_habits or config.elastic else ""
    falling = " falling to 0" if config.schedule == "linear" else ""
    return (
        f"{network}{config.input}, {checkpoint.n_steps:,} steps of {config.batch_size:,},"
        f" learning rate {config.learning_rate:g}{falling}, seed {config.seed}, on {data}{copies}"
        + _taught(checkpoint)
    )


def _taught(checkpoint: Checkpoint) -> str:
    """Say how many steps on single drawings came after a training."""
    n = int(checkpoint.measured.get("taught_steps", 0))
    return f", then {n:,} step{'s' * (n != 1)} on drawings" if n else ""


def apart(before: Checkpoint, after: Checkpoint, change: float) -> str:
    """Say what sets the second recipe apart, and whether its smaller figure was to be expected.

    Parameters
    ----------
    before, after : Checkpoint
    change : float
        From the first one's accuracy to the second one's.
    """
    found = _differences(before, after)
    if not found and before.config.seed == after.config.seed:
        return "The recipe is the same, with the same seed, and makes the same model."
    if not found:
        same = "The recipe is the same, but for the seed, that is for the order of the pictures"
        return f"{same}: the difference is chance." if change else f"{same}."
    start = f"The new recipe has {listed(found, 'and')}"
    is_less = {
        "another kind of model",
        "another input",
        "other data",
        "fewer steps",
        NO_COPIES,
    } & set(found)
    if change < 0 and is_less:
        return f"{start}, so a smaller figure was to be expected."
    return f"{start}."


def _differences(before: Checkpoint, after: Checkpoint) -> list[str]:
    old, new = before.config, after.config
    copied = [bool(config.pen_habits or config.elastic) for config in (old, new)]
    told = {
        "another kind of model": old.kind != new.kind,
        "another input": old.input != new.input,
        "other data": before.model.training_data != after.model.training_data,
        "steps on single drawings": _taught(after) != _taught(before),
        "fewer steps": after.n_steps < before.n_steps,
        "more steps": after.n_steps > before.n_steps,
        NO_COPIES: copied == [True, False],
        "altered copies of the pictures": copied == [False, True],
        "another batch size": old.batch_size != new.batch_size,
        "another learning rate": (old.learning_rate, old.schedule)
        != (new.learning_rate, new.schedule),
    }
    found = [words for words, holds in told.items() if holds]
    is_other = dataclasses.replace(old, seed=new.seed) != new
    return found or ["other settings"] * is_other


def learned(before: float, after: float, n_pictures: int, seconds: float, seed: int) -> str:
    """Say what a training has brought: the share of the test digits read right, and from what."""
    return (
        f"{_percent(before)} → {_percent(after)} of the test digits, learned from {n_pictures:,}"
        f" pictures in {seconds:.1f} s · seed {seed}"
    )


TEACH = "Which digit is it? Say it, and the model can learn how you write it."


def label_of(part: int, n: int) -> str:
    """Ask for the label of a drawing's digit; of several they are counted, from 0."""
    return "It is a" if n < 2 else f"Digit {part + 1} of {n} is a"


def lesson(label: int, n_steps: int, before: float, after: float) -> str:
    """Say what a lesson brought to its drawing: the probability of its digit before and after."""
    steps = f"{n_steps} step{'s' * (n_steps != 1)}"
    end = "" if after >= LEARNED else " Not learned yet: press again."
    return f"{steps}, the {label}: {before:.0%} → {after:.0%}.{end}"


def one_step(before: float, after: float) -> str:
    """Say what one step did to the probability of a drawing's label, and to its loss."""
    losses = (f"{-math.log(min(max(share, 1e-30), 1)) + 0.0:.2f}" for share in (before, after))
    return f"Probability {before:.1%} → {after:.1%}, loss {' → '.join(losses)}."


def price(before: float, after: float) -> str:
    """Say what a lesson cost on the test digits, from two accuracies."""
    return f"Test digits: {before:.2%} → {after:.2%}."


def took(seconds: float) -> str:
    """Say how long a lesson took."""
    return f"It took {1000 * seconds:.0f} ms."


def other_drawings(before: Sequence[int], after: Sequence[int]) -> str:
    """Say how a visitor's other drawings are read now, from two lists of digits."""
    changed = [f"{old} → {new}" for old, new in zip(before, after, strict=True) if old != new]
    n = len(before)
    others = f"Your {count(n)} other drawings" if n != 1 else "Your other drawing"
    if not changed:
        return f"{others}: read as before."
    return f"{others}: {listed(changed, 'and')}, the rest as before."


def labelled(n: int, most: int) -> str:
    """Say how many drawings have a label, of at most so many."""
    told = f"{count(n).capitalize()} drawing{'s' * (n != 1)} with a label"
    return f"{told}." if n < most else f"{told}: more are not kept, the oldest goes first."


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def points(change: float) -> str:
    """Say a change of a share in percentage points, with a sign: "+0.52 points"."""
    return f"{signed(100 * change)} points"


def count(n: int) -> str:
    """Write a number of things beside which there are digits: up to twelve as a word."""
    return COUNTS[n] if n < len(COUNTS) else f"{n:,}"


def one(digit: int) -> str:
    """Return a digit with its article: "a 7", "an 8"."""
    return f"{'an' if digit == 8 else 'a'} {digit}"


def signed(value: float, decimals: int = 2) -> str:
    """Write a number with its sign, which nought has none of: "+0.5", "−0.5", "0.0"."""
    written = f"{value:+.{decimals}f}"
    return written[1:] if float(written) == 0 else with_minus(written)


def with_minus(number: str) -> str:
    """Write a number's hyphen as the minus that it stands for."""
    return number.replace("-", "−")


def _share(share: Share) -> str:
    return f"{PARTS[share.part]} ({_number(share.value, '+')})"


def _number(value: float, sign: str = "") -> str:
    return with_minus(format(value, f"{sign}.1f" if abs(value) < 1_000 else f"{sign}.0e"))
