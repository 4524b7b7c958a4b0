"""The command line, as a person and as a program use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.classifier import checkpoint
from model.command_line import main
from model.data import datasets
from tests.support.paths import CHECKPOINTS, ROOT, SAMPLES
from tests.support.specimens import drawn, sample_digits

PIXELS = str(CHECKPOINTS / "pixels.safetensors")
KEYS = {
    "accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "expected_calibration_error",
    "confusion_matrix",
    "n",
    "input",
    "dataset",
}
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every command finds the same data everywhere: none but what is built in."""
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "model", *arguments], cwd=ROOT, capture_output=True, text=True
    )


def answer(capsys: Captured, *arguments: str) -> dict[str, Any]:
    """Run a command with --json and return its object."""
    assert main([*arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    found: dict[str, Any] = json.loads(captured.out)
    return found


def mistake(capsys: Captured, *arguments: str) -> str:
    """Run a command that must fail by the user's mistake; return the line that says so."""
    try:
        code: Any = main(arguments)
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: ")
    assert "Traceback" not in captured.err
    return captured.err


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "three.png"
    Image.fromarray(np.uint8(255 - 255 * drawn(sample_digits()[3]))).save(path)
    return path


@pytest.mark.parametrize(
    "command", [[], ["fetch"], ["train"], ["evaluate"], ["predict"], ["export"]]
)
def test_help_teaches(capsys: Captured, command: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: {' '.join(['python -m model', *command])}" in text
    lines = [line for line in text.splitlines() if line.startswith("  --")]
    assert all(len(line.split()) > 2 or "-" in line for line in lines)
    if not command:
        assert all(name in text for name in ("fetch", "train", "evaluate", "predict", "export"))


def test_evaluate_as_a_program_prints_one_object_and_loads_no_tensorflow() -> None:
    code = (
        "import sys; from model.command_line import main; main(sys.argv[1:]); print(*sys.modules)"
    )
    arguments = ["evaluate", "--dataset", "digits", "--json"]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    text, modules = result.stdout.splitlines()
    measured = json.loads(text)
    assert measured.keys() >= KEYS
    assert (measured["n"], measured["dataset"], measured["input"]) == (300, "digits", "directions")
    assert np.sum(measured["confusion_matrix"]) == 300
    assert measured["accuracy"] == np.trace(measured["confusion_matrix"]) / 300
    assert measured["accuracy"] > 0.85  # digits of other writers, at a quarter of the detail
    assert not {"tensorflow", "keras"} & set(modules.split())


def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(tmp_path: Path) -> None:
    result = run("evaluate", "--checkpoint", str(tmp_path / "none.safetensors"))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "none.safetensors cannot be read: No such file or directory" in result.stderr


def test_trained_as_a_program_measured_and_used(
    capsys: Captured, tmp_path: Path, picture: Path
) -> None:
    out = tmp_path / "mine.safetensors"
    trained = run("train", "--dataset", "digits", "--steps", "60", "--out", str(out), "--json")
    assert trained.returncode == 0, trained.stderr
    assert trained.stderr == ""
    result = json.loads(trained.stdout)
    assert result["checkpoint"] == str(out)
    assert result["test_accuracy"] > 0.8
    measured = answer(capsys, "evaluate", "--checkpoint", str(out), "--dataset", "digits")
    assert measured["accuracy"] == result["test_accuracy"]
    read = run("predict", str(picture), "--checkpoint", str(out))
    assert read.returncode == 0, read.stderr
    assert read.stdout.startswith(f"{picture}: ")


def test_train_saves_the_settings_and_what_was_measured(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    arguments = (
        "train --dataset digits --input moments --steps 30 --batch-size 50 --learning-rate 0.25 "
        "--schedule linear --averaging 0.5 --pen-habits 0.2 --elastic 0.1 --seed 9 --out"
    )
    result = answer(capsys, *arguments.split(), str(out))
    saved = checkpoint.load(out)
    assert saved.config.as_dict() == {
        "kind": "softmax",
        "input": "moments",
        "n_steps": 30,
        "batch_size": 50,
        "learning_rate": 0.25,
        "schedule": "linear",
        "averaging": 0.5,
        "pen_habits": 0.2,
        "elastic": 0.1,
        "seed": 9,
    }
    assert saved.model.training_data.name == result["dataset"] == "digits"
    for key in ("n_steps", "test_accuracy", "validation_accuracy"):
        assert saved.measured[key] == result[key]


def test_the_same_command_trains_the_same_model(capsys: Captured, tmp_path: Path) -> None:
    weights = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = tmp_path / f"{name}.safetensors"
        arguments = ["train", "--dataset", "digits", "--steps", "20", "--seed", seed]
        answer(capsys, *arguments, "--out", str(out))
        weights.append(checkpoint.load(out).model.weights)
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


def test_train_says_what_it_made(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    assert main(["train", "--dataset", "digits", "--steps", "5", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert f"{out}: trained on digits by TensorFlow, test accuracy 0." in captured.out
    assert captured.err == ""  # the progress bar is for terminals


def test_a_run_that_diverges_leaves_the_old_checkpoint(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    out.write_bytes(b"old")
    line = mistake(
        capsys, "train", "--dataset", "digits", "--learning-rate", "999", "--out", str(out)
    )
    assert "training diverged" in line
    assert out.read_bytes() == b"old"


def test_evaluate_draws_pen_strokes(capsys: Captured) -> None:
    measured = answer(capsys, "evaluate", "--strokes", str(SAMPLES))
    assert measured.keys() >= KEYS
    assert (measured["n"], measured["dataset"]) == (10, "samples.jsonl")
    assert measured["accuracy"] == 1


def test_evaluate_takes_pictures_of_any_size(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "drawn.npz"
    digits = sample_digits()
    images = np.stack([np.uint8(255 * drawn(digit)) for digit in digits])
    wide = np.pad(images, ((0, 0), (0, 30), (40, 0)))
    np.savez(path, images=wide, labels=[digit.label for digit in digits])
    measured = answer(capsys, "evaluate", "--images", str(path))
    assert (measured["n"], measured["accuracy"], measured["dataset"]) == (10, 1, "drawn.npz")


def test_evaluate_takes_another_checkpoint(capsys: Captured) -> None:
    measured = answer(capsys, "evaluate", "--checkpoint", PIXELS, "--strokes", str(SAMPLES))
    assert measured["input"] == "pixels"


def test_evaluate_prints_a_table_for_people(capsys: Captured) -> None:
    assert main(["evaluate", "--strokes", str(SAMPLES)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "10 pictures of samples.jsonl, input directions"
    assert lines[1].startswith("accuracy 1.0000   macro precision 1.0000")
    assert lines[-10:][7].split() == ["7", *"0000000100"]


def test_predict_reads_pictures(capsys: Captured, picture: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    Image.new("L", (50, 50), 255).save(empty)
    three, nothing = answer(capsys, "predict", str(picture), str(empty))["predictions"]
    assert (three["picture"], three["digit"], three["verdict"]) == (str(picture), 3, "answer")
    assert sum(three["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert np.argmax(three["probabilities"]) == 3
    assert nothing == {
        "picture": str(empty),
        "verdict": "empty",
        "digit": None,
        "probabilities": None,
    }


def test_predict_says_when_it_is_not_sure(capsys: Captured, picture: Path, tmp_path: Path) -> None:
    dot, empty = tmp_path / "dot.png", tmp_path / "empty.png"
    y, x = np.mgrid[:100, :100] - 50
    Image.fromarray(np.uint8(255 * (x**2 + y**2 > 100))).save(dot)
    Image.new("L", (50, 50), 255).save(empty)
    assert main(["predict", str(picture), str(dot), str(empty)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith((f"{picture}: 3, 9", f"{picture}: 3, >9"))
    assert lines[1].endswith("(not sure: unfamiliar)")
    assert lines[2] == f"{empty}: no drawing found"


def test_predict_is_unsure_where_dark_and_light_may_both_be_the_ink(
    capsys: Captured, tmp_path: Path
) -> None:
    picture = tmp_path / "board.png"
    y, x = np.mgrid[:240, :240] // 60
    Image.fromarray(np.uint8(255 * ((x + y) % 2))).save(picture)
    (found,) = answer(capsys, "predict", str(picture))["predictions"]
    assert (found["verdict"], found["digit"]) == ("unsure", None)
    assert main(["predict", str(picture)]) == 0
    assert (
        capsys.readouterr().out == f"{picture}: not sure whether its dark or its light is the ink\n"
    )


def test_export_writes_what_is_asked_for(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "digits.tflite"
    result = answer(capsys, "export", "--format", "tflite", str(out), "--checkpoint", PIXELS)
    assert result == {"format": "tflite", "out": str(out)}
    assert out.read_bytes()[4:8] == b"TFL3"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["trian"], "invalid choice: 'trian'"),
        (["train", "--steps", "0"], "n_steps must be a whole number from 1 to 100000, got 0"),
        (["train", "--steps", "many"], "argument --steps: invalid int value: 'many'"),
        (["train", "--learning-rate", "nan"], "learning_rate must be above 0"),
        (["train", "--input", "raw"], "argument --input: invalid choice: 'raw'"),
        (["train", "--dataset", "digits", "--out", "none/x"], "there is no folder none"),
        (["train", "--dataset", "fashion"], "'fashion' is neither a data set"),
        (["evaluate", "--dataset", "fashion"], "'fashion' is neither a data set"),
        (["evaluate", "--strokes", "none.jsonl"], "none.jsonl"),
        (["evaluate", "--strokes", os.devnull], "null holds no digits"),
        (["evaluate", "--images", "none.npz"], "none.npz"),
        (["evaluate", "--dataset", "digits", "--images", "x.npz"], "not allowed with"),
        (["evaluate", "--checkpoint", str(SAMPLES)], "is not a safetensors file"),
        (["evaluate", "--strokes", str(SAMPLES), "--seed", "-1"], "non-negative"),
        (["predict"], "required: IMAGE"),
        (["predict", "none.png"], "none.png: No such file or directory"),
        (["predict", str(ROOT / "docs")], "docs: holds no pictures (.png, .jpg"),
        (["train", "--turn", "sideways"], "a turn is one of none, transpose, mirror"),
        (["predict", str(SAMPLES)], "samples.jsonl: this is not a picture that can be read"),
        (["export", "out"], "required: --format"),
        (["export", "--format", "onnx", "out"], "invalid choice: 'onnx'"),
        (["export", "--format", "keras", "out"], "name ends in .keras, got out"),
    ],
)
def test_a_mistake_is_explained_in_one_line(
    capsys: Captured, arguments: list[str], fault: str
) -> None:
    assert fault in mistake(capsys, *arguments)


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"images": np.zeros((2, 8, 8), np.uint8)}, "labels"),
        ({"images": np.zeros((2, 8, 8)), "labels": [1, 2]}, "images must be (n, H, W) uint8"),
        ({"images": np.zeros((8, 8), np.uint8), "labels": [1]}, "got (8, 8) uint8"),
        ({"images": np.zeros((2, 8, 8), np.uint8), "labels": [1]}, "labels must be (2,)"),
        ({"images": np.zeros((0, 8, 8), np.uint8), "labels": []}, "at least one"),
        ({"images": np.zeros((1, 0, 8), np.uint8), "labels": [1]}, "H, W > 0"),
        ({"images": np.zeros((1, 8, 8), np.uint8), "labels": [10]}, "from 0 to 9"),
        ({"images": np.zeros((1, 8, 8), np.uint8), "labels": ["one"]}, "numbers were expected"),
    ],
)
def test_pictures_that_cannot_be_measured_are_explained(
    capsys: Captured, tmp_path: Path, arrays: dict[str, Any], fault: str
) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    assert fault in mistake(capsys, "evaluate", "--images", str(path))


def test_fetch_without_a_network_is_explained(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_MNIST_MIRRORS", "http://127.0.0.1:9/mnist/")
    assert "127.0.0.1" in mistake(capsys, "fetch")


# What an attack found.


def test_where_nothing_is_read_right_the_measures_are_zeros(
    capsys: Captured, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.npz"
    images = np.stack([np.rint(255 * drawn(digit)) for digit in sample_digits()]).astype(np.uint8)
    np.savez(path, images=images, labels=(np.arange(10) + 1) % 10)
    assert main(["evaluate", "--checkpoint", PIXELS, "--images", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "accuracy 0.0000" in lines[1]
    assert lines[5].split() == ["0", "0.0000", "0.0000", "0.0000", "1"]


def test_a_folder_as_out_is_refused_before_the_training(capsys: Captured, tmp_path: Path) -> None:
    line = mistake(capsys, "train", "--dataset", "digits", "--out", str(tmp_path))
    assert line == f"error: {tmp_path} is a folder; --out names the file to write\n"


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644)])
def test_a_new_file_has_what_the_umask_allows_and_an_old_one_keeps_its_own(
    capsys: Captured, tmp_path: Path, mask: int, mode: int
) -> None:
    out = tmp_path / "mine.safetensors"
    before = os.umask(mask)
    try:
        answer(capsys, "train", "--dataset", "digits", "--steps", "1", "--out", str(out))
        assert out.stat().st_mode & 0o777 == mode
        out.chmod(0o640)
        answer(capsys, "train", "--dataset", "digits", "--steps", "1", "--out", str(out))
        assert out.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_a_model_trained_on_a_folder_with_a_long_name_can_be_loaded(
    capsys: Captured, tmp_path: Path
) -> None:
    folder = tmp_path / ("long" * 60)
    folder.mkdir()
    images, labels = np.full((40, 28, 28), 128, np.uint8), np.arange(40, dtype=np.uint8) % 10
    np.savez(folder / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    out = tmp_path / "mine.safetensors"
    answer(capsys, "train", "--dataset", str(folder), "--steps", "1", "--out", str(out))
    assert checkpoint.load(out).model.training_data.name == ("long" * 60)[:100]


def run_in_shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m model …` as a shell does, with streams closed and so on."""
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m model {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


EVALUATE = "evaluate --dataset digits"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"{EVALUATE} >&-", 2, "error: the result could not be printed: stdout is closed"),
        (f"{EVALUATE} 2>&-", 0, ""),
        (f"{EVALUATE} --json >/dev/full 2>&-", 2, ""),
        ("evaluate --dataset nothing 2>&-", 2, ""),
        ("evaluate --dataset nothing 2>/dev/full", 2, ""),
        ("evaluate --dataset nothing >&- 2>&-", 2, ""),
        (f"{EVALUATE} <&- >/dev/null", 0, ""),
    ],
)
def test_closed_and_full_streams_give_the_right_code_and_no_traceback(
    command: str, code: int, said: str
) -> None:
    result = run_in_shell(command)
    assert (result.returncode, result.stderr.strip()) == (code, said)


@pytest.mark.parametrize("command", [EVALUATE, "train --help", "predict nothing-é.png"])
def test_an_ascii_terminal_gets_question_marks_and_no_traceback(command: str) -> None:
    result = run_in_shell(command, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert "Traceback" not in result.stderr
    assert result.returncode == (2 if "predict" in command else 0)


def test_ctrl_c_while_libraries_are_imported_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(30)\n"
    )
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from model.__main__ import run; sys.exit(run())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (130, "stopped; nothing was written\n")


def broken_among(folder: Path) -> Path:
    """Return a folder with a picture of a 3, one that is broken, and another of a 3, deeper."""
    ink = np.uint8(255 - 255 * drawn(sample_digits()[3]))
    (folder / "photos" / "3").mkdir(parents=True)
    for name in ("1.png", "3/3.png"):
        Image.fromarray(ink).save(folder / "photos" / name)
    (folder / "photos" / "3" / "2.png").write_bytes(b"nothing")
    return folder / "photos"


def test_a_bad_picture_does_not_lose_the_others(capsys: Captured, tmp_path: Path) -> None:
    folder = broken_among(tmp_path)
    missing = tmp_path / "none.png"
    assert main(["predict", str(folder), str(missing), "--json"]) == 2
    captured = capsys.readouterr()
    found = json.loads(captured.out)["predictions"]
    assert [(Path(one["picture"]).name, one["verdict"]) for one in found] == [
        ("1.png", "answer"),
        ("2.png", "unreadable"),
        ("3.png", "answer"),
        ("none.png", "unreadable"),
    ]
    assert [one["digit"] for one in found] == [3, None, 3, None]
    first, second = captured.err.splitlines()
    assert first.startswith(f"error: {folder / '3' / '2.png'}: this is not a picture")
    assert second == f"error: {missing}: No such file or directory"
    assert main(["predict", str(folder), str(missing)]) == 2
    assert "2.png: not read: this is not a picture" in capsys.readouterr().out


def test_evaluate_reads_a_folder_of_photos_as_predict_does(
    capsys: Captured, tmp_path: Path
) -> None:
    folder = broken_among(tmp_path)
    assert main(["evaluate", "--images", str(folder), "--json"]) == 2
    captured = capsys.readouterr()
    measured = json.loads(captured.out)
    assert (measured["n"], measured["accuracy"], measured["support"][3]) == (1, 1, 1)
    assert "2.png: this is not a picture" in captured.err


def test_evaluate_streams_a_large_file(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.npy_stream.PIECE", 2**20)
    path = tmp_path / "drawn.npz"
    ink = np.uint8(255 * drawn(sample_digits()[3]))
    np.savez_compressed(path, images=np.stack([ink] * 400), labels=[3] * 400)  # 31 MB unpacked
    monkeypatch.setattr("model.evaluation.picture_files.LARGEST_SAMPLE", 2**20)
    answer(capsys, "evaluate", "--images", str(path))
    tracemalloc.start()
    measured = answer(capsys, "evaluate", "--images", str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (measured["n"], measured["accuracy"]) == (400, 1)
    assert peak < 20_000_000


def turned_npz(path: Path) -> Path:
    """Write the built-in digits as some have them: transposed, black on white."""
    test = datasets.load("digits").test
    np.savez(path, X=255 - test.images.transpose(0, 2, 1), y=test.labels)
    return path


def test_own_data_that_lies_otherwise_is_offered_to_be_turned(
    capsys: Captured, tmp_path: Path
) -> None:
    path = str(turned_npz(tmp_path / "mine.npz"))
    assert main(["evaluate", "--dataset", path]) == 0
    captured = capsys.readouterr()
    assert "mine: 300 pictures, 28 × 28, black on white, digits 0 to 9" in captured.err
    assert "seem to be transposed (rows and columns exchanged) and black on white" in captured.err
    assert "--turn transpose+invert turns them" in captured.err
    for turn in ("transpose+invert", "auto"):
        measured = answer(capsys, "evaluate", "--dataset", path, "--turn", turn)
        assert measured["accuracy"] > 0.85
        assert measured["data"]["turn"] == "transpose+invert"
        assert measured["data"]["offered_turn"] is None
    measured = answer(capsys, "evaluate", "--dataset", path)
    assert measured["accuracy"] < 0.5
    assert measured["data"]["offered_turn"] == "transpose+invert"


@pytest.mark.tensorflow
def test_a_run_that_diverges_for_light_paper_does_not_blame_the_learning_rate(
    capsys: Captured, tmp_path: Path
) -> None:
    path = str(turned_npz(tmp_path / "mine.npz"))
    arguments = ["train", "--dataset", path, "--out", str(tmp_path / "out.safetensors")]
    assert main([*arguments, "--json", "--learning-rate", "20"]) == 2
    said = capsys.readouterr().err
    assert "training diverged, since these pictures are black on white" in said
    assert "learning rate" not in said
    assert main([*arguments, "--json", "--turn", "auto", "--steps", "50"]) == 0


def test_digits_that_are_not_there_are_named_and_left_out_of_the_means(
    capsys: Captured, tmp_path: Path
) -> None:
    test = datasets.load("digits").test
    kept = test.labels > 1
    np.savez(tmp_path / "mine.npz", X=test.images[kept], y=test.labels[kept])
    arguments = ["evaluate", "--dataset", str(tmp_path / "mine.npz")]
    measured = answer(capsys, *arguments)
    assert measured["absent"] == measured["data"]["absent"] == [0, 1]
    assert measured["macro_recall"] == pytest.approx(np.mean(measured["recall"][2:]))
    assert main(arguments) == 0
    assert "without digits 0, 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda images: images.transpose(0, 2, 1), "transposed (rows and columns exchanged);"),
        (lambda images: images[:, :, ::-1], "mirrored;"),
        (lambda images: 255 - images, "black on white;"),
        (lambda images: 255 - images.transpose(0, 2, 1), "exchanged) and black on white;"),
        (lambda images: images // 16, "faint (the ink does not reach 255);"),
        (lambda images: images, None),
    ],
)
def test_evaluate_says_when_pictures_came_in_another_form(
    capsys: Captured, tmp_path: Path, change: Any, words: str | None
) -> None:
    test = datasets.load("digits").test
    path = tmp_path / "mine.npz"
    np.savez(path, images=change(test.images), labels=test.labels)
    result = answer(capsys, "evaluate", "--images", str(path))
    if words is None:
        assert "warning" not in result
    else:
        assert words in result["warning"]
        assert main(["evaluate", "--images", str(path)]) == 0
        assert capsys.readouterr().out.startswith("warning: these pictures seem to be")
