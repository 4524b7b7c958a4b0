"""Pictures from strangers: a photo is read like the drawing, and nothing harmful is decoded."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.classifier import prediction
from model.preprocessing.ink import FORMATS, LARGEST_FILE, WORKING_SIDE, PictureError
from model.preprocessing.ink import ink_from_canvas as from_canvas
from model.preprocessing.ink import ink_from_upload as from_upload
from tests.support.paths import ROOT
from tests.support.pictures import Ink, file, likeness, on_paper, png_of_size
from tests.support.specimens import drawn, sample_digits, shipped

SAMPLES = [drawn(digit) for digit in sample_digits()]
EVERY_DIGIT = pytest.mark.parametrize("digit", range(10))


def photo(ink: Ink, seed: int = 0) -> bytes:
    """Return a JPEG of blue pen on cream paper, half of it in a soft shadow, with noise."""
    rng = np.random.default_rng(seed)
    width, height = 1_200, 900
    sheet = Image.new("L", (width, height))
    sheet.paste(Image.fromarray(np.uint8(255 * ink)).resize((800, 800)), (250, 60))
    stroke = np.asarray(sheet.filter(ImageFilter.GaussianBlur(2)), np.float32)[..., None] / 255
    x, y = np.linspace(0, 1, width), np.linspace(0, 1, height)[:, np.newaxis]
    light = (0.55 + 0.35 * x - 0.1 * y) * np.where(x + 0.4 * y < 0.6, 0.7, 1)
    soft = Image.fromarray(np.uint8(255 * light)).filter(ImageFilter.GaussianBlur(25))
    paper = np.asarray(soft, np.float32)[..., None] * np.array([1, 0.97, 0.9])
    colours = paper * (1 - stroke * np.array([0.75, 0.7, 0.45]))
    noisy = colours + rng.normal(0, 8, (height, width, 1))
    return file(Image.fromarray(np.uint8(np.clip(noisy, 0, 255))), "JPEG", quality=85)


@EVERY_DIGIT
def test_a_photo_of_a_pen_on_paper_is_read_like_the_clean_drawing(digit: int) -> None:
    ink = from_upload(photo(SAMPLES[digit], seed=digit))
    assert likeness(ink, SAMPLES[digit]) > 0.97
    found = prediction.read(shipped("moments"), ink)
    assert found is not None
    assert found.verdict == "answer"
    assert found.probabilities.argmax() == digit


FORMS: dict[str, Callable[[Image.Image], bytes]] = {
    "grey PNG": lambda image: file(image),
    "RGB PNG": lambda image: file(image.convert("RGB")),
    "black and white PNG": lambda image: file(image.convert("1", dither=Image.Dither.NONE)),
    "palette PNG": lambda image: file(image.convert("RGB").convert("P")),
    "two-colour palette PNG": lambda image: file(image.convert("RGB").quantize(2)),
    "16-bit PNG": lambda image: file(Image.fromarray(np.asarray(image).astype(np.uint16) * 257)),
    "grey PNG with opacity": lambda image: file(image.convert("LA")),
    "JPEG": lambda image: file(image, "JPEG"),
    "CMYK JPEG": lambda image: file(image.convert("CMYK"), "JPEG"),
    "WebP": lambda image: file(image, "WEBP"),
    "lossless WebP": lambda image: file(image.convert("RGBA"), "WEBP", lossless=True),
    "GIF": lambda image: file(image, "GIF"),
    "BMP": lambda image: file(image.convert("RGB"), "BMP"),
    "TIFF": lambda image: file(image, "TIFF", compression="tiff_lzw"),
    "AVIF": lambda image: file(image.convert("RGB"), "AVIF"),
    "12 bits in a 16-bit PNG": lambda image: file(
        Image.fromarray(np.asarray(image).astype(np.uint16) * 16)
    ),
    "12 bits in a 16-bit TIFF": lambda image: file(
        Image.fromarray(np.asarray(image).astype(np.uint16) * 16), "TIFF"
    ),
    "TIFF of floats": lambda image: file(image.convert("F"), "TIFF"),
    "large PNG": lambda image: file(image.resize((1_400, 1_400))),
    "large black and white PNG": lambda image: file(
        image.resize((1_400, 1_400)).convert("1", dither=Image.Dither.NONE)
    ),
    "large palette PNG": lambda image: file(image.resize((1_400, 1_400)).convert("P")),
    "large JPEG": lambda image: file(image.resize((3_000, 3_000)), "JPEG"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("light", ["dark on light", "light on dark"])
def test_every_form_of_picture_is_read_like_the_drawing(form: str, light: str) -> None:
    paper, pen = (240, 20) if light == "dark on light" else (20, 240)
    for ink in (SAMPLES[2], SAMPLES[5]):
        read = from_upload(FORMS[form](on_paper(ink, paper, pen)))
        assert read.dtype == np.float32
        assert max(read.shape) <= WORKING_SIDE
        assert 0 <= read.min() <= read.max() <= 1
        assert likeness(read, ink) > 0.985


@pytest.mark.parametrize("colour", [(0, 0, 0), (200, 30, 30), (20, 60, 200)])
def test_a_transparent_picture_lies_on_white(colour: tuple[int, int, int]) -> None:
    rgba = np.zeros((280, 280, 4), np.uint8)
    rgba[..., :3] = colour
    rgba[..., 3] = 255 * SAMPLES[6]
    assert likeness(from_upload(file(Image.fromarray(rgba))), SAMPLES[6]) > 0.985


@pytest.mark.parametrize("mode", ["L", "P"])
def test_a_transparent_colour_is_white_as_well(mode: str) -> None:
    image = Image.fromarray(np.uint8(SAMPLES[6] == 0) * 100).convert(mode)  # 100 is the paper
    content = file(image, transparency=100 if mode == "L" else image.getpixel((0, 0)))
    assert likeness(from_upload(content), SAMPLES[6]) > 0.985


@pytest.mark.parametrize(
    ("orientation", "stored_as"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright(
    format: str, orientation: int, stored_as: Image.Transpose | None
) -> None:
    image = on_paper(SAMPLES[7])
    if stored_as is not None:
        image = image.transpose(stored_as)
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = from_upload(file(image.convert("RGB"), format, exif=exif.tobytes()))
    assert likeness(read, SAMPLES[7]) > 0.985


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00broken"])
def test_a_broken_orientation_does_not_lose_the_picture(exif: bytes) -> None:
    content = file(on_paper(SAMPLES[7]), "JPEG", exif=exif)
    assert likeness(from_upload(content), SAMPLES[7]) > 0.985


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_counts(format: str) -> None:
    first, second = (on_paper(SAMPLES[i]).convert("RGB") for i in (3, 8))
    content = file(first, format, save_all=True, append_images=[second], duration=100)
    assert Image.open(io.BytesIO(content)).n_frames == 2  # type: ignore[attr-defined]
    assert likeness(from_upload(content), SAMPLES[3]) > 0.985


def test_dirt_and_a_dark_edge_are_left_out() -> None:
    image = np.array(on_paper(SAMPLES[3]))
    image[:, :6] = 0  # the table beside the sheet
    image[20, 250] = image[270, 200] = 0
    assert likeness(from_upload(file(Image.fromarray(image))), SAMPLES[3]) > 0.985


@pytest.mark.parametrize("level", [0, 100, 255])
def test_a_plain_picture_holds_no_ink(level: int) -> None:
    assert not from_upload(file(Image.new("L", (300, 200), level))).any()


def test_paper_with_nothing_but_noise_and_shadow_holds_no_ink() -> None:
    assert not from_upload(photo(np.zeros((280, 280), np.float32))).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 3), (2_000, 3)])
def test_a_tiny_or_narrow_picture_is_no_trouble(size: tuple[int, int]) -> None:
    ink = from_upload(file(Image.new("L", size, 255)))
    assert ink.ndim == 2
    assert not ink.any()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a text that somebody renamed", id="text"),
        pytest.param(b"%PDF-1.7\n" + bytes(500), id="PDF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="signature only"),
        pytest.param(file(on_paper(SAMPLES[0]), "PCX"), id="PCX"),
        pytest.param(file(on_paper(SAMPLES[0]), "TGA"), id="TGA"),
        pytest.param(file(on_paper(SAMPLES[0]), "PPM"), id="PPM"),
    ],
)
def test_what_is_no_picture_of_a_wanted_format_is_refused(content: bytes) -> None:
    with pytest.raises(
        PictureError, match=r"not a picture that can be read \(PNG, JPEG, WEBP, GIF"
    ):
        from_upload(content)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_heic_photo_without_a_picture_in_it_is_refused(brand: bytes) -> None:
    content = b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mif1heic" + bytes(500)
    with pytest.raises(PictureError, match=r"cannot be decoded|not a picture"):
        from_upload(content)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_refused(format: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)
    content = file(Image.fromarray(noise), format)
    with pytest.raises(PictureError, match=r"damaged|not a picture that can be read"):
        from_upload(content[: int(share * len(content))])


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(FORMATS), st.data())
def test_a_damaged_picture_is_read_or_refused_and_nothing_else(
    format: str, data: st.DataObject
) -> None:
    content = bytearray(file(on_paper(SAMPLES[1][::4, ::4]), format))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PictureError):
        ink = from_upload(bytes(content))
        assert 0 <= ink.min() <= ink.max() <= 1


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height", "fault"),
    [
        (30_000, 30_000, "far too many pixels"),
        (11_000, 11_000, "11000 × 11000 pixels; at most 50 million"),
        (50_001, 1_000, "50001 × 1000 pixels"),
    ],
)
def test_too_many_pixels_are_refused_by_the_header(width: int, height: int, fault: str) -> None:
    with pytest.raises(PictureError, match=fault):
        from_upload(png_of_size(width, height))


def test_a_decompression_bomb_costs_no_memory() -> None:
    program = """
