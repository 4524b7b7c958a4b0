"""Training, held against autodiff, finite differences and the classic tutorial's own program."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import TrainingConfig
from model.data import datasets
from model.preprocessing.features import features
from tests.support.later import Later
from tests.support.tutorial import Parameters, tutorial_session

if TYPE_CHECKING:
    from model.training.gradient_descent import Progress

pytestmark = pytest.mark.tensorflow
descent, tf = Later("model.training.gradient_descent"), Later("tensorflow")
steps = Later("model.training.tensorflow_steps")

Data = tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]


@pytest.fixture(scope="module")
def digits() -> Data:
    """The built-in digits: 1,000 or so to train on, some to validate."""
    return _data(datasets.load("digits"))


def _data(dataset: datasets.Dataset) -> Data:
    seen, held_out = dataset.train, dataset.validation
    return (
        features(seen.images, "pixels"),
        seen.labels,
        features(held_out.images, "pixels"),
        held_out.labels,
    )


def _last(data: Data, report_every: int = 50, **settings: Any) -> Progress:
    *_, last = descent.train(*data, TrainingConfig(**settings), report_every=report_every)
    return last


def _tape_descent(
    data: Data, drawn: Iterable[NDArray[np.int32]], rates: Iterable[float]
) -> Parameters:
    """Plain gradient descent as TensorFlow's guide writes it: variables and a GradientTape."""
    weights, bias = tf.Variable(tf.zeros([784, 10])), tf.Variable(tf.zeros([10]))
    for batch, rate in zip(drawn, rates, strict=True):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels=data[1][batch].astype(np.int32), logits=data[0][batch] @ weights + bias
                )
            )
        for variable, gradient in zip(
            (weights, bias), tape.gradient(loss, (weights, bias)), strict=True
        ):
            variable.assign_sub(rate * gradient)
    return weights.numpy(), bias.numpy()


def _a_batch() -> tuple[NDArray[np.float32], ...]:
    rng = np.random.default_rng(7)
    return (
        rng.normal(0, 0.1, (10, 784)).astype(np.float32),
        rng.normal(0, 0.1, 10).astype(np.float32),
        rng.random((32, 784), np.float32),
        rng.integers(0, 10, 32, np.int32),
    )


def test_the_written_out_gradient_is_what_autodiff_finds() -> None:
    templates, bias, pictures, labels = map(tf.constant, _a_batch())
    loss, *gradients = steps.cross_entropy(templates, bias, pictures, labels)
    with tf.GradientTape() as tape:
        tape.watch([templates, bias])
        logits = pictures @ tf.transpose(templates) + bias
        expected_loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        )
    expected = tape.gradient(expected_loss, [templates, bias])
    assert float(loss) == pytest.approx(float(expected_loss), rel=1e-6)
    for found, sought in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(found, sought, atol=1e-6)


def test_the_written_out_gradient_is_the_slope_of_the_loss() -> None:
    templates, bias, pictures, labels = _a_batch()
    _, *gradients = steps.cross_entropy(*map(tf.constant, (templates, bias, pictures, labels)))

    def loss(templates: NDArray[np.float64], bias: NDArray[np.float64]) -> float:
        logits = pictures.astype(np.float64) @ templates.T + bias
        right = logits[np.arange(len(labels)), labels]
        return float((np.log(np.exp(logits).sum(axis=1)) - right).mean())

    rng = np.random.default_rng(3)
    for _ in range(5):
        along, up = rng.normal(size=(10, 784)), rng.normal(size=10)
        ahead = loss(templates + 1e-5 * along, bias + 1e-5 * up)
        behind = loss(templates - 1e-5 * along, bias - 1e-5 * up)
        slope = float((gradients[0] * along).numpy().sum() + (gradients[1] * up).numpy().sum())
        assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-4, abs=1e-5)


def test_fifty_steps_are_those_of_gradient_tape_descent(digits: Data) -> None:
    last = _last(digits, n_steps=50)
    drawn = itertools.islice(descent.batches(len(digits[0]), 100, 0), 50)
    weights, bias = _tape_descent(digits, drawn, [0.5] * 50)
    np.testing.assert_allclose(last.weights, weights, atol=1e-5)
    np.testing.assert_allclose(last.bias, bias, atol=1e-5)


def test_fifty_steps_are_those_of_the_tutorials_session_code(digits: Data) -> None:
    last = _last(digits, n_steps=50)
    drawn = itertools.islice(descent.batches(len(digits[0]), 100, 0), 50)
    weights, bias = tutorial_session(digits[0], digits[1], drawn)
    assert abs(weights).max() > 0.01
    np.testing.assert_allclose(last.weights, weights, atol=1e-4)
    np.testing.assert_allclose(last.bias, bias, atol=1e-4)


