"""Pictures that are brought: several, pasted, dropped, refused, turned, cut, asked about."""

from __future__ import annotations

import base64
import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.support.answers import TO_UPLOAD, expect_digit, expect_invitation, go_to, press
from tests.support.drawing import DIGITS, canvas_ready, draw
from tests.support.uploads import as_file, pen_on_paper

FOUND = "The ink found in the picture"


@pytest.fixture
def open_upload(page: Page) -> Page:
    canvas_ready(page)
    press(page, "to_upload")
    expect_invitation(page, TO_UPLOAD)
    return page


def file_of(digit: int, name: str = "") -> FilePayload:
    return {**as_file(pen_on_paper(digit), "PNG"), "name": name or f"{digit}.png"}


def choose(page: Page, *files: FilePayload) -> None:
    page.locator(".st-key-picture input[type=file]").set_input_files(list(files))


def numbered(page: Page, index: int) -> Locator:
    return page.locator(f".st-key-picture_{index} button:visible")


def found_ink(page: Page, nth: int = 0) -> np.ndarray:
    """Return what is shown as ink, (H, W) from 0 to 255."""
    address = page.get_by_alt_text(FOUND).nth(nth).get_attribute("src") or ""
    picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
    return np.asarray(picture.convert("L"))


def test_several_pictures_are_read_in_a_row_each_with_its_answer(open_upload: Page) -> None:
    page = open_upload
    no_picture: FilePayload = {"name": "x.png", "mimeType": "image/png", "buffer": b"shopping"}
    choose(page, file_of(3), file_of(7), no_picture)
    expect(page.get_by_role("alert")).to_contain_text("x.png was not read")
    expect_invitation(page, TO_UPLOAD)
    for index, answer in enumerate(("3", "7", "–")):
        expect(numbered(page, index)).to_have_text(answer)
    numbered(page, 0).click()
    expect_digit(page, 3)
    expect(page.get_by_role("alert")).to_have_count(0)
    numbered(page, 1).click()
    expect_digit(page, 7)


def test_another_file_with_the_name_and_the_size_of_one_before_is_another_picture(
    open_upload: Page,
) -> None:
    for digit in (3, 7):
        choose(open_upload, {**as_file(pen_on_paper(digit), "BMP"), "name": "image.bmp"})
        expect_digit(open_upload, digit)


def test_a_picture_is_still_there_after_a_look_at_another_view(open_upload: Page) -> None:
    page = open_upload
    choose(page, file_of(4))
    expect_digit(page, 4)
    go_to(page, "How it works")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_test_id("stTopNav").get_by_role("link", name="Draw").click()
    expect_digit(page, 4)
    expect(page.get_by_alt_text(FOUND)).to_be_visible()


HAND_OVER = """
([name, base64, type, target]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const place = document.querySelector(target);
  const options = { bubbles: true, cancelable: true };
  const event = type === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent(type, { ...options, dataTransfer: transfer });
  return !place.dispatchEvent(event);
}
"""


def hand_over(page: Page, digit: int, *, by: str, to: str) -> bool:
    """Paste or drop a picture; return whether the page took it from the browser."""
    content = base64.b64encode(file_of(digit)["buffer"]).decode()
    taken: bool = page.evaluate(HAND_OVER, [f"{digit}.png", content, by, to])
    return taken


def test_a_picture_pasted_while_drawing_is_read_and_the_drawing_is_kept(page: Page) -> None:
    draw(page, DIGITS[3])
    expect_digit(page, 3)
    assert hand_over(page, 5, by="paste", to="body")
    expect_digit(page, 5)
    expect(page.locator(".st-key-picture")).to_contain_text("5.png")
    assert hand_over(page, 6, by="paste", to="body")
    expect_digit(page, 6)
    press(page, "to_canvas")
    canvas_ready(page)
    expect_digit(page, 3)


def test_a_picture_dropped_onto_the_canvas_is_read_and_beside_it_left_to_the_browser(
    page: Page,
) -> None:
    canvas_ready(page)
    assert hand_over(page, 8, by="dragover", to=".st-key-canvas")
    assert not hand_over(page, 8, by="drop", to=".st-key-controls")
    assert hand_over(page, 8, by="drop", to=".st-key-canvas")
    expect_digit(page, 8)


def test_a_picture_is_turned_and_inverted_and_comes_back(open_upload: Page) -> None:
    page = open_upload
    choose(page, file_of(7))
    expect_digit(page, 7)
    upright = found_ink(page)
    press(page, "turn")
    expect(page.locator(".reading .says")).not_to_have_text("Looks like a 7")
    assert found_ink(page).shape == upright.shape[::-1]
    for _ in range(3):
        before = page.get_by_alt_text(FOUND).get_attribute("src") or ""
        press(page, "turn")
        expect(page.get_by_alt_text(FOUND)).not_to_have_attribute("src", before)
    expect_digit(page, 7)
    press(page, "invert")
    expect(page.locator(".reading .says")).not_to_have_text("Looks like a 7")
    press(page, "invert")
    expect_digit(page, 7)


def test_a_box_cuts_out_one_of_two_digits_by_hand_and_by_keys(open_upload: Page) -> None:
    page = open_upload
    both = Image.new("L", (900, 500), 235)
    both.paste(pen_on_paper(4), (0, 0))
    both.paste(pen_on_paper(2), (500, 0))
    choose(page, as_file(both, "PNG"))
    expect(page.locator(".reading .answer")).to_have_text("42")
    press(page, "crop")
    picture = page.locator(".crop")
    expect(picture.locator("img")).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=3)
    page.mouse.up()
    expect_digit(page, 2)
    press(page, "crop_whole")
    expect(page.locator(".reading .answer")).to_have_text("42")
    picture.focus()
    for _ in range(26):
        page.keyboard.press("ArrowLeft")
    expect_digit(page, 4)
    press(page, "crop")
    expect(picture).to_have_count(0)
    expect_digit(page, 4)


def test_where_either_could_be_the_ink_it_asks_and_answers_only_then(open_upload: Page) -> None:
    page = open_upload
    squares = np.full((300, 300), 230, np.uint8)
    squares[:150, :150] = squares[150:, 150:] = 30
    choose(page, as_file(Image.fromarray(squares), "PNG"))
    expect(page.get_by_text("Which one is the drawing?")).to_be_visible()
    expect_invitation(page, TO_UPLOAD)
    expect(page.get_by_alt_text(FOUND)).to_have_count(2)
    light = found_ink(page, 1)
    press(page, "is_ink_light")
    expect(page.get_by_alt_text(FOUND)).to_have_count(1)
    expect(page.locator(".reading .says")).not_to_have_text(TO_UPLOAD)
    np.testing.assert_array_equal(found_ink(page), light)


def test_the_camera_opens_on_this_machine_and_closes_again(open_upload: Page) -> None:
    page = open_upload
    page.get_by_role("button", name="Take a photo").click()
    expect(page.get_by_test_id("stCameraInput")).to_be_visible()
    page.get_by_role("button", name="Close the camera").click()
    expect(page.get_by_test_id("stCameraInput")).to_have_count(0)


def test_a_photo_in_the_form_of_iphones_is_read(open_upload: Page) -> None:
    page = open_upload
    pillow_heif.register_heif_opener()  # for this process, which writes the photo
    choose(page, {**as_file(pen_on_paper(6).convert("RGB"), "HEIF"), "name": "IMG_1.HEIC"})
    expect_digit(page, 6)
