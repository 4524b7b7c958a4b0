"""The training process and its client, with real processes: trained, watched, stopped, killed."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from model.config import TrainingConfig
from model.jobs.job import Job, film_steps
from model.jobs.process import TrainingProcess
from model.jobs.protocol import Message
from model.jobs.reason import Reason
from model.jobs.trainer import Limits, RefusedError, Trainer
from tests.support.paths import QUICK_WORKER, ROOT
from tests.support.waiting import wait_until

SHORT = TrainingConfig(n_steps=50)
LONG = TrainingConfig(n_steps=100_000)


@pytest.fixture(scope="module")
def tensorflow_trainer() -> Iterator[Trainer]:
    """The trainer as the page has it, warm."""
    trainer = Trainer()
    trainer.start()
    wait_until(lambda: trainer.ready, 90, "the training process is not ready")
    yield trainer
    trainer.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small file of pictures, read in no time."""
    path = tmp_path_factory.mktemp("data") / "grey.npz"
    images, labels = np.full((40, 28, 28), 128, np.uint8), np.arange(40) % 10
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    return str(path)


@pytest.fixture
def quick() -> Iterator[Callable[..., Trainer]]:
    """Makes trainers whose process is up at once; see quick_worker.py."""
    with contextlib.ExitStack() as stack:

        def make(behaviour: str = "behaves", *arguments: str, **limits: float) -> Trainer:
            trainer = Trainer(
                command=[sys.executable, "-P", str(QUICK_WORKER), behaviour, *arguments],
                limits=Limits(**limits),  # type: ignore[arg-type]
            )
            stack.callback(trainer.close)
            trainer.start()
            return trainer

        yield make


def ended(trainer: Trainer, job: Job, timeout: float = 30) -> Job:
    """Wait for the end of a job and return it as it is then."""
    return seen(trainer, job, lambda job: job.is_over, timeout)


def seen(trainer: Trainer, job: Job, condition: Callable[[Job], bool], timeout: float = 30) -> Job:
    """Wait until a job meets a condition and return it as it is then."""

    def meets() -> Job | None:
        now = trainer.find(job.id)
        assert now is not None, "the job is not known any more"
        return now if condition(now) else None

    found = wait_until(meets, timeout, f"the job is not as it should be; it was {job}")
    assert found is not None
    return found


def why(job: Job) -> tuple[str, str | None]:
    """Return a job's state and the code of its reason."""
    return job.state, job.reason.code if job.reason else None


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


# With TensorFlow.