def test_no_picture_repeats_within_an_epoch_and_the_last_batch_may_be_short() -> None:
    drawn = descent.batches(250, 100, 5)
    first, second = (list(itertools.islice(drawn, 3)) for _ in range(2))
    assert [len(batch) for batch in first] == [100, 100, 50]
    for epoch in (first, second):
        assert sorted(np.concatenate(epoch)) == list(range(250))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_a_short_last_batch_is_averaged_over_its_own_size(digits: Data) -> None:
    few = (digits[0][:30], digits[1][:30], *digits[2:])
    drawn = list(itertools.islice(descent.batches(30, 20, 0), 6))
    assert [len(batch) for batch in drawn] == [20, 10] * 3
    weights, _ = _tape_descent(few, drawn, [0.5] * 6)
    last = _last(few, n_steps=6, batch_size=20)
    np.testing.assert_allclose(last.weights, weights, atol=1e-5)


def test_a_batch_larger_than_the_data_is_all_of_it(digits: Data) -> None:
    few = (digits[0][:30], digits[1][:30], *digits[2:])
    whole = _last(few, n_steps=5, batch_size=60_000)
    weights, _ = _tape_descent(few, [np.arange(30, dtype=np.int32)] * 5, [0.5] * 5)
    np.testing.assert_allclose(whole.weights, weights, atol=1e-5)


def test_the_caller_may_say_after_every_report_how_many_steps_follow(digits: Data) -> None:
    config = TrainingConfig(n_steps=40)
    steps = [
        report.step for report in descent.train(*digits, config, report_every=lambda step: step + 1)
    ]
    assert steps == [0, 1, 3, 7, 15, 31, 40]


@pytest.mark.parametrize("averaging", [0.0, 0.5])
def test_the_frames_of_a_film_are_what_reports_at_their_steps_would_be(
    digits: Data, averaging: float
) -> None:
    config = TrainingConfig(n_steps=40, averaging=averaging)
    film = (0, 1, 2, 7, 39, 40)
    gaps = dict(zip(film, np.diff(film), strict=False))
    each = descent.train(*digits, config, report_every=lambda step: int(gaps[step]))
    at_once = descent.train(*digits, config, report_every=1_000, film=film)
    for alone, together in zip(each, at_once, strict=True):
        assert alone.step == together.step
        assert alone.weights.tobytes() == together.weights.tobytes()
        assert alone.bias.tobytes() == together.bias.tobytes()
        assert alone.train_loss == pytest.approx(together.train_loss)
        assert alone.validation_accuracy == pytest.approx(together.validation_accuracy)


def test_the_frames_of_a_film_share_the_time_of_their_stretch(digits: Data) -> None:
    config = TrainingConfig(n_steps=40)
    _, first, second = descent.train(*digits, config, report_every=1_000, film=(10,))
    assert second.seconds == pytest.approx(3 * first.seconds)


def test_one_picture_is_enough(digits: Data) -> None:
    one = (digits[0][:1], digits[1][:1], digits[0][:1], digits[1][:1])
    assert _last(one, n_steps=3).validation_accuracy == 1.0


def test_the_same_seed_gives_the_same_weights_to_the_bit(digits: Data) -> None:
    first, again, other = (_last(digits, n_steps=60, seed=seed) for seed in (1, 1, 2))
    assert first.weights.tobytes() == again.weights.tobytes()
    assert first.bias.tobytes() == again.bias.tobytes()
    assert not np.array_equal(first.weights, other.weights)


def test_reporting_does_not_change_the_weights(digits: Data) -> None:
    often, seldom = (_last(digits, every, n_steps=60) for every in (7, 1_000))
    assert often.weights.tobytes() == seldom.weights.tobytes()


def test_reports_come_at_the_start_every_few_steps_and_at_the_end(digits: Data) -> None:
    reports = list(descent.train(*digits, TrainingConfig(n_steps=25), report_every=10))
    assert [report.step for report in reports] == [0, 10, 20, 25]
    assert {report.n_steps for report in reports} == {25}
    assert not reports[0].weights.any()
    assert reports[0].train_loss == pytest.approx(math.log(10))
    losses = [report.train_loss for report in reports]
    assert losses == sorted(losses, reverse=True)
    for report in reports:
        assert report.weights.shape == (784, 10)
        assert report.weights.dtype == report.bias.dtype == np.float32
        answers = (digits[2] @ report.weights + report.bias).argmax(axis=1)
        assert report.validation_accuracy == pytest.approx((answers == digits[3]).mean())


def test_a_reports_loss_is_the_mean_since_the_report_before(digits: Data) -> None:
    each, threes = (
        [
            report.train_loss
            for report in descent.train(*digits, TrainingConfig(n_steps=6), report_every=k)
        ]
        for k in (1, 3)
    )
    assert threes[1:] == pytest.approx([np.mean(each[1:4]), np.mean(each[4:])], rel=1e-6)


def test_averaging_keeps_the_mean_of_the_last_steps(digits: Data) -> None:
    config = TrainingConfig(n_steps=20, averaging=0.25)
    averaged = list(descent.train(*digits, config, report_every=1))
    plain = list(descent.train(*digits, dataclasses.replace(config, averaging=0.0), report_every=1))
    for left, right in zip(averaged[:-1], plain[:-1], strict=True):
        assert np.array_equal(left.weights, right.weights)
    mean = np.mean([report.weights for report in plain[-5:]], axis=0)
    np.testing.assert_allclose(averaged[-1].weights, mean, atol=1e-6)
    assert abs(averaged[-1].weights - plain[-1].weights).max() > 1e-3


