"""Break it: the bars follow the slider in the browser, the test digits follow when it is let go."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from model.classifier.base import softmax
from model.classifier.softmax import SoftmaxRegression
from model.explanation.damage import damaged
from tests.support.answers import choose_model, expect_digit, open_reason
from tests.support.drawing import DIGITS, draw
from tests.support.specimens import drawn, fed, sample_digits, shipped
from ui.components import break_it
from ui.components.break_it import KINDS, Broken
from ui.components.shared.parts import page as html_page
from ui.components.shared.parts import script
from ui.server import resources

HTML, CODE = "break_it.html", "break_it.js"
MOVED = """async ({source, html, data, amounts}) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const {default: show} = await import(url);
  const parentElement = document.createElement("div");
  parentElement.innerHTML = html;
  document.body.append(parentElement);
  show({data, parentElement, setStateValue() {}});
  const read = () => [...parentElement.querySelectorAll("[role=meter]")].map(
    (meter) => Number(meter.getAttribute("aria-valuenow")));
  return amounts.map(([kind, amount]) => {
    parentElement.querySelector(`[data-kind="${kind}"]`).click();
    const slider = parentElement.querySelector(".slider");
    slider.value = amount;
    slider.dispatchEvent(new Event("input"));
    return read();
  });
}"""


def linear(name: str = "directions") -> SoftmaxRegression:
    model = shipped(name).model  # type: ignore[arg-type]  # one of the inputs
    assert isinstance(model, SoftmaxRegression)
    return model


@pytest.mark.parametrize("name", ["pixels", "directions"])
def test_the_browser_breaks_a_model_as_python_does(name: str, browser: Browser) -> None:
    model = linear(name)
    features = fed(model, drawn(sample_digits()[3]))
    amounts = [
        *(("noise", amount) for amount in (0, 40, 500)),
        *(("smallest", amount) for amount in (13, 90, 100)),
        *(("rounded", amount) for amount in (0, 70, 250)),
        *(("bias", amount) for amount in (50, 100)),
        *(("template", amount) for amount in (0, 3, 9)),
        *(("shuffled", amount) for amount in (7, 35, 100)),
    ]
    bare_page = browser.new_page()
    seen = bare_page.evaluate(
        MOVED,
        {
            "source": _source(),
            "html": html_page(break_it._HERE / HTML, break_it.WORDS),
            "data": break_it._as_data(model, features[0], "some digits", 0.5, None),
            "amounts": amounts,
        },
    )
    bare_page.close()
    for (kind, amount), bars in zip(amounts, seen, strict=True):
        broken = Broken(kind, amount)  # type: ignore[arg-type]  # one of the damages
        hurt = damaged(model, broken.damage, broken.as_share)
        expected = 100 * softmax(hurt.decision_function(features))[0]
        assert bars == pytest.approx(expected, abs=0.1), broken


def _source() -> str:
    return script(
        *("words.js", "small_bars.js", break_it._HERE / CODE),
        WORDS=break_it.WORDS,
        KINDS=KINDS,
        DIGIT="Digit {digit}",
        N_CLASSES=10,
    )


def test_what_is_broken_is_measured_and_whole_is_one_click_away(page: Page) -> None:
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    open_reason(page, "Break it")
    panel = page.locator(".st-key-break_it")
    whole = _tested(linear())
    tested = panel.locator(".tested")
    expect(tested).to_have_text(f"Test digits: {whole} right.")
    panel.get_by_role("radio", name="Noise").click()
    slider = panel.get_by_role("slider")
    slider.press("End")
    assert _measured("noise", 500) != whole
    expect(tested).to_have_text(f"Test digits: {_measured('noise', 500)} right, whole {whole}.")
    panel.get_by_role("radio", name="Noise").press("ArrowRight")  # the keyboard leads on
    told = f"Test digits: {_measured('smallest', KINDS['smallest']['first'])} right"
    expect(tested).to_contain_text(told)
    draw(page, DIGITS[1])  # a stroke more: the drawing is another, the damage stays
    expect(tested).to_contain_text(told)
    expect(page.locator(".reading .answer")).not_to_be_empty()
    choose_model(page, "pixels")
    expect(tested).to_contain_text(f"whole {_tested(linear('pixels'))}")
    panel.get_by_role("radio", name="Whole").click()
    expect(panel.get_by_role("slider")).to_be_hidden()
    open_reason(page, "Bars")
    expect(page.locator(".reading .bars")).to_be_visible()


def _measured(kind: str, amount: int) -> str:
    broken = Broken(kind, amount)  # type: ignore[arg-type]  # one of the damages
    return _tested(damaged(linear(), broken.damage, broken.as_share))


def _tested(model: SoftmaxRegression) -> str:
    images, labels = resources.builtin_test()
    share = (model.predict(images) == labels).mean()
    return f"{share:.1%}"