import resource, sys
from model.preprocessing.ink import PictureError, ink_from_upload
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    ink_from_upload(sys.stdin.buffer.read())
except PictureError as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        input=png_of_size(30_000, 30_000),
        capture_output=True,
    )
    assert result.returncode == 0, result.stderr.decode()
    assert int(result.stdout) < 20_000  # kB


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(PictureError, match="has 11 MiB; at most 10 MiB are read"):
        from_upload(bytes(LARGEST_FILE + 2**20))


def canvas(ink: Ink) -> NDArray[np.uint8]:
    rgba = np.zeros((*ink.shape, 4), np.uint8)
    rgba[..., :3] = np.rint(255 * ink)[..., np.newaxis]
    rgba[..., 3] = 255
    return rgba


def test_the_canvas_is_read_to_the_pixel() -> None:
    content = file(Image.fromarray(canvas(SAMPLES[4])))
    np.testing.assert_allclose(from_canvas(content, 280), SAMPLES[4], atol=1e-6)


@pytest.mark.parametrize(
    ("rgba", "ink"),
    [
        ((255, 255, 255, 255), 1),
        ((0, 0, 0, 255), 0),
        ((255, 255, 255, 0), 0),
        ((255, 255, 255, 51), 0.2),
        ((255, 0, 0, 255), 0.299),
        ((0, 255, 0, 255), 0.587),
        ((0, 0, 255, 255), 0.114),
    ],
)
def test_ink_on_the_canvas_is_luma_times_opacity(rgba: tuple[int, ...], ink: float) -> None:
    result = from_canvas(file(Image.new("RGBA", (8, 8), rgba)), 8)
    assert result.shape == (8, 8)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, ink, atol=1 / 255)


