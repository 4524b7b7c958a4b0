"""The features of a data set's three splits, which a training run needs; the last two are kept."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.classifier.base import TrainingData
from model.classifier.reject import Rejector, find_prototypes
from model.config import Input, TrainingConfig
from model.data import datasets
from model.data.augmentation import with_elastic_copies, with_pen_habits
from model.data.datasets import NAMES, Dataset
from model.preprocessing import features as input_steps
from model.training import rejector_file

__all__ = ["Prepared", "augmented", "prepare"]

KEPT = 2
"""How many prepared data sets are kept; MNIST's features take 220 MB."""


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """Features (n, 784) and labels (n,) of each split, and which data set they are of.

    `prototypes` (10, k, 784) holds typical features of each digit, and `rejector` knows what is no
    digit; see `model.classifier.reject`. `is_dark_on_light` says that the pictures, of one's own,
    have dark ink, with which a training may diverge.
    """

    source: TrainingData
    train: tuple[NDArray[np.float32], NDArray[np.uint8]]
    validation: tuple[NDArray[np.float32], NDArray[np.uint8]]
    test: tuple[NDArray[np.float32], NDArray[np.uint8]]
    prototypes: NDArray[np.uint8]
    rejector: Rejector
    is_dark_on_light: bool = False


def augmented(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], config: TrainingConfig
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return training pictures and labels with the copies that `config` asks for behind them."""
    if config.pen_habits:
        images, labels = with_pen_habits(images, labels, share=config.pen_habits, seed=config.seed)
    if config.elastic:
        images, labels = with_elastic_copies(images, labels, share=config.elastic, seed=config.seed)
    return images, labels


def prepare(data: str | Dataset, config: TrainingConfig) -> Prepared:
    """Load a data set and compute its features; the last two data sets with a name are kept.

    Parameters
    ----------
    data : str or Dataset
        A name or a path, see `model.data.datasets.load`; what a path names is read every time. Or
        data that has been loaded.
    config : TrainingConfig
        Its `input`; its `pen_habits`, `elastic` and `seed`, by which training pictures are added.

    Raises
    ------
    DataError
        Where there is no such data or it cannot be used.
    """
    if isinstance(data, Dataset):
        return _described(data, config)
    name = "mnist" if data == "auto" else data  # it may also be digits, which are computed quickly
    copies = (config.pen_habits, config.elastic, config.seed)
    settings = (config.input, *(copies if any(copies[:2]) else (0.0, 0.0, 0)))
    prepared = _kept.pop((name, *settings), None) or _prepare(data, config)
    if data not in NAMES:
        return prepared
    _kept[prepared.source.name, *settings] = prepared
    while len(_kept) > KEPT:
        del _kept[next(iter(_kept))]
    return prepared


_Key = tuple[str, Input, float, float, int]
_kept: dict[_Key, Prepared] = {}  # least recently used first


def _prepare(data: str, config: TrainingConfig) -> Prepared:
    name = data if data in NAMES else Path(data)
    return _described(datasets.load(name), config)


def _described(dataset: Dataset, config: TrainingConfig) -> Prepared:
    images, labels = augmented(dataset.train.images, dataset.train.labels, config)

    def features(
        images: NDArray[np.uint8], labels: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        made = input_steps.features(images, config.input), labels
        for array in made:  # TensorFlow keeps read-only arrays from one training to the next
            array.setflags(write=False)
        return made

    train = features(images, labels)
    return Prepared(
        TrainingData(dataset.name, dataset.sha256),
        train,
        features(dataset.validation.images, dataset.validation.labels),
        features(dataset.test.images, dataset.test.labels),
        find_prototypes(*train, seed=0),
        rejector_file.shipped(config.input),
        dataset.own is not None and dataset.own.dark_on_light,
    )
