"""The models that a visitor can choose from, and the one that answers."""

from __future__ import annotations

from model.classifier.checkpoint import Checkpoint
from model.classifier.cnn import Cnn
from model.classifier.softmax import SoftmaxRegression
from model.config import Input
from ui.server import resources
from ui.server.own_files import AND_MNIST
from ui.session import state

__all__ = [
    "DATA_NAMES",
    "N_PICTURES",
    "active_model",
    "add_model",
    "choices",
    "describe",
    "fed",
    "go_back",
    "label",
    "linear",
    "trained_on",
    "use",
]

DATA_NAMES = {"mnist": "MNIST", "digits": "the built-in digits"}
N_PICTURES = {"mnist": 55_000, "digits": 1_297}
"""How many pictures of a data set a model learns from."""
FED: dict[Input, str] = {
    "directions": "fed the directions of the digit's edges",
    "moments": "fed the digit at one size, slant and place",
    "pixels": "fed the centred pixels as they are",
}
"""What a model is fed, after a verb."""
IN_SHORT: dict[str, str] = {
    "directions": "of the edges",
    "moments": "set upright",
    "pixels": "as they are",
    "network": "of filters",
}
"""The same beside the names of the shipped models."""


def choices() -> dict[str, Checkpoint]:
    """Return all models that this visitor can use, by name: the shipped ones, then their own."""
    return resources.shipped_models() | state.TRAINED.get()


def active_model() -> Checkpoint | None:
    """Return the checkpoint that answers this visitor; None where there is none at all."""
    models = choices()
    return models.get(state.MODEL.get() or "") or next(iter(models.values()), None)


def label(name: str) -> str:
    """Return what a model is called where it is chosen, in Markdown."""
    return f"{name} :small[{IN_SHORT[name]}]" if name in IN_SHORT else name


def use(name: str) -> None:
    """Let this model answer from now on; to be called before widgets are made."""
    state.MODEL.set(name)
    state.NOTICE.set(None)


def go_back() -> None:
    """Let the model answer that answered before the last training; as `use` is to be called."""
    use(state.BEFORE.get() or "")
    state.BEFORE.set(None)


def add_model(kind: str, checkpoint: Checkpoint) -> str:
    """Add a model to this visit's; return its name, which is `kind` and a number."""
    visit = state.VISIT.get()
    name = visit.add(kind, checkpoint, at_least=state.N_TRAINED.get())
    state.N_TRAINED.set(visit.n_trained)
    state.TRAINED.set(visit.models)
    return name


def fed(checkpoint: Checkpoint) -> str:
    """Say what a model is fed."""
    return FED[checkpoint.model.input]


def trained_on(checkpoint: Checkpoint, *, own: str) -> str:
    """Say what a model learned from; `own` is what data of a visitor's is called."""
    name = checkpoint.model.training_data.name
    return name if name.endswith(AND_MNIST) else DATA_NAMES.get(name, own)


def linear(checkpoint: Checkpoint) -> Checkpoint | None:
    """Return this model if it is linear, else the first shipped one that is; None without any.

    Phones and explanations need one.
    """
    if isinstance(checkpoint.model, SoftmaxRegression):
        return checkpoint
    shipped = resources.shipped_models().values()
    return next((each for each in shipped if isinstance(each.model, SoftmaxRegression)), None)


def describe(checkpoint: Checkpoint) -> str:
    """Say in a sentence what a model is fed and how well it reads."""
    is_network = isinstance(checkpoint.model, Cnn)
    is_classic = checkpoint.model.input == "pixels" and not is_network
    kind = "the classic tutorial's, " if is_classic else ""
    accuracy = checkpoint.measured.get("test_accuracy")
    data = trained_on(checkpoint, own="its own data")
    tested = (
        "" if accuracy is None else f"; reads {accuracy:.1%} of the test digits of {data} right"
    )
    n = f"{checkpoint.model.n_parameters:,}"
    name = "A convolutional network" if is_network else "Softmax regression"
    return f"{name} with {n} numbers, {kind}{fed(checkpoint)}{tested}."
