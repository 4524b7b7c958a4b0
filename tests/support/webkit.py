"""WebKit of GTK, driven by Selenium: what Playwright's Chromium cannot say about another engine.

The page's parts stand in open shadow roots, which Selenium's selectors do not look into; `Tab`
looks for an element through all of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from selenium.webdriver import WebKitGTK
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.support.server import isolated
from tests.support.waiting import wait_until
from tools import webkit

__all__ = ["Tab", "open_webkit"]

SIZE = (1280, 800)
PATIENCE = 60.0
"""Seconds until something has to be seen."""

_FIND = """(function look(root, selector) {
  for (const node of root.querySelectorAll("*")) {
    if (node.matches(selector) && node.checkVisibility()) return node;
    const found = node.shadowRoot && look(node.shadowRoot, selector);
    if (found) return found;
  }
  return null;
})(document, arguments[0])"""


class Tab:
    """A tab of WebKit.

    Parameters
    ----------
    driver : WebKitGTK
    """

    def __init__(self, driver: WebKitGTK) -> None:
        self._driver = driver
        self._mouse: Any = cast(Any, PointerInput)("mouse", "mouse")

    def open(self, url: str) -> None:
        """Open an address."""
        self._driver.get(url)

    def reload(self) -> None:
        """Load the page again."""
        self._driver.refresh()

    def ask(self, selector: str, code: str = "true") -> Any:
        """Return what JavaScript says of the first `element` that is seen and matches.

        It is waited for, and asked as it is found: a moment later the page may have another.
        """
        script = f"const element = {_FIND}; return element && [{code}]"
        (answer,) = wait_until(
            lambda: self._driver.execute_script(script, selector),
            PATIENCE,
            f"nothing is seen that matches {selector}",
        )
        return answer

    def wait_for(self, selector: str, code: str, wanted: Any) -> None:
        """Wait until JavaScript says this of an element."""
        wait_until(
            lambda: self.ask(selector, code) == wanted, PATIENCE, f"{selector}: {code} ≠ {wanted!r}"
        )

    def click(self, selector: str) -> None:
        """Click as a person does: in the middle of what is seen."""
        x, y, width, height = self.box(selector)
        actions = self._actions()
        actions.pointer_action.move_to_location(round(x + width / 2), round(y + height / 2))
        actions.pointer_action.click()
        actions.perform()

    @contextlib.contextmanager
    def mouse_held(self, selector: str, points: Sequence[tuple[float, float]]) -> Iterator[None]:
        """Draw a line, in an element's unit coordinates, and let go when the block ends."""
        x, y, width, height = self.box(selector)
        places = [(round(x + width * u), round(y + height * v)) for u, v in points]
        actions = self._actions()
        actions.pointer_action.move_to_location(*places[0])
        actions.pointer_action.pointer_down()
        for place in places[1:]:
            actions.pointer_action.move_to_location(*place)
        actions.perform()
        yield
        actions = self._actions()
        actions.pointer_action.pointer_up()
        actions.perform()

    def screenshot(self, path: Path) -> None:
        """Keep a picture of what is seen."""
        self._driver.save_screenshot(path)

    def _actions(self) -> Any:  # Selenium gives its pointer's methods no types
        return ActionBuilder(self._driver, mouse=self._mouse, duration=20)

    def box(self, selector: str) -> tuple[float, float, float, float]:
        """Return where an element is: its left and upper edge, width and height, in pixels."""
        code = "Object.values(element.getBoundingClientRect().toJSON()).slice(0, 4)"
        x, y, width, height = self.ask(selector, code)
        return x, y, width, height


@contextlib.contextmanager
def open_webkit(home: Path) -> Iterator[Tab]:
    """Open a WebKit on a screen that nobody sees, with this folder as its home, for the block."""
    with _screen() as display:
        service = Service(
            shutil.which(webkit.DRIVER), env={**os.environ, **isolated(home), "DISPLAY": display}
        )
        options = Options()
        options.binary_location = _browser()
        options.add_argument("--automation")
        driver = WebKitGTK(options=options, service=service)
        try:
            driver.set_window_size(*SIZE)
            yield Tab(driver)
        finally:
            driver.quit()


def _browser() -> str:
    """Return the small browser that comes with WebKit."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-*/MiniBrowser"))
    assert found, "there is no MiniBrowser beside WebKit"
    return str(found[-1])


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    """Run a screen that nobody sees, and yield its name; it chooses a free one."""
    size = "x".join(map(str, (*SIZE, 24)))
    command = [webkit.SCREEN, "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            number = process.stdout.readline().strip()
            assert number, "no screen could be opened"
            yield f":{number}"
        finally:
            process.terminate()