def test_a_job_ends_with_the_weights_that_training_gives(
    tensorflow_trainer: Trainer, tmp_path: Path
) -> None:
    config = TrainingConfig(n_steps=300, averaging=0.5, schedule="linear", seed=7)
    job = ended(tensorflow_trainer, tensorflow_trainer.submit(config, "digits", "ann"))
    program = f"""
import numpy as np
from model.preprocessing.features import features
from model.training import gradient_descent
from model.config import TrainingConfig
from model.data import datasets
data = datasets.load("digits")
splits = [
    part for split in (data.train, data.validation)
    for part in (features(split.images, "pixels"), split.labels)
]
*_, last = gradient_descent.train(*splits, {config!r})
np.savez({str(tmp_path / "last.npz")!r}, weights=last.weights, bias=last.bias)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=120)
    expected = np.load(tmp_path / "last.npz")
    assert job.state == "done"
    assert job.result is not None
    np.testing.assert_array_equal(job.result.model.weights, expected["weights"])
    np.testing.assert_array_equal(job.result.model.bias, expected["bias"])
    assert job.result.config == config
    assert job.result.model.training_data.name == "digits"
    assert job.result.measured["test_accuracy"] > 0.9


def test_the_same_seed_gives_the_same_film_at_full_speed_and_watched(
    tensorflow_trainer: Trainer,
) -> None:
    config = TrainingConfig(n_steps=60, seed=3)
    films = [
        ended(tensorflow_trainer, tensorflow_trainer.submit(config, "digits", "ann", speed=s)).film
        for s in ("full", "watch")
    ]
    assert [[shot.step for shot in film] for film in films] == [list(film_steps(60))] * 2
    for full, watched in zip(*films, strict=True):
        np.testing.assert_array_equal(full.weights, watched.weights)


def test_a_learning_rate_of_50_fails_with_an_explanation(tensorflow_trainer: Trainer) -> None:
    config = TrainingConfig(learning_rate=50)
    job = ended(tensorflow_trainer, tensorflow_trainer.submit(config, "digits", "ann"))
    assert why(job) == ("failed", "diverged")
    assert job.reason is not None
    assert job.reason.fields["learning_rate"] == 50
    assert job.reason.fields["loss"] > 10 * job.reason.fields["guessing"]
    assert job.result is None


def test_a_run_that_diverges_for_light_paper_blames_the_paper(
    tensorflow_trainer: Trainer, tmp_path: Path
) -> None:
    images = np.full((200, 28, 28), 255, np.uint8)
    images[:, 10:18, 10:18] = np.random.default_rng(0).integers(0, 90, (200, 8, 8), np.uint8)
    np.savez(tmp_path / "mine.npz", X=images, y=np.arange(200) % 10)
    config = TrainingConfig(learning_rate=20)
    path = str(tmp_path / "mine.npz")
    job = ended(tensorflow_trainer, tensorflow_trainer.submit(config, path, "ann"))
    assert why(job) == ("failed", "dark_on_light")


def test_data_that_is_not_there_is_named(tensorflow_trainer: Trainer, tmp_path: Path) -> None:
    path = tmp_path / "missing"
    job = ended(tensorflow_trainer, tensorflow_trainer.submit(SHORT, str(path), "ann"))
    assert why(job) == ("failed", "data")
    assert job.reason is not None
    assert "missing" in job.reason.fields["error"]


def test_a_killed_tensorflow_process_fails_its_job_and_the_next_press_works(
    tensorflow_trainer: Trainer,
) -> None:
    job = tensorflow_trainer.submit(LONG, "digits", "ann")
    seen(tensorflow_trainer, job, lambda job: job.step > 0)
    pid = tensorflow_trainer.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    job = ended(tensorflow_trainer, job)
    assert why(job) == ("failed", "process_killed")
    again = ended(tensorflow_trainer, tensorflow_trainer.submit(SHORT, "digits", "ann"), 90)
    assert again.state == "done"


# How a run is watched and held.


def test_a_run_at_full_speed_reports_ten_times_a_second(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    job = trainer.submit(LONG, data, "ann")
    begin = seen(trainer, job, lambda job: job.step > 500)
    start = time.monotonic()
    seen(trainer, job, lambda job: job.step > begin.step + 1000)
    now = trainer.find(job.id)
    assert now is not None
    assert len(now.curve) - len(begin.curve) >= 10 * (time.monotonic() - start) - 1


def test_a_watched_run_begins_before_its_first_step_and_can_go_on_at_full_speed(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    job = trainer.submit(TrainingConfig(n_steps=1000), data, "ann", speed="watch")
    begin = seen(trainer, job, lambda job: job.latest is not None)
    assert (begin.step, len(begin.film)) == (0, 1)
    start = time.monotonic()
    later = seen(trainer, job, lambda job: job.step >= 4)
    assert 1.5 < time.monotonic() - start < 4
    assert [point.step for point in later.curve] == [0, 1, 2, 3, 4]
    assert later.seconds_left is None
    trainer.set_speed(job.id, "full")
    assert ended(trainer, job, 5).state == "done"


def test_a_run_at_full_speed_can_be_slowed(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    job = trainer.submit(LONG, data, "ann")
    seen(trainer, job, lambda job: job.step > 100)
    trainer.set_speed(job.id, "watch")
    slow = seen(trainer, job, lambda job: job.steps_per_second == 0)
    begun = time.monotonic()
    seen(trainer, job, lambda job: len(job.curve) >= len(slow.curve) + 4)
    assert time.monotonic() - begun > 0.5


def test_a_run_can_begin_paused_takes_single_steps_and_goes_on_when_resumed(
    quick: Callable[..., Trainer], data: str
) -> None:
    trainer = quick()
    job = trainer.submit(LONG, data, "ann", speed="watch", paused=True)
    held = seen(trainer, job, lambda job: job.latest is not None)
    assert (held.state, held.step) == ("paused", 0)
    trainer.step(job.id)
    trainer.step(job.id)
    later = seen(trainer, job, lambda job: job.step > 1)
    assert [point.step for point in later.curve] == [0, 1, 2]
    assert later.state == "paused"
    trainer.set_speed(job.id, "full")
    trainer.resume(job.id)
    assert seen(trainer, job, lambda job: job.step > 500).state == "running"


@pytest.mark.parametrize("held", ["running", "watched", "paused"])
def test_stop_ends_a_run_within_a_second_and_keeps_what_it_has_reached(
    quick: Callable[..., Trainer], data: str, held: str
) -> None:
    trainer = quick()
    speed = "watch" if held == "watched" else "full"
    job = trainer.submit(LONG, data, "ann", speed=speed)
    seen(trainer, job, lambda job: job.step > 0)
    if held == "paused":
        trainer.pause(job.id)
    pid = trainer.pid
    start = time.monotonic()
    trainer.stop(job.id)
    job = ended(trainer, job)
    assert time.monotonic() - start < 1
    assert job.state == "stopped"
    assert job.latest is not None
    assert job.result is not None
    assert (
        job.result.measured["n_steps"] == job.step == job.film[-1].step == job.result.model.bias[0]
    )
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    assert trainer.pid == pid


def test_a_run_that_does_not_obey_stop_is_killed_within_a_second(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick("never stops")
    job = trainer.submit(SHORT, data, "ann")
    seen(trainer, job, lambda job: job.state == "running")
    pid = trainer.pid
    assert pid is not None
    start = time.monotonic()
    trainer.stop(job.id)
    job = ended(trainer, job)
    assert time.monotonic() - start < 1.2
    assert why(job) == ("stopped", "stopped")
    wait_until(lambda: not is_running(pid), 5, "the process is still there")
    wait_until(lambda: trainer.ready and trainer.pid != pid, 30, "no fresh process")


def test_a_job_stopped_before_its_turn_never_runs(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    first, second = (trainer.submit(LONG, data, owner) for owner in ("ann", "bob"))
    trainer.stop(second.id)
    assert ended(trainer, second, 1).state == "stopped"
    assert trainer.find(first.id) is not None
    trainer.stop(first.id)
    assert ended(trainer, first).state == "stopped"


def test_a_run_that_is_paused_before_its_turn_begins_paused(
    quick: Callable[..., Trainer], data: str
) -> None:
    trainer = quick()
    trainer.submit(SHORT, data, "ann")
    job = trainer.submit(LONG, data, "bob")
    trainer.pause(job.id)
    seen(trainer, job, lambda job: job.state == "paused")
    for _ in range(2):
        trainer.step(job.id)
    held = seen(trainer, job, lambda job: job.step >= 2)
    assert [point.step for point in held.curve] == [0, 1, 2]


# The queue.


def test_visitors_are_served_in_order_and_see_their_place(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    jobs = [
        trainer.submit(TrainingConfig(n_steps=300, seed=seed), data, owner)
        for seed, owner in enumerate(("ann", "bob", "cid"))
    ]
    assert jobs[2].position >= 1
    seen(trainer, jobs[0], lambda job: job.step > 0)
    places = [trainer.find(job.id) for job in jobs]
    assert [job.position for job in places if job] == [0, 1, 2]
    done = ended(trainer, jobs[2])
    assert done.result is not None
    assert done.result.config.seed == 2
    assert all(job is not None and job.state == "done" for job in map(trainer.find, ids(jobs)))


def ids(jobs: list[Job]) -> list[str]:
    """Return the jobs' ids."""
    return [job.id for job in jobs]


