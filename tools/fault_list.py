"""The deliberate faults of `tools.deliberate_faults`, spread over model/ and ui/."""

from __future__ import annotations

import dataclasses

__all__ = ["FAULTS", "Fault"]


@dataclasses.dataclass(frozen=True)
class Fault:
    """One deliberate fault.

    Parameters
    ----------
    part : str
        The part of the program, for people.
    what : str
        What goes wrong.
    old, new : str
        A text that occurs exactly once in the program's files, and the faulty one in its place.
        The spaces and line ends between its words may be any.
    tests : str
        The file below tests/ whose tests catch it.
    only : str
        An expression for pytest's `-k`, which saves time.
    """

    part: str
    what: str
    old: str
    new: str
    tests: str
    only: str = ""


FAULTS = (
    Fault(
        "centring",
        "the centre of mass comes to rest a pixel too far",
        "max(round(MIDDLE - middle), 0)",
        "max(round(MIDDLE - middle) + 1, 0)",
        "model/test_centring.py",
    ),
    Fault(
        "moments",
        "the variance behind the shear has a wrong sign",
        "mu20 - 2 * shear * mu11 + shear**2 * mu02",
        "mu20 + 2 * shear * mu11 + shear**2 * mu02",
        "model/test_moments.py",
    ),
    Fault(
        "softmax",
        "the largest score is not subtracted first",
        "np.exp(logits - logits.max(axis=-1, keepdims=True))",
        "np.exp(logits)",
        "model/test_softmax.py",
    ),
    Fault(
        "reject rule",
        "a distance adds what it should subtract",
        "- 2 * x @ centres.T",
        "+ 2 * x @ centres.T",
        "model/test_reject.py",
    ),
    Fault(
        "training",
        "the gradient points uphill",
        "(tf.exp(log_probabilities) - one_hot) / n",
        "(one_hot - tf.exp(log_probabilities)) / n",
        "model/test_gradient_descent.py",
        "gradient",
    ),
    Fault(
        "evaluation",
        "the confusion matrix lies on its side",
        "confusion_matrix(y_true, y_pred, labels=digits)",
        "confusion_matrix(y_pred, y_true, labels=digits)",
        "model/test_metrics.py",
    ),
    Fault(
        "calibration",
        "a probability on a border goes into the upper bin",
        "np.searchsorted(inner_borders, sure)",
        'np.searchsorted(inner_borders, sure, side="right")',
        "model/test_calibration.py",
    ),
    Fault(
        "evidence",
        "what speaks against a digit has a wrong sign",
        "-float(self.map[self.map < 0].sum())",
        "float(self.map[self.map < 0].sum())",
        "model/test_evidence.py",
    ),
    Fault(
        "counterfactual",
        "the smallest gains come first",
        'np.argsort(-gains, kind="stable")',
        'np.argsort(gains, kind="stable")',
        "model/test_counterfactual.py",
    ),
    Fault(
        "pipeline",
        "the box is used where it is switched off",
        'BOX if "box" in steps else SIDE',
        'SIDE if "box" in steps else BOX',
        "model/test_pipeline.py",
    ),
    Fault(
        "ink",
        "a photo on its side is not turned upright",
        "return image if turn is None else image.transpose(turn)",
        "return image",
        "model/test_ink.py",
    ),
    Fault(
        "strokes",
        "right and down are swapped",
        "free_room * (right, down) + PEN / 2",
        "free_room * (down, right) + PEN / 2",
        "model/test_strokes.py",
    ),
    Fault(
        "augmentation",
        "a zero's slash ends on the side where it begins",
        "end = centre - up_right",
        "end = centre + up_right",
        "model/test_augmentation.py",
    ),
    Fault(
        "checkpoint",
        "a checkpoint of another version is read",
        'metadata.get("version") not in [str(version) for version in range(1, VERSION + 1)]',
        'not metadata.get("version")',
        "model/test_checkpoint.py",
    ),
    Fault(
        "atomic writes",
        "young temporary files are removed, not old ones",
        "path.stat().st_mtime < long_ago",
        "path.stat().st_mtime > long_ago",
        "faults/test_kill.py",
    ),
    Fault(
        "data sets",
        "validation pictures are also trained on",
        "train=Split(images[n_validation:], labels[n_validation:])",
        "train=Split(images, labels)",
        "model/test_datasets.py",
    ),
    Fault(
        "data files",
        "another data set is taken for MNIST",
        "if arrived != wanted:",
        "if not arrived:",
        "model/test_datasets.py",
        "not_mnist or damaged",
    ),
    Fault(
        "download",
        "what is sent again from the start is appended",
        "if not _continues_at(response, start):",
        "if start == 0:",
        "model/test_download.py",
    ),
    Fault(
        "job queue",
        "who presses too often is told a second too few",
        "math.ceil(own[-self._limits.jobs_per_minute] + 60 - now)",
        "math.ceil(own[-self._limits.jobs_per_minute] + 59 - now)",
        "model/test_job_queue.py",
    ),
    Fault(
        "run control",
        "a single step takes two",
        "self._leave(step, 1)",
        "self._leave(step, 2)",
        "model/test_worker.py",
        "single_steps",
    ),
    Fault(
        "trainer",
        "a run is stopped as soon as others wait",
        "now - turn.sent_at > self._limits.longest_turn_seconds",
        "now - turn.sent_at < self._limits.longest_turn_seconds",
        "model/test_worker.py",
        "long_held",
    ),
    Fault(
        "command line",
        "pictures without labels are measured",
        "if labels.shape != (n,) or n == 0:",
        "if len(labels.shape) != 1:",
        "model/test_cli.py",
        "cannot_be_measured",
    ),
    Fault(
        "canvas",
        "a drawing may have any number of strokes",
        "MOST_STROKES = 2_000",
        "MOST_STROKES = 200_000",
        "hostile/test_canvas_message.py",
    ),
    Fault(
        "why",
        "the least likely digit is taken for the answer",
        "np.argsort(-reading.probabilities",
        "np.argsort(reading.probabilities",
        "browser/test_why.py",
        "contrast",
    ),
    Fault(
        "receipt",
        "the drawing on the canvas is left out",
        "[] if digit is None else [digit]",
        "[]",
        "browser/test_train.py",
        "receipt",
    ),
    Fault(
        "train view",
        "an endless number in the address stays",
        "math.isinf(float(text))",
        "math.isnan(float(text))",
        "hostile/test_address.py",
    ),
    Fault(
        "evaluate view",
        "what was read right counts as a confusion",
        "matrix * (1 - np.eye(N_CLASSES, dtype=np.int64))",
        "matrix",
        "ui/test_evaluate.py",
        "commonest",
    ),
    Fault(
        "how view",
        "the visitor's drawing is not used",
        "picture = digit_on_canvas()\n    return examples()",
        "picture = None\n    return examples()",
        "browser/test_how.py",
        "product",
    ),
    Fault(
        "model list",
        "the model in use is offered, the others are not",
        '"In use" if active else "Use"',
        '"Use" if active else "In use"',
        "browser/test_train.py",
        "downloaded",
    ),
    Fault(
        "own data",
        "uploaded files are not tried",
        "own = own_files.read(uploaded, LIMITS, AS_THEY_CAME)",
        "own = own_files.read(uploaded, Limits(), AS_THEY_CAME)",
        "hostile/test_network.py",
        "bomb_of_training or any_name",
    ),
    Fault(
        "training job",
        "a stopped run's model takes over",
        'job.state == "done" and name is not None',
        "name is not None",
        "browser/test_train.py",
        "stop_keeps",
    ),
    Fault(
        "models",
        "without the first model none answers",
        "or next(iter(models.values()), None)",
        "or None",
        "ui/test_page.py",
    ),
    Fault(
        "bars.js",
        "the least likely digit is named",
        "probabilities[b] - probabilities[a]",
        "probabilities[a] - probabilities[b]",
        "browser/test_draw.py",
        "mouse",
    ),
    Fault(
        "moments.js",
        "the variance behind the shear has a wrong sign",
        "Math.max(mu20 - 2 * shear * mu11",
        "Math.max(mu20 + 2 * shear * mu11",
        "browser/test_live_bars.py",
        "samples_are_read_alike",
    ),
    Fault(
        "film.js",
        "a film begins at its first frame, not its last",
        "view.slider.value = data.frames.length - 1",
        "view.slider.value = 0",
        "browser/test_train.py",
        "film",
    ),
    Fault(
        "map.js",
        "rows and columns are swapped",
        "row: y + 1, column: x + 1",
        "row: x + 1, column: y + 1",
        "browser/test_why.py",
        "pixel_says",
    ),
    Fault(
        "colours",
        "for is blue and against orange",
        "np.where(share < 0,",
        "np.where(share >= 0,",
        "ui/test_pixels.py",
    ),
    Fault(
        "charts",
        "true digits lie in columns",
        "true, predicted = np.indices(counts.shape)",
        "predicted, true = np.indices(counts.shape)",
        "ui/test_charts.py",
    ),
    Fault(
        "style sheet",
        "reasons are offered before anything is drawn",
        ".st-key-why { visibility: hidden; }",
        ".st-key-why { visibility: visible; }",
        "browser/test_why.py",
        "nothing_is_explained",
    ),
    Fault(
        "page",
        "the page is a narrow column",
        "max-width: 92rem;",
        "max-width: 40rem;",
        "browser/test_layout.py",
        "projector",
    ),
)