def test_no_colour_on_the_canvas_gives_more_than_all_ink() -> None:
    levels = np.array([0, 1, 127, 254, 255], np.uint8)
    every = np.stack(np.meshgrid(*[levels] * 4), axis=-1).reshape(25, 25, 4)
    ink = from_canvas(file(Image.fromarray(every)), 25)
    assert ink.min() >= 0
    assert ink.max() == 1


def test_an_untouched_canvas_holds_no_ink() -> None:
    assert not from_canvas(file(Image.new("RGBA", (280, 280))), 280).any()


@pytest.mark.parametrize(
    ("image", "got"),
    [
        (Image.new("RGBA", (281, 280)), "281 × 280 RGBA"),
        (Image.new("RGBA", (28, 28)), "28 × 28 RGBA"),
        (Image.new("RGB", (280, 280)), "280 × 280 RGB"),
        (Image.new("L", (280, 280)), "280 × 280 L"),
        (Image.new("P", (280, 280)), "280 × 280 P"),
    ],
)
def test_a_canvas_of_another_size_or_mode_is_refused(image: Image.Image, got: str) -> None:
    with pytest.raises(PictureError, match=f"the drawing must be 280 × 280 RGBA, got {got}"):
        from_canvas(file(image), 280)


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_a_canvas_in_another_format_is_refused(format: str) -> None:
    with pytest.raises(PictureError, match=r"not a picture that can be read \(PNG\)"):
        from_canvas(file(Image.new("RGB", (280, 280)), format), 280)


def test_a_canvas_with_too_many_bytes_is_refused() -> None:
    content = file(Image.fromarray(canvas(SAMPLES[4]))) + bytes(400_000)
    with pytest.raises(PictureError, match="too many for its size"):
        from_canvas(content, 280)


def test_a_canvas_with_a_promise_of_many_pixels_is_refused() -> None:
    with pytest.raises(PictureError, match="far too many pixels"):
        from_canvas(png_of_size(30_000, 30_000, mode=6), 280)


def test_a_canvas_cut_off_is_refused() -> None:
    content = file(Image.fromarray(canvas(SAMPLES[4])))
    with pytest.raises(PictureError, match="the PNG file is damaged"):
        from_canvas(content[:-300], 280)