def test_a_second_job_of_one_visitor_and_one_too_many_are_refused(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(waiting_jobs=2)
    first = trainer.submit(LONG, data, "ann")
    with pytest.raises(RefusedError) as refusal:
        trainer.submit(SHORT, data, "ann")
    assert refusal.value.reason == ("not_over", {})
    seen(trainer, first, lambda job: job.step > 0)
    for owner in ("bob", "cid"):
        trainer.submit(SHORT, data, owner)
    with pytest.raises(RefusedError) as refusal:
        trainer.submit(SHORT, data, "dot")
    assert refusal.value.reason == ("queue_full", {"n_waiting": 2})


def test_a_job_that_nobody_looks_at_is_stopped(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(unwatched_seconds=0.5)
    lost = trainer.submit(LONG, data, "ann")
    watched = trainer.submit(SHORT, data, "bob")
    assert ended(trainer, watched).state == "done"
    job = trainer.find(lost.id)
    assert job is not None
    assert why(job) == ("stopped", "unwatched")


def test_a_long_held_run_is_hurried_and_then_stopped_when_others_wait(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(turn_seconds=0.5, longest_turn_seconds=1)
    slow = trainer.submit(LONG, data, "ann", speed="watch", paused=True)
    seen(trainer, slow, lambda job: job.latest is not None)
    waiting = trainer.submit(SHORT, data, "bob")
    seen(trainer, slow, lambda job: job.speed == "full" and not job.paused, 5)
    assert ended(trainer, waiting, 5).state == "done"
    assert why(ended(trainer, slow)) == ("stopped", "took_too_long")


def test_old_jobs_lose_their_film_and_are_forgotten_at_last(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(kept_films=1, kept_jobs=2)
    jobs = [ended(trainer, trainer.submit(SHORT, data, "ann")) for _ in range(3)]
    now = [trainer.find(job.id) for job in jobs]
    assert now[0] is None
    assert now[1] is not None
    assert now[1].film == ()
    assert now[1].result is not None
    assert now[2] is not None
    assert len(now[2].film) > 5


# What goes wrong.


def test_a_killed_process_fails_its_job_and_the_fresh_one_runs_those_that_wait(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    victim, waiting = (trainer.submit(LONG, data, owner) for owner in ("ann", "bob"))
    seen(trainer, victim, lambda job: job.step > 0)
    first = trainer.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    job = ended(trainer, victim)
    assert job.state == "failed"
    assert job.latest is not None
    assert seen(trainer, waiting, lambda job: job.step > 0).state == "running"
    assert trainer.pid != first


def test_an_idle_process_that_is_killed_is_replaced(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    wait_until(lambda: trainer.ready, 30, "not ready")
    first = trainer.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    assert trainer.pid != first


def test_a_process_killed_while_it_starts_fails_the_job_that_waits_for_it(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick("never starts")
    job = trainer.submit(SHORT, data, "ann")
    seen(trainer, job, lambda job: job.state == "starting")
    pid = wait_until(lambda: trainer.pid, 5, "no process")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert ended(trainer, job).state == "failed"


@pytest.mark.parametrize(
    ("fault", "code"),
    [(signal.SIGKILL, "process_killed"), (signal.SIGSTOP, "process_silent")],
    ids=["killed", "stopped"],
)
@pytest.mark.parametrize("phase", ["loading", "running", "paused", "sending"])
def test_whatever_a_process_is_at_when_it_fails_the_job_fails_and_the_next_press_works(
    quick: Callable[..., Trainer],
    data: str,
    tmp_path: Path,
    phase: str,
    fault: signal.Signals,
    code: str,
) -> None:
    note = tmp_path / "note"
    behaviour = ["sends half", str(note)] if phase == "sending" else ["behaves"]
    trainer = quick(*behaviour, silence_seconds=1.5)
    wait_until(lambda: trainer.ready, 30, "not ready")
    if phase == "loading":
        pipe = tmp_path / "pipe.npz"
        os.mkfifo(pipe)  # who reads it waits for ever
        job = trainer.submit(SHORT, str(pipe), "ann")
    else:
        job = trainer.submit(SHORT if phase == "sending" else LONG, data, "ann")
        seen(trainer, job, lambda job: job.step > 0)
    if phase == "paused":
        trainer.pause(job.id)
    if phase == "sending":
        wait_until(note.exists, 30, "the result is not being sent")
    else:
        seen(trainer, job, lambda job: job.state == phase)
    pid = trainer.pid
    assert pid is not None
    os.kill(pid, fault)
    job = ended(trainer, job, 10)
    assert why(job) == ("failed", code)
    assert job.result is None
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    assert not is_running(pid)


def test_a_job_that_an_idle_and_standing_process_was_given_is_run_by_the_next(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(silence_seconds=1.5)
    wait_until(lambda: trainer.ready, 30, "not ready")
    pid = trainer.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    assert not is_running(pid)


def test_data_that_a_process_died_of_is_not_loaded_ahead_by_the_next(
    quick: Callable[..., Trainer],
    data: str,
    tmp_path: Path,
) -> None:
    trainer = quick()
    wait_until(lambda: trainer.ready, 30, "not ready")
    os.mkfifo(tmp_path / "pipe.npz")  # who reads it waits for ever
    trainer.warm(str(tmp_path / "pipe.npz"), "pixels")
    assert trainer.pid is not None
    os.kill(trainer.pid, signal.SIGKILL)
    assert ended(trainer, trainer.submit(SHORT, data, "ann"), 10).state == "done"


def test_processes_that_are_killed_leave_no_thread_and_no_process(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    def left() -> tuple[int, int]:
        return threading.active_count(), len(psutil.Process().children())

    trainer = quick()
    wait_until(lambda: trainer.ready, 30, "not ready")
    before = left()
    for _ in range(4):
        job = trainer.submit(LONG, data, "ann")
        seen(trainer, job, lambda job: job.step > 0)
        assert trainer.pid is not None
        os.kill(trainer.pid, signal.SIGKILL)
        assert ended(trainer, job).state == "failed"
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    wait_until(lambda: left() == before, 5, f"before {before}, after it {left()}")


def test_a_process_that_does_not_get_ready_in_time_is_given_up(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick("never starts", start_seconds=1)
    job = ended(trainer, trainer.submit(SHORT, data, "ann"), 10)
    assert why(job) == ("failed", "process_silent")


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("runs out of memory", Reason("out_of_memory")),
        pytest.param(
            *("hoards", Reason("out_of_memory")),
            marks=pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's"),
        ),
        ("has no TensorFlow", Reason("process_unable", {"error": "ModuleNotFoundError"})),
        ("crashes", Reason("process_exit", {"number": 3})),
    ],
)
def test_what_is_wrong_with_the_process_is_said_at_every_press(
    quick: Callable[..., Trainer], data: str, behaviour: str, reason: Reason
) -> None:
    trainer = quick(behaviour)
    for _ in range(2):
        job = ended(trainer, trainer.submit(SHORT, data, "ann"))
        assert (job.state, job.reason) == ("failed", reason)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_too_little_memory_for_tensorflow_fails_the_job_and_names_no_path(data: str) -> None:
    limited = f"ulimit -v 400000; exec {shlex.quote(sys.executable)} -P -m model.jobs.worker"
    trainer = Trainer(command=["/bin/sh", "-c", limited])
    try:
        for _ in range(2):
            job = ended(trainer, trainer.submit(SHORT, data, "ann"))
            assert why(job) == ("failed", "process_unable")
            assert job.reason is not None
            assert "/" not in job.reason.fields["error"]
        wait_until(lambda: trainer.pid is None, 5, "the process is still there")
    finally:
        trainer.close()


def test_a_missing_program_fails_the_job_with_the_systems_words(data: str) -> None:
    trainer = Trainer(command=["/nowhere/python"])
    try:
        for _ in range(2):
            job = ended(trainer, trainer.submit(SHORT, data, "ann"), 5)
            reason = Reason("process_not_started", {"error": "No such file or directory"})
            assert (job.state, job.reason) == ("failed", reason)
    finally:
        trainer.close()


def test_what_the_process_prints_does_not_get_between_the_messages(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick("prints")
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"


def test_a_fresh_process_takes_over_after_some_jobs(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(jobs_per_process=2, quiet_seconds=0.3)
    wait_until(lambda: trainer.ready, 30, "not ready")
    first = trainer.pid
    assert first is not None
    for _ in range(2):
        assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
        assert trainer.pid == first
    wait_until(lambda: trainer.ready and trainer.pid != first, 30, "no other process took over")
    assert not is_running(first), "two processes were there at once"
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"


def test_two_processes_are_never_there_at_once(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(jobs_per_process=1, quiet_seconds=0.0)
    wait_until(lambda: trainer.ready, 30, "not ready")
    pids = [trainer.pid]
    for _ in range(4):
        assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
        wait_until(lambda: trainer.ready and trainer.pid != pids[-1], 30, "no fresh process")
        assert not is_running(pids[-1] or 0)
        pids.append(trainer.pid)
    assert len(set(pids)) == 5


def test_on_demand_the_process_comes_with_the_first_job_and_goes_when_nobody_needs_it(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick(on_demand=True, idle_seconds=0.5)
    assert trainer.health() == ("asleep", False, 0, True)
    assert trainer.pid is None
    for owner in ("ann", "bob"):
        assert ended(trainer, trainer.submit(SHORT, data, owner)).state == "done"
        pid = trainer.pid
        wait_until(lambda: trainer.health().process == "asleep", 30, "the process stays")
        wait_until(lambda pid=pid: not is_running(pid or 0), 5, "the process is still there")


def test_the_first_process_leaves_the_processor_to_the_first_page_unless_it_is_needed(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    calm = quick(calm_seconds=0.5)
    wait_until(lambda: calm.ready, 30, "it never comes by itself")
    needed, hurried = quick(calm_seconds=3_600.0), quick(calm_seconds=3_600.0)
    assert (needed.health(), needed.pid) == (("starting", False, 0, True), None)
    assert ended(needed, needed.submit(SHORT, data, "ann")).state == "done"
    assert hurried.pid is None
    hurried.hurry()
    wait_until(lambda: hurried.ready, 30, "it does not hurry")


# Faults of the server's own code.


def test_a_thousand_losses_end_neither_the_manager_nor_the_next_job(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    wait_until(lambda: trainer.ready, 30, "not ready")
    trainer._supervisor._n_losses = 1_100  # 2.0 ** 1024 is no float
    os.kill(trainer.pid or 0, signal.SIGKILL)
    wait_until(lambda: not trainer.ready, 10, "the loss was not seen")
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    assert trainer.health().is_up


@pytest.mark.parametrize("method", ["keep_up", "rest"])
def test_a_fault_in_the_manager_costs_one_process_and_no_more(
    quick: Callable[..., Trainer], data: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = quick()
    wait_until(lambda: trainer.ready, 30, "not ready")
    first = trainer.pid
    faults = [ZeroDivisionError("a fault")]
    whole = getattr(trainer._supervisor, method)

    def faulty(**arguments: bool) -> object:
        if faults:
            raise faults.pop()
        return whole(**arguments)

    monkeypatch.setattr(trainer._supervisor, method, faulty)
    wait_until(lambda: trainer.ready and trainer.pid != first, 30, "no fresh process")
    assert trainer.health().is_up
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"


@pytest.mark.parametrize("told", ["ready", "progress", None])
def test_a_message_that_cannot_be_dealt_with_is_the_loss_of_its_process(
    quick: Callable[..., Trainer], data: str, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = quick()
    whole = trainer._supervisor.heard
    faults = [ZeroDivisionError("a fault")]

    def faulty(process: TrainingProcess, message: Message | None) -> object:
        if faults and (message.kind if message else None) == told:
            raise faults.pop()
        return whole(process, message)

    monkeypatch.setattr(trainer._supervisor, "heard", faulty)
    if told != "ready":
        wait_until(lambda: trainer.ready, 30, "not ready")
    if told is None:
        os.kill(trainer.pid or 0, signal.SIGKILL)
    if told == "progress":
        job = ended(trainer, trainer.submit(SHORT, data, "ann"))
        assert job.state == "failed"
    wait_until(lambda: not faults, 30, "the fault did not happen")
    if told == "ready":
        wait_until(lambda: trainer.health().process == "missing", 30, "the loss was not seen")
    assert ended(trainer, trainer.submit(SHORT, data, "bob")).state == "done"
    assert trainer.health().is_up


def test_without_threads_the_next_press_is_told_and_a_later_one_works(
    quick: Callable[..., Trainer], data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = quick()
    wait_until(lambda: trainer.ready, 30, "not ready")
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        if "training" in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    first = trainer.pid
    os.kill(first or 0, signal.SIGKILL)
    wait_until(lambda: not trainer.ready, 10, "the loss was not seen")
    job = ended(trainer, trainer.submit(SHORT, data, "ann"))
    assert job.state == "failed"
    wait_until(lambda: trainer.health().process == "missing", 10, "it is not said to be missing")
    assert not trainer.health().is_up
    monkeypatch.undo()
    assert ended(trainer, trainer.submit(SHORT, data, "ann")).state == "done"
    assert trainer.health().is_up


# The end.


def test_closing_ends_the_process_and_every_job(
    quick: Callable[..., Trainer],
    data: str,
) -> None:
    trainer = quick()
    jobs = [trainer.submit(LONG, data, owner) for owner in ("ann", "bob")]
    seen(trainer, jobs[0], lambda job: job.step > 0)
    pid = trainer.pid
    assert pid is not None
    start = time.monotonic()
    trainer.close()
    trainer.close()
    assert time.monotonic() - start < 1, "the process had to be killed"
    assert not is_running(pid)
    for job in map(trainer.find, ids(jobs)):
        assert job is not None
        assert why(job) == ("stopped", "server_stopped")
    with pytest.raises(RefusedError):
        trainer.submit(SHORT, data, "cid")


@pytest.mark.parametrize(
    ("ending", "stopped"),
    [(signal.SIGKILL, False), (signal.SIGTERM, False), (signal.SIGKILL, True)],
    ids=["killed", "terminated", "killed while its process stands still"],
)
def test_no_process_is_left_when_its_server_dies(ending: signal.Signals, stopped: bool) -> None:
    if stopped and sys.platform != "linux":
        pytest.skip("only Linux ends a standing process with its parent")
    program = f"""
import time
from model.jobs.trainer import Trainer
trainer = Trainer(command={[sys.executable, "-P", str(QUICK_WORKER), "behaves"]!r})
trainer.start()
while not trainer.ready:
    time.sleep(0.02)
print(trainer.pid, flush=True)
time.sleep(600)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        pid = int(server.stdout.readline())
        assert is_running(pid)
        if stopped:
            os.kill(pid, signal.SIGSTOP)
        server.send_signal(ending)
        server.wait(10)
    wait_until(lambda: not is_running(pid), 5, "the training process has outlived its server")


def test_the_client_imports_neither_tensorflow_nor_keras_nor_streamlit() -> None:
    program = "import sys, model.jobs.trainer; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    modules = {name.split(".")[0] for name in shown.stdout.split()}
    assert "model" in modules
    assert not modules & {"tensorflow", "keras", "streamlit", "sklearn"}
