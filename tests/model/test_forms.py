"""Own data in every form that people have it in, each read into the same pictures and labels."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.command_line import main
from model.command_words import own_data
from model.data import datasets
from model.data.array_files import DataError
from model.data.datasets import Dataset
from model.data.forms.parts import role_of
from model.data.forms.table import FORMS
from tests.support.own_data import (
    csv,
    pictures,
    some_digits,
    write_csv,
    write_idx,
    written,
    zipped,
)
from tests.support.paths import ROOT, SAMPLES
from tests.support.specimens import shipped

Write = Callable[[Path], Path]


def npz(path: Path, **arrays: object) -> Path:
    np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})
    return path


def pair(shape: tuple[int, ...], dtype: object = np.uint8, scale: float = 1) -> Write:
    """Write an .npz with the pictures in another shape, type and scale."""

    def write(folder: Path) -> Path:
        images, labels = some_digits()
        values = (images * scale).astype(np.dtype(dtype)).reshape(120, *shape)  # type: ignore[call-overload]
        return npz(folder / "mine.npz", images=values, labels=labels)

    return write


def named(images: str, labels: str) -> Write:
    return lambda folder: npz(
        folder / "mine.npz", **dict(zip((images, labels), some_digits(), strict=True))
    )


def labelled(change: Callable[[np.ndarray], object]) -> Write:
    return lambda folder: npz(folder / "mine.npz", x=some_digits()[0], y=change(some_digits()[1]))


def npy_files(images: str, labels: str) -> Write:
    def write(folder: Path) -> Path:
        for name, array in zip((images, labels), some_digits(), strict=True):
            np.save(folder / name, array)
        return folder

    return write


def floats_in_csv(folder: Path) -> Path:
    images, labels = some_digits()
    table = np.column_stack([labels, images.reshape(120, -1) / 255])
    np.savetxt(folder / "mine.csv", table, "%.6f", ",")
    return folder / "mine.csv"


def label_last(folder: Path) -> Path:
    images, labels = some_digits()
    np.savetxt(folder / "mine.csv", np.column_stack([images.reshape(120, -1), labels]), "%d", ";")
    return folder / "mine.csv"


SAME: dict[str, tuple[str, Write]] = {
    # The forms by their specimens; each holds the 120 pictures as they are.
    "Kaggle's CSV": ("csv", lambda folder: write_csv(folder / "train.csv")),
    "CSV without a header": ("csv", lambda folder: write_csv(folder / "mnist.csv", None)),
    "CSV gzipped": ("csv", lambda folder: write_csv(folder / "train.csv.gz")),
    "CSV as a browser names it": ("csv", lambda folder: write_csv(folder / "train (1).csv")),
    "CSV in a zip": (
        "csv",
        lambda folder: zipped(
            folder / "archive.zip",
            {"train.csv": csv().encode(), "sample_submission.csv": b"ImageId,Label\n1,0\n"},
        ),
    ),
    "CSV of Windows": (
        "csv",
        lambda folder: written(folder, {"a.csv": b"\xef\xbb\xbf" + csv(end="\r\n").encode()}),
    ),
    "CSV with quotes": (
        "csv",
        lambda folder: written(folder, {"a.csv": re.sub(r"[^,\n]+", r'"\g<0>"', csv()).encode()}),
    ),
    "CSV of floats": ("csv", floats_in_csv),
    "CSV with the label last": ("csv", label_last),
    "CSV without labels beside it": (
        "csv",
        lambda folder: written(
            folder, {"train.csv": csv().encode(), "test.csv": b"pixel0,pixel1\n0,0\n"}
        ),
    ),
    "pictures": ("pictures", lambda folder: written(folder, pictures())),
    "pictures, one level deeper": (
        "pictures",
        lambda folder: written(folder / "mine", pictures(beginning="trainingSet/trainingSet/")),
    ),
    "pictures in a zip": ("pictures", lambda folder: zipped(folder / "a.zip", pictures())),
    "pictures in a zip of a Mac": (
        "pictures",
        lambda folder: zipped(
            folder / "a.zip", pictures(beginning="mine/") | {"__MACOSX/mine/0/._1.png": b"?"}
        ),
    ),
    "(n, 784)": ("npz", pair((784,))),
    "(n, 28, 28, 1)": ("npz", pair((28, 28, 1))),
    "(n, 1, 28, 28)": ("npz", pair((1, 28, 28))),
    "floats to 1": ("npz", pair((28, 28), np.float32, 1 / 255)),
    "floats to 255": ("npz", pair((784,), np.float64)),
    "wide numbers": ("npz", pair((784,), np.int64)),
    "x_train alone": ("npz", named("x_train", "y_train")),
    "X and y": ("npz", named("X", "y")),
    "images and labels": ("npz", named("images", "labels")),
    "data and target": ("npz", named("data", "target")),
    "train_images": ("npz", named("train_images", "train_labels")),
    "names that say nothing": ("npz", named("first", "second")),
    "labels as text": ("npz", labelled(lambda labels: labels.astype(str))),
    "labels as bytes": ("npz", labelled(lambda labels: labels.astype("S1"))),
    "labels as floats": ("npz", labelled(lambda labels: labels.astype(float))),
    "labels in a column": ("npz", labelled(lambda labels: labels[:, np.newaxis])),
    "labels one-hot": ("npz", labelled(lambda labels: np.eye(10)[labels])),
    "column by column": (
        "npz",
        lambda folder: npz(
            folder / "mine.npz",
            X=np.asfortranarray(some_digits()[0].reshape(120, -1)),
            y=some_digits()[1],
        ),
    ),
    ".npy files": ("npy", npy_files("x_train.npy", "y_train.npy")),
    ".npy files, other names": ("npy", npy_files("mnist_images.npy", "mnist_labels.npy")),
    "IDX in torchvision's folders": (
        "idx",
        lambda folder: write_idx(
            folder / "MNIST" / "raw", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
        ).parents[1],
    ),
    "IDX of EMNIST": (
        "idx",
        lambda folder: write_idx(
            folder,
            "emnist-digits-train-images-idx3-ubyte.gz",
            "emnist-digits-train-labels-idx1-ubyte.gz",
        ),
    ),
    "IDX as a browser names it": (
        "idx",
        lambda folder: write_idx(
            folder, "train-images-idx3-ubyte (1).gz", "train-labels-idx1-ubyte (2).gz"
        ),
    ),
}


def everything(dataset: Dataset) -> dict[bytes, int]:
    """Return all pictures with their labels."""
    splits = (dataset.train, dataset.validation, dataset.test)
    return {
        image.tobytes(): int(label)
        for split in splits
        for image, label in zip(split.images, split.labels, strict=True)
    }


@pytest.mark.parametrize(("form", "write"), SAME.values(), ids=SAME)
def test_each_form_is_read_into_the_same_pictures(tmp_path: Path, form: str, write: Write) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    dataset = datasets.load(write(folder))
    images, labels = some_digits()
    found = everything(dataset)
    assert dataset.own is not None
    assert dataset.own.form == form
    assert (dataset.own.n, dataset.own.size, dataset.own.has_test) == (120, (28, 28), False)
    assert found == {
        image.tobytes(): label for image, label in zip(images, labels.tolist(), strict=True)
    }
    assert len(dataset.test) == 20
    assert dataset.source == "own_files"


def test_the_table_of_forms_has_a_specimen_of_each() -> None:
    assert {form for form, _ in SAME.values()} | {"strokes"} == {form.name for form in FORMS}


def test_the_documents_have_a_row_for_every_form() -> None:
    text = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert rows == [form.name for form in FORMS]


WITH_TEST: dict[str, Write] = {
    "IDX": lambda folder: write_idx(
        write_idx(folder, "train-images.idx3-ubyte", "train-labels.idx1-ubyte", slice(90)),
        "test-images-idx3-ubyte",
        "test-labels-idx1-ubyte",
        slice(90, 120),
    ),
    "CSV": lambda folder: written(
        folder,
        {
            "mnist_train.csv": csv(n=slice(90)).encode(),
            "mnist_test.csv": csv(n=slice(90, 120)).encode(),
        },
    ),
    "pictures": lambda folder: written(
        folder, pictures(slice(90), "train/") | pictures(slice(90, 120), "test/")
    ),
    "npz": lambda folder: npz(
        folder / "mine.npz",
        x_train=some_digits()[0][:90],
        y_train=some_digits()[1][:90],
        x_test=some_digits()[0][90:],
        y_test=some_digits()[1][90:],
    ),
    "npz with validation": lambda folder: npz(
        folder / "mine.npz",
        x_train=some_digits()[0][:60],
        y_train=some_digits()[1][:60],
        x_val=some_digits()[0][60:90],
        y_val=some_digits()[1][60:90],
        x_test=some_digits()[0][90:],
        y_test=some_digits()[1][90:],
    ),
}


@pytest.mark.parametrize("write", WITH_TEST.values(), ids=WITH_TEST)
def test_a_part_for_the_test_is_kept_as_it_is(tmp_path: Path, write: Write) -> None:
    dataset = datasets.load(write(tmp_path))
    images, labels = some_digits()
    assert dataset.own is not None
    assert (dataset.own.has_test, dataset.own.n) == (True, 120)
    found = {
        image.tobytes(): label
        for image, label in zip(dataset.test.images, dataset.test.labels, strict=True)
    }
    assert found == dict(zip((image.tobytes() for image in images[90:]), labels[90:], strict=True))


def test_strokes_are_drawn_and_centred() -> None:
    dataset = datasets.load(SAMPLES)
    assert dataset.own is not None
    assert (dataset.own.form, dataset.own.n, dataset.own.size) == ("strokes", 10, (280, 280))
    for split in (dataset.train, dataset.validation, dataset.test):
        predicted = shipped("directions").model.predict(split.images)
        np.testing.assert_array_equal(predicted, split.labels)


def test_strokes_are_read_packed_and_in_a_zip(tmp_path: Path) -> None:
    content = SAMPLES.read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(content))
    archive = zipped(tmp_path / "a.zip", {"folder/a.jsonl": content})
    expected = datasets.load(SAMPLES)
    for path in (tmp_path / "a.jsonl.gz", archive):
        assert datasets.load(path).sha256 == expected.sha256


@pytest.mark.parametrize(
    "raw", [True, False], ids=["8 × 8 counts, as scikit-learn has them", "16 × 16 floats"]
)
def test_pictures_of_another_size_are_enlarged_and_read_right(tmp_path: Path, raw: bool) -> None:
    from sklearn.datasets import load_digits

    small = load_digits()
    images = small.images[:200]
    if not raw:
        large = [
            Image.fromarray(image).resize((16, 16), Image.Resampling.BICUBIC) for image in images
        ]
        images = np.stack([np.asarray(picture) for picture in large]).clip(0, 16) / 8 - 1
    dataset = datasets.load(npz(tmp_path / "a.npz", data=images, target=small.target[:200]))
    assert dataset.own is not None
    assert dataset.own.size == images.shape[1:]
    predicted = shipped("directions").model.predict(dataset.train.images)
    assert (predicted == dataset.train.labels).mean() > 0.85  # 0.91 of the built-in ones


def test_large_dark_pictures_on_light_paper_stay_dark(tmp_path: Path) -> None:
    folder = written(tmp_path, pictures(slice(40), side=100))
    for path in folder.rglob("*.png"):
        Image.eval(Image.open(path), lambda grey: 235 - grey * 200 // 255).convert("RGB").save(path)
    dataset = datasets.load(folder)
    assert dataset.own is not None
    assert (dataset.own.dark_on_light, dataset.own.size) == (True, (100, 100))
    assert dataset.train.images[:, 0].min() == 255


@pytest.mark.parametrize("ink", ["black", "white"])
def test_strokes_on_a_transparent_sheet_are_seen_whatever_their_colour(
    tmp_path: Path, ink: str
) -> None:
    folder = written(tmp_path, pictures(slice(40)))
    for path in folder.rglob("*.png"):
        sheet = Image.new("RGBA", (28, 28), ink)
        sheet.putalpha(Image.open(path))
        sheet.save(path)
    dataset = datasets.load(folder)
    assert dataset.own is not None
    assert dataset.own.dark_on_light == (ink == "black")
    assert np.ptp(dataset.train.images, axis=(1, 2)).min() == 255


def test_what_was_understood_is_said_in_a_line(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv")
    own = datasets.load(tmp_path / "train.csv").own
    assert own is not None
    assert own_data(own) == (
        "120 pictures, 28 × 28, white on black, digits 0 to 9; a sixth of them is the test part"
    )
    assert own.samples.shape == (12, 28, 28)
    assert set(own.sample_labels.tolist()) == set(range(10))


def test_pictures_that_cannot_be_used_are_left_out_and_named(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        pictures() | {"3/broken.png": b"nothing", "loose.png": b"", "3/empty.png": b""},
    )
    own = datasets.load(folder).own
    assert own is not None
    assert (own.n, own.n_left_out) == (120, 3)
    assert {file.name: file.why for file in own.left_out} == {
        "loose.png": "no_digit",
        "3/broken.png": "no_picture",
        "3/empty.png": "no_picture",
    }


@pytest.mark.parametrize("order", ["by label", "one label at the end"])
def test_sorted_data_loses_no_digit_in_any_part(tmp_path: Path, order: str) -> None:
    images, labels = some_digits()
    sorting = np.argsort(labels if order == "by label" else labels == 0, kind="stable")
    dataset = datasets.load(npz(tmp_path / "a.npz", x=images[sorting], y=labels[sorting]))
    for split in (dataset.train, dataset.validation, dataset.test):
        assert set(split.labels.tolist()) == set(range(10))


def test_the_same_files_are_split_in_the_same_way(tmp_path: Path) -> None:
    first, second = (datasets.load(write_csv(tmp_path / name)) for name in ("a.csv", "b.csv"))
    assert first.sha256 == second.sha256
    np.testing.assert_array_equal(first.validation.images, second.validation.images)


def test_a_folder_with_several_sets_takes_the_digits(tmp_path: Path) -> None:
    for name in ("letters", "digits"):
        write_idx(
            tmp_path,
            f"emnist-{name}-train-images-idx3-ubyte",
            f"emnist-{name}-train-labels-idx1-ubyte",
            slice(60 if name == "digits" else 30),
        )
    own = datasets.load(tmp_path).own
    assert own is not None
    assert own.n == 60


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("t10k-images-idx3-ubyte", "test"),
        ("testing/3", "test"),
        ("x_train", "train"),
        ("trainingSet/trainingSet", "train"),
        ("valid", "validation"),
        ("contest/train", "train"),
        ("digits", None),
        ("valentina/values", None),
        ("latest", None),
    ],
)
def test_a_name_says_which_part_it_is(name: str, role: str | None) -> None:
    assert role_of(name) == role


WRONG: dict[str, tuple[Write, str]] = {
    "another kind of file": (
        lambda folder: written(folder, {"mine.mat": b"MATLAB"}),
        r"holds no data in a form that is read \(.*npz.*csv.*\); there is: mine.mat",
    ),
    "an empty folder": (lambda folder: folder, "there is: no file"),
    "pictures without folders": (
        lambda folder: written(folder, {"a.png": b"?"}),
        "pictures lie in folders named by their digit, 0 to 9, such as 3/mine.png",
    ),
    "pickled labels": (
        lambda folder: npz(folder / "a.npz", X=some_digits()[0], y=np.array(["1"] * 120, object)),
        "y holds Python objects, which are not unpickled; save numbers",
    ),
    "letters": (
        lambda folder: npz(folder / "a.npz", X=some_digits()[0], y=["A"] * 120),
        "labels are 0 to 9, but the one at 0 is 'A'",
    ),
    "a CSV without labels": (
        lambda folder: written(folder, {"test.csv": b"pixel0,pixel1\n1,2\n"}),
        "test.csv: has no column of labels; its columns are pixel0, pixel1",
    ),
    "a CSV with uneven rows": (
        lambda folder: written(folder, {"a.csv": b"label,pixel0\n1,2\n1,2,3\n"}),
        "a.csv: from row 1 on: rows are numbers between ','",
    ),
    "a CSV of words": (
        lambda folder: written(folder, {"a.csv": b"label,pixel0\none,two\n"}),
        "a.csv: from row 1 on: rows are numbers",
    ),
    "a CSV with one label too many": (
        lambda folder: written(folder, {"a.csv": csv().encode() + b"12" + b",0" * 784 + b"\n"}),
        "labels are 0 to 9, but the one at 120 is 12",
    ),
    "labels without images": (
        lambda folder: written(folder, {"train-labels-idx1-ubyte": b""}),
        "its set lacks train-images-idx3-ubyte",
    ),
    "another range": (
        lambda folder: npz(folder / "a.npz", X=some_digits()[0] * 300.0, y=some_digits()[1]),
        "grey is 0 to 255 or 0 to 1, got up to 76500",
    ),
    "no numbers": (
        lambda folder: npz(folder / "a.npz", X=np.full((3, 784), np.inf), y=[1, 2, 3]),
        "not finite",
    ),
    "a broken line of strokes": (
        lambda folder: written(folder, {"a.jsonl": b"{}\n"}),
        "a.jsonl, line 1: label must be a whole number from 0 to 9",
    ),
    "an encrypted zip": (
        lambda folder: encrypted(folder / "a.zip"),
        r"train.csv: is encrypted; pack it without a password",
    ),
}


def encrypted(path: Path) -> Path:
    """Write a zip that says that it needs a password."""
    zipped(path, {"train.csv": b"label,pixel0\n"}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    for beginning, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(beginning) + flags] |= 1
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("write", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(tmp_path: Path, write: Write, message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.load(write(tmp_path))


@pytest.mark.tensorflow
@pytest.mark.parametrize("form", [form.name for form in FORMS])
def test_each_form_is_trained_on_by_the_command_line(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    specimens = dict(SAME.values())
    data = SAMPLES if form == "strokes" else specimens[form](folder)
    arguments = ["--dataset", str(data), "--steps", "20", "--batch-size", "10"]
    out = str(tmp_path / "out.safetensors")
    assert main(["train", *arguments, "--out", out]) == 0
    captured = capsys.readouterr()
    assert " pictures, " in captured.err
    assert main(["evaluate", "--checkpoint", out, "--dataset", str(data), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["data"]["form"] == form
    assert measured["n"] == (2 if form == "strokes" else 20)
