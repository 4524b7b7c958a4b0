"""Uploaded pictures through a visit: what is kept of them is small and reads the same."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from model.preprocessing.ink import ink_from_upload
from model.preprocessing.kept_picture import KEPT_BYTES, adjusted, file_to_keep
from model.preprocessing.picture import Picture, PictureError
from tests.support.pictures import file, likeness, on_paper
from tests.support.specimens import drawn, sample_digits

NOISE = np.random.default_rng(0).integers(0, 256, (900, 900, 4), np.uint8)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_even_noise_is_kept_in_few_bytes(mode: str) -> None:
    content = file(Image.fromarray(NOISE).convert(mode))
    assert len(content) > KEPT_BYTES
    assert len(file_to_keep(content)) <= KEPT_BYTES


def test_a_small_file_is_kept_as_it_is() -> None:
    content = file(Image.new("L", (40, 30), 128))
    assert file_to_keep(content) == content


def test_what_is_kept_of_a_large_photo_reads_as_the_photo() -> None:
    image = on_paper(drawn(sample_digits()[5])).resize((3_000, 3_000)).convert("RGB")
    grain = np.random.default_rng(0).integers(0, 30, (3_000, 3_000, 3), np.uint8)
    content = file(Image.fromarray(np.asarray(image) - np.minimum(grain, image)), "JPEG")
    assert len(content) > KEPT_BYTES
    kept = file_to_keep(content)
    assert len(kept) <= KEPT_BYTES
    assert likeness(ink_from_upload(kept), ink_from_upload(content)) > 0.99


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(PictureError, match="not a picture"):
        file_to_keep(b"a shopping list")


@pytest.mark.parametrize("turns", range(4))
def test_a_picture_is_turned_to_the_right_and_then_cut(turns: int) -> None:
    rng = np.random.default_rng(0)
    picture = Picture(rng.random((20, 10, 3), np.float32), rng.random((20, 10), np.float32))
    whole = adjusted(picture, turns, None)
    np.testing.assert_array_equal(whole.colours, np.rot90(picture.colours, -turns))
    part = adjusted(picture, turns, (0.5, 0.0, 1.0, 0.5))
    height, width = whole.colours.shape[:2]
    assert part.opacity is not None
    assert whole.opacity is not None
    for one, other in ((part.colours, whole.colours), (part.opacity, whole.opacity)):
        np.testing.assert_array_equal(one, other[: height // 2, width // 2 :])


def test_a_box_thinner_than_a_pixel_is_one_pixel() -> None:
    picture = Picture(np.zeros((20, 10, 3), np.float32), None)
    assert adjusted(picture, 0, (0.999, 0.999, 1.0, 1.0)).colours.shape == (1, 1, 3)