def test_the_linear_schedule_falls_to_nothing(digits: Data) -> None:
    last = _last(digits, n_steps=8, schedule="linear")
    drawn = itertools.islice(descent.batches(len(digits[0]), 100, 0), 8)
    weights, _ = _tape_descent(digits, drawn, [0.5 * left / 8 for left in range(8, 0, -1)])
    np.testing.assert_allclose(last.weights, weights, atol=1e-5)


@pytest.mark.parametrize("report_every", [10, 50, 1_000])
def test_too_long_a_step_ends_the_run_and_says_what_to_change(
    digits: Data, report_every: int
) -> None:
    run = descent.train(*digits, TrainingConfig(learning_rate=50.0), report_every=report_every)
    with pytest.raises(
        descent.DivergedError, match=r"by step 50 .* learning rate 50 is too high .* try"
    ):
        list(run)


def test_a_short_run_can_diverge_as_well(digits: Data) -> None:
    with pytest.raises(descent.DivergedError, match="by step 20"):
        _last(digits, learning_rate=1_000.0, n_steps=20)


def test_a_second_run_is_not_traced_again(digits: Data) -> None:
    from model.training.tensorflow_steps import _descend

    _last(digits, n_steps=10)
    traced = _descend.experimental_get_tracing_count()
    fewer = (digits[0][:77], digits[1][:77], *digits[2:])
    _last(fewer, 3, n_steps=11, batch_size=9, schedule="linear")
    assert _descend.experimental_get_tracing_count() == traced == 1


def test_read_only_data_is_remembered_and_other_data_is_not_mistaken_for_it(digits: Data) -> None:
    frozen: Any = tuple(array.copy() for array in digits)
    for array in frozen:
        array.setflags(write=False)
    first, again, other = (
        _last(data, n_steps=5)
        for data in (frozen, frozen, (frozen[0][:90], frozen[1][:90], *frozen[2:]))
    )
    assert (
        first.weights.tobytes()
        == again.weights.tobytes()
        == _last(digits, n_steps=5).weights.tobytes()
    )
    assert not np.array_equal(first.weights, other.weights)


def test_data_that_was_changed_is_read_again(digits: Data) -> None:
    changing: Any = tuple(array.copy() for array in digits)
    before = _last(changing, n_steps=5)
    changing[0][:] *= 0.5
    after = _last(changing, n_steps=5)
    assert not np.array_equal(before.weights, after.weights)


GOOD = np.zeros((4, 784), np.float32)
CLASSES = np.arange(4)


@pytest.mark.parametrize(
    ("pictures", "labels", "complaint"),
    [
        (GOOD.reshape(4, 28, 28), CLASSES, r"features must be \(n, 784\) float32.*\(4, 28, 28\)"),
        (GOOD.astype(np.float64), CLASSES, "got .* float64"),
        (GOOD.astype(np.uint8), CLASSES, "got .* uint8"),
        (GOOD.tolist(), CLASSES, "must be NumPy arrays, got list"),
        (GOOD + 255, CLASSES, "between 0 and 1, got 255.0 to 255.0"),
        (np.where(GOOD == 0, np.nan, GOOD), CLASSES, "between 0 and 1, got nan"),
        (GOOD[:0], CLASSES[:0], r"no training pictures, got .*\(0, 784\)"),
        (GOOD, CLASSES[:3], r"labels must be \(4,\).*got \(3,\)"),
        (GOOD, CLASSES / 10, "whole numbers.*float64"),
        (GOOD, CLASSES + 7, "labels must lie between 0 and 9, got 7 to 10"),
        (GOOD, CLASSES - 1, "labels must lie between 0 and 9, got -1 to 2"),
    ],
)
def test_data_that_cannot_be_used_is_refused_at_once(
    pictures: Any, labels: Any, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        descent.train(pictures, labels, GOOD, CLASSES, TrainingConfig())


def test_bad_validation_data_is_called_so() -> None:
    with pytest.raises(ValueError, match="validation labels"):
        descent.train(GOOD, CLASSES, GOOD, CLASSES + 7, TrainingConfig())


@pytest.mark.parametrize("report_every", [0, -1, 2.5, True])
def test_reports_come_at_whole_numbers_of_steps(report_every: Any) -> None:
    with pytest.raises(ValueError, match=r"report_every .* got"):
        descent.train(GOOD, CLASSES, GOOD, CLASSES, TrainingConfig(), report_every=report_every)


def test_the_tutorials_recipe_learns_the_built_in_digits(digits: Data) -> None:
    assert _last(digits).validation_accuracy >= 0.93


@pytest.mark.mnist
def test_the_tutorials_recipe_gives_92_per_cent_on_mnist(mnist: datasets.Dataset) -> None:
    last = _last(_data(mnist))
    logits = features(mnist.test.images, "pixels") @ last.weights + last.bias
    accuracy = (logits.argmax(axis=1) == mnist.test.labels).mean()
    assert 0.915 <= accuracy <= 0.930
