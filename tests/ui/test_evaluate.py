"""The Evaluate view without a browser, on the built-in digits."""

from __future__ import annotations

import functools
import gc
import re
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.classifier.softmax import SoftmaxRegression
from model.data import datasets
from model.evaluation.metrics import Evaluation, evaluate
from tests.support.paths import SAMPLES
from ui.elements import charts, pixels
from ui.server import resources
from ui.session.state import PREDICTED, TRUE
from ui.views.evaluate import PAGE, clicked

THEMES = {"light": ("#fbfaf7", "#22201d"), "dark": ("#171614", "#f0ede8")}
READABLE = 4.5


@pytest.fixture(scope="module", autouse=True)
def builtin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The built-in digits are the test data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKLING_DATA_DIR", str(tmp_path_factory.mktemp("no-data")))
        _forget()
        yield
        _forget()


@pytest.fixture
def nothing_remembered() -> Iterator[None]:
    """Nothing is loaded or computed yet, nor after the test."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cached in (
        resources._test_data,
        resources._test_probabilities,
        resources.shipped_models,
    ):
        cached.cache_clear()
    resources._kept_features.clear()


def view() -> None:
    from ui.views.evaluate import evaluate_view

    evaluate_view()


def opened() -> AppTest:
    page = AppTest.from_function(view, default_timeout=60).run()
    assert not page.exception, page.exception
    return page


@pytest.fixture(scope="module")
def first_look() -> AppTest:
    """The view as it opens, to be looked at only."""
    return opened()


@functools.cache
def measured(name: str = "directions") -> Evaluation:
    test = datasets.load("digits").test
    return evaluate(test.labels, resources.shipped_models()[name].model.predict(test.images))


def written(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def mistakes_shown(page: AppTest) -> list[str]:
    return re.findall(r"<figcaption>(.+?)\n(.+?)</figcaption>", written(page))


def test_the_four_numbers_are_those_of_the_model_that_answers(first_look: AppTest) -> None:
    page = first_look
    found = {metric.label: metric.value for metric in page.metric}
    expected = measured()
    assert found == {
        "Accuracy": f"{expected.accuracy:.1%}",
        "Macro precision": f"{expected.macro_precision:.1%}",
        "Macro recall": f"{expected.macro_recall:.1%}",
        "Macro F1": f"{expected.macro_f1:.1%}",
    }
    assert "the 300 built-in test digits" in written(page)
    assert "the directions of the digit's edges" in written(page)


def test_another_model_has_its_own_numbers() -> None:
    page = opened()
    page.session_state["model"] = "pixels"
    page.run()
    assert page.metric[0].value == f"{measured('pixels').accuracy:.1%}"
    assert page.metric[0].value != f"{measured('directions').accuracy:.1%}"
    assert "the centred pixels as they are" in written(page)


def test_the_table_has_every_digit_with_its_measures(first_look: AppTest) -> None:
    rows = re.findall(r"<tr><th scope='row'>(\d)</th>(.+?)</tr>", written(first_look))
    expected = measured()
    assert [int(digit) for digit, _ in rows] == list(range(10))
    for digit, cells in enumerate(cells for _, cells in rows):
        assert re.findall(r"<td>(.+?)</td>", cells) == [
            str(expected.support[digit]),
            *(
                f"{score[digit]:.1%}"
                for score in (expected.precision, expected.recall, expected.f1)
            ),
        ]


def test_the_view_begins_with_the_commonest_mistake(first_look: AppTest) -> None:
    page = first_look
    wrong = measured().confusion_matrix * (1 - np.eye(10, dtype=int))
    assert (
        wrong[page.selectbox(key=TRUE.name).value, page.selectbox(key=PREDICTED.name).value]
        == wrong.max()
    )


def test_the_boxes_choose_the_pictures_of_a_cell() -> None:
    page = opened()
    page.selectbox(key=TRUE.name).set_value(6)
    page.selectbox(key=PREDICTED.name).set_value(6).run()
    matrix = measured().confusion_matrix
    n, of = matrix[6, 6], matrix[6].sum()
    assert f"Of the {of} pictures that show a 6, {n} ({n / of:.1%}) were read as a 6." in written(
        page
    )
    assert written(page).count('alt="6, read as 6"') == min(n, 48)


def test_an_empty_cell_says_so() -> None:
    page = opened()
    true, predicted = np.argwhere(measured().confusion_matrix == 0)[0].tolist()
    page.selectbox(key=TRUE.name).set_value(true)
    page.selectbox(key=PREDICTED.name).set_value(predicted).run()
    assert not page.exception
    assert f"No {true} was read as {'an' if predicted == 8 else 'a'} {predicted}." in written(page)


@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"cell": []},
        {"cell": [{}]},
        {"cell": [{"true": 4}]},
        {"cell": [{"true": 10, "predicted": 0}]},
        {"cell": [{"true": "<b>", "predicted": None}]},
        {"cell": [{"true": [1], "predicted": {"a": 2}}]},
        {"cell": [{"true": 1.5, "predicted": 2}]},
        {"cell": ["true"]},
        {"cell": 3},
    ],
    ids=str,
)
def test_a_selection_that_is_no_cell_changes_nothing(selection: dict[str, Any]) -> None:
    assert clicked({"selection": selection}) is None


def test_a_click_on_a_cell_names_it() -> None:
    assert clicked({"selection": {"cell": [{"true": 4, "predicted": 9}]}}) == (4, 9)


def test_the_mistakes_are_shown_page_by_page_and_all_of_them(first_look: AppTest) -> None:
    page = first_look
    expected = measured()
    n_wrong = expected.n - int(expected.confusion_matrix.trace())
    shown = mistakes_shown(page)
    assert len(shown) == min(PAGE, n_wrong)
    for text, _ in shown:
        true, said = text.split(" → ")
        assert true != said
    assert f"The {n_wrong} pictures that it read wrong" in written(page)


def test_a_model_without_mistakes_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    perfect = np.eye(10)[datasets.load("digits").test.labels]
    monkeypatch.setattr(resources, "test_probabilities", lambda model: perfect)
    page = opened()
    assert not page.exception
    assert page.metric[0].value == "100.0%"
    assert "it read every picture right" in written(page)


def test_without_any_model_the_view_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.views.evaluate.active_model", lambda: None)
    page = opened()
    assert "There is no model yet" in page.info[0].value
    assert not page.metric


@pytest.mark.usefixtures("nothing_remembered")
def test_many_visitors_at_once_load_the_data_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    load = datasets.load

    def counted(*arguments: Any, **options: Any) -> datasets.Dataset:
        calls.append(options)
        return load(*arguments, **options)

    monkeypatch.setattr(datasets, "load", counted)
    model = resources.shipped_models()["moments"].model
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(resources.test_probabilities(model)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [{}]
    assert len(found) == 8
    assert all(probabilities is found[0] for probabilities in found)
    assert not found[0].flags.writeable


def test_what_is_remembered_is_what_the_model_says() -> None:
    test = datasets.load("digits").test
    for checkpoint in resources.shipped_models().values():
        np.testing.assert_allclose(
            resources.test_probabilities(checkpoint.model),
            checkpoint.model.predict_proba(checkpoint.model.features(test.images)),
            rtol=1e-5,
        )


@pytest.mark.usefixtures("nothing_remembered")
def test_models_that_are_gone_are_forgotten_in_the_end() -> None:
    shipped = resources.shipped_models()["pixels"].model
    for _ in range(resources.KEPT_MODELS + 10):
        resources.test_probabilities(
            SoftmaxRegression(shipped.weights, shipped.bias, shipped.input)
        )
    assert resources._test_probabilities.cache_info().currsize == resources.KEPT_MODELS


@pytest.mark.usefixtures("nothing_remembered")
def test_the_training_pictures_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    train = np.zeros((100, 28, 28), np.uint8)
    test = datasets.load("digits").test
    part = datasets.Split(train, np.zeros(100, np.uint8))
    data = datasets.Dataset("mnist", "", "", part, part, test)
    loaded = [data]
    monkeypatch.setattr(datasets, "load", lambda *_, **__: loaded.pop())
    alive = weakref.ref(train)
    assert resources.test_data() == ("mnist", test)
    del train, part, data
    gc.collect()
    assert alive() is None


def rows(chart: Any) -> list[dict[str, Any]]:
    """Return the data of a chart whose layers share it."""
    specification = chart.to_dict()
    return list(specification["datasets"][specification["data"]["name"]])


def luminance(colour: np.ndarray[Any, Any]) -> float:
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def rgb(colour: str) -> np.ndarray[Any, Any]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


@pytest.mark.parametrize("theme", THEMES)
def test_numbers_can_be_read_on_every_shade_of_the_matrix(theme: str) -> None:
    paper, text = map(rgb, THEMES[theme])
    matrices = np.arange(100).reshape(10, 10), np.eye(10, dtype=int)
    shades = {row["shade"] for counts in matrices for row in rows(charts.confusion_chart(counts))}
    assert min(shades) == 0
    assert max(shades) > 0.6
    for shade in shades:
        behind = shade * rgb(charts.SHADE) + (1 - shade) * paper
        dark, bright = sorted([luminance(behind), luminance(text)])
        assert (bright + 0.05) / (dark + 0.05) >= READABLE


def test_captions_of_a_contact_sheet_cannot_break_out() -> None:
    markup = pixels.contact_sheet(np.zeros((1, 28, 28), np.uint8), ["'\"<i>"], ["<b>&"])
    assert "<i>" not in markup
    assert "<b>" not in markup
    assert "&lt;b&gt;&amp;" in markup


def test_empty_bins_are_left_out_of_the_reliability_diagram() -> None:
    nothing = float("nan")
    curve, counts = charts.reliability_charts(
        np.array([nothing, 0.9]), np.array([nothing, 0.8]), np.array([0, 7])
    )
    (point,) = rows(counts)
    assert (point["confidence"], point["accuracy"], point["count"]) == (0.9, 0.8, 7)
    assert [point] in curve.to_dict()["datasets"].values()


def test_a_model_is_measured_on_a_file_of_drawings() -> None:
    page = opened()
    page.segmented_control(key="tested").set_value("file").run()
    assert "Choose a file to measure on" in page.info[0].value
    page.file_uploader[0].set_value(("mine.jsonl", SAMPLES.read_bytes(), "text/plain")).run()
    assert not page.exception, page.exception
    assert "10 pictures of your file" in written(page)
    assert {metric.value for metric in page.metric} == {"100.0%"}


def test_a_file_that_cannot_be_measured_on_says_why() -> None:
    page = opened()
    page.segmented_control(key="tested").set_value("file").run()
    page.file_uploader[0].set_value(("mine.jsonl", b"{}", "text/plain")).run()
    assert not page.exception, page.exception
    assert "Nothing can be measured on this" in written(page)
    assert not page.metric


def test_digits_that_are_not_there_are_named_and_not_counted(tmp_path: Path) -> None:
    test = datasets.load("digits").test
    kept = test.labels > 1
    np.savez(tmp_path / "a.npz", X=test.images[kept], y=test.labels[kept])
    page = opened()
    page.segmented_control(key="tested").set_value("file").run()
    content = (tmp_path / "a.npz").read_bytes()
    page.file_uploader[0].set_value(("a.npz", content, "application/zip")).run()
    assert not page.exception, page.exception
    assert "There is no 0 or 1 among these pictures" in written(page)
    rows = re.findall(r"<tr><th scope='row'>0</th>(.+?)</tr>", written(page))
    assert rows == ["<td>0</td>" + "<td>–</td>" * 3]
