"""English for what `model` returns as codes and fields; another language is another such file."""

from __future__ import annotations

from collections.abc import Mapping

from model.config import SIDE
from model.explanation.counterfactual import Counterfactual
from model.explanation.evidence import Evidence, Part, Share, ranking
from model.explanation.pipeline import StageName
from model.explanation.pixel_search import MOST
from model.jobs.reason import Code, Reason
from model.preprocessing.centring import BOX

__all__ = ["PARTS", "REASONS", "STAGES", "change", "evidence", "reason"]

_ENDED = "The training process ended unexpectedly ({}). The next press starts a new process."

REASONS: Mapping[Code, str] = {
    "loading": "Loading the data.",
    "downloading": "Downloading {name}{share}.",
    "stopped": "Stopped.",
    "unwatched": "Stopped: nobody was watching any more.",
    "took_too_long": "Stopped: it took very long, and others were waiting.",
    "server_stopped": "The server has stopped.",
    "data": "{error}",
    "diverged": "Training diverged: by step {step} the loss had risen to {loss:.3g}, where guessing"
    " gives {guessing:.3g}; the learning rate {learning_rate:g} is too high for this data and a"
    " batch size of {batch_size}: try a tenth of it.",
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
LEAST_NAMED = 0.05
"""A share below this would be printed as 0.0."""

STAGES: Mapping[StageName, str] = {
    "canvas": f"The whole canvas, shrunk to {SIDE} × {SIDE}",
    "crop": "Cropped to the ink",
    "box": f"Longer side scaled to {BOX} pixels",
    "centre": "Centre of mass put in the middle",
    "moments": "Size, slant and proportions evened out",
    "directions": "Its edges, whose directions are told",
}


def reason(why: Reason) -> str:
    """Say in a sentence or two why a job waits, stopped, failed or was refused."""
    fields = dict(why.fields)
    if why.code == "downloading":
        total = fields["total"]
        fields["share"] = f", {fields['done'] / total:.0%}" if total else ""
    text = REASONS[why.code].format(**fields)
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


def _share(share: Share) -> str:
    return f"{PARTS[share.part]} ({_number(share.value, '+')})"


def _number(value: float, sign: str = "") -> str:
    text = format(value, f"{sign}.1f" if abs(value) < 1_000 else f"{sign}.0e")
    return text.replace("-", "−")
