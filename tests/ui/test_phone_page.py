"""The audience's page: small, without cookies or other hosts, for browsers of 2020, at any path."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import numpy as np
import pytest
import requests
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors

from model.classifier import checkpoint
from model.classifier.checkpoint import Checkpoint
from model.classifier.reject import NO_REJECTOR
from model.classifier.softmax import SoftmaxRegression
from model.config import Input
from model.data.datasets import Dataset
from tests.support.paths import ROOT
from tests.support.phones import COOKIE, opened
from tests.support.server import Server, serve
from tests.support.specimens import made_up, shipped
from ui.server import phone_page

INPUTS: tuple[Input, ...] = ("pixels", "moments", "directions")
MOST_BYTES = 150_000
MOST_REQUESTS = 8
MOST_CHANGE = 0.001
BROWSER = {"Accept": "text/html,*/*", "Accept-Encoding": "gzip", "User-Agent": "a phone"}
SERVER = """
import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import Response

from tests.support import quick_server


class Up:  # Streamlit's own answer is below the path
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        is_asked = scope.get("path") == "/_stcore/health"
        await (Response() if is_asked else self.app)(scope, receive, send)


inkling = quick_server.inkling
app = st.App(
    inkling.PAGE,
    lifespan=inkling.warm,
    middleware=[Middleware(Up), *inkling.MIDDLEWARE],
    routes=quick_server.routes(),
)
"""

NEWER_SCRIPT = {
    "logical assignment": r"\?\?=|\|\|=|&&=",
    "numeric separator": r"\b\d+_\d",
    "at": r"\.at\(",
    "replaceAll": r"\.replaceAll\(",
    "findLast": r"\.findLast(Index)?\(",
    "a sorted copy": r"\.to(Sorted|Reversed|Spliced)\(|\.with\(",
    "Object.hasOwn": r"\bhasOwn\(",
    "groupBy": r"\bgroupBy\(",
    "structuredClone": r"\bstructuredClone\b",
    "Promise.any": r"\bPromise\.(any|try|withResolvers)\b",
    "AbortSignal.timeout": r"\bAbortSignal\.",
    "randomUUID": r"\brandomUUID\b",
    "replaceChildren": r"\.replaceChildren\(",
    "class": r"^\s*class\b",
    "private name": r"[.\s]#\w+\s*(=|\()",
    "await outside": r"^await\b|^(const|let)\b[^\n]*= await\b",
    "error cause": r"\bcause:",
    "import with": r"^import\b.*\bwith\b",
    "flags d and v": r"/[gimsuy]*[dv][gimsuy]*\.(test|exec)\(",
}
"""What ES2021 and later brought, and methods of the same years, as patterns."""
NEWER_STYLE = {
    "light-dark": r"light-dark\(",
    "color-mix": r"color-mix\(",
    "oklch": r"\bok(lch|lab)\(",
    "has": r":has\(",
    "layer": r"@layer\b",
    "container": r"@container\b",
    "property": r"@property\b",
    "nesting": r"[{;]\s*&",
    "subgrid": r"\bsubgrid\b",
    "media range": r"@media[^{]*[<>]",
}


class Loaded(NamedTuple):
    """A file as a browser gets it: from where, and the response."""

    url: str
    answer: requests.Response

    @property
    def size(self) -> int:
        """Bytes on the wire: the body as it came, the headers and the status."""
        body = int(self.answer.headers["Content-Length"])
        lines = (f"{name}: {value}\r\n" for name, value in self.answer.headers.items())
        return body + sum(map(len, lines)) + len("HTTP/1.1 200 OK\r\n\r\n")


class Hall(NamedTuple):
    """A server below /talk, and the address of a room's page on it."""

    server: Server
    page: str


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    home = tmp_path_factory.mktemp("hall-home")
    room = opened(home / "store")
    script = home / "below_a_path.py"
    script.write_text(SERVER)
    with serve(home, script, {"STREAMLIT_SERVER_BASE_URL_PATH": "talk"}) as server:
        yield Hall(server, f"{server.url}/talk/r/{room.code}")


@pytest.fixture(scope="module")
def loaded(hall: Hall) -> list[Loaded]:
    """What a phone loads until it reads and has joined, each from where the page says."""
    got: list[Loaded] = []

    def get(url: str, base: str) -> str:
        place = urljoin(base, url)
        for each in got:
            if each.url == place:  # which a browser has by then
                return each.answer.text
        got.append(Loaded(place, requests.get(place, headers=BROWSER, timeout=10)))
        return got[-1].answer.text

    html = get("", hall.page)
    for name in re.findall(r'(?:href|src)="([^"]+\.(?:css|js)\?[^"]+)"', html):
        text = get(name, hall.page)
        for imported in re.findall(r'^import .* from "([^"]+)"', text, re.MULTILINE):
            get(imported, urljoin(hall.page, name))
    joined = requests.post(f"{hall.page}/join", json={}, headers=BROWSER, timeout=10)
    got.append(Loaded(f"{hall.page}/join", joined))
    for part in joined.json()["model"].values():
        get(f"{hall.page}/model/{part}", hall.page)
    return got


def page_text(name: str) -> str:
    return phone_page._file(name)[0].decode()


def written(name: str) -> str:
    """Return a script with its indentation, which it loses on its way to the browser, and without
    its comments."""
    folder = ROOT / "ui" / "components" / "live_bars"
    files = [folder / each for each in ("segmentation.js", "moments.js", "directions.js", name)]
    code = "".join(
        file.read_text() for file in (files if name == "reader.js" else [ROOT / "web" / name])
    )
    return re.sub(r"^\s*//.*\n", "", code, flags=re.MULTILINE)


def test_all_of_it_comes_in_few_requests_and_few_bytes(loaded: list[Loaded]) -> None:
    assert [each.answer.status_code for each in loaded] == [200] * len(loaded)
    names = [urlsplit(each.url).path.split("/")[-1].split("-")[0] for each in loaded]
    assert sorted(names[1:]) == [
        *("join", "phone.css", "phone.js", "reader.js", "rule", "weights"),
    ]
    assert len(loaded) <= MOST_REQUESTS
    assert sum(each.size for each in loaded) <= MOST_BYTES


def test_the_model_and_the_reader_are_asked_for_with_the_page(
    hall: Hall, loaded: list[Loaded]
) -> None:
    page = loaded[0].answer
    ahead = re.findall(r"<([^>]+)>; rel=preload; as=fetch; crossorigin", page.headers["Link"])
    ahead += re.findall(r'rel="modulepreload" href="([^"]+)"', page.text)
    asked = {urljoin(hall.page, name) for name in ahead}
    assert asked == {each.url for each in loaded if re.search("/model/|reader.js", each.url)}


def test_below_a_path_the_page_asks_below_it(hall: Hall, loaded: list[Loaded]) -> None:
    start = f"{hall.server.url}/talk/r/"
    assert all(each.url.startswith(start) for each in loaded)


def test_below_a_path_every_route_answers_there_and_nowhere_else(hall: Hall) -> None:
    speaker = {"Cookie": f"inkling_browser={COOKIE}"}
    token = requests.post(f"{hall.page}/join", json={}, timeout=10).json()["token"]
    stroke = [[100, 60], [120, 250]]
    drawing = {"token": token, "id": "drawing-1", "asked": 1, "strokes": [stroke]}
    posts: dict[str, Any] = {
        "/join": {"token": token},
        "/drawings": drawing,
        "/act": {"act": "hide", "number": 0},
        "/take_back": {"token": token},
    }
    at_root = hall.page.replace("/talk/", "/")
    for path, message in posts.items():
        answer = requests.post(f"{hall.page}{path}", json=message, headers=speaker, timeout=10)
        assert answer.status_code == 200, (path, answer.text)
        elsewhere = requests.post(f"{at_root}{path}", json=message, headers=speaker, timeout=10)
        assert not elsewhere.ok, path
    assert requests.get(f"{hall.page}/wall", headers=speaker, timeout=10).json()["joined"] >= 1
    assert "phone.js" not in requests.get(at_root, headers=BROWSER, timeout=10).text


def test_no_cookie_and_no_other_host(loaded: list[Loaded]) -> None:
    for each in loaded:
        assert "Set-Cookie" not in each.answer.headers, each.url
        kind = each.answer.headers["Content-Type"]
        if kind.startswith("text/"):
            assert re.findall(r"(?:https?:|['\"(])//[\w.]+", each.answer.text) == [], each.url
    assert "cookie" not in page_text("phone.js").lower()


def test_what_has_its_content_in_its_name_is_kept_for_long_and_the_page_is_not(
    loaded: list[Loaded],
) -> None:
    page, *others = loaded
    assert page.answer.headers["Cache-Control"] == "no-cache"
    for each in others:
        is_join = each.url.endswith("/join")
        expected = "no-store" if is_join else f"max-age={phone_page.A_YEAR}, immutable"
        assert each.answer.headers["Cache-Control"] == expected, each.url


def test_a_browser_that_takes_nothing_compressed_gets_the_same_page(hall: Hall) -> None:
    plain = requests.get(hall.page, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert "Content-Encoding" not in plain.headers
    assert plain.text == page_text("phone.html")


@pytest.mark.parametrize("name", ["reader.js", "phone.js"])
@pytest.mark.parametrize("what", NEWER_SCRIPT)
def test_nothing_newer_than_es2020(name: str, what: str) -> None:
    assert re.findall(NEWER_SCRIPT[what], written(name), re.MULTILINE) == []


@pytest.mark.parametrize("what", NEWER_STYLE)
def test_no_style_that_browsers_of_2020_do_not_know(what: str) -> None:
    assert re.findall(NEWER_STYLE[what], page_text("phone.css")) == []


def test_a_newer_unit_is_said_after_an_older_one() -> None:
    style = re.sub(r"/\*.*?\*/", "", page_text("phone.css"))
    for rule in re.findall(r"\{([^{}]*)\}", style):
        said: list[str] = []
        for declaration in rule.split(";"):
            name = declaration.partition(":")[0].strip()
            if re.search(r"\d[sdl]v[hw]\b", declaration):
                assert name in said, declaration
            said.append(name)


@pytest.mark.parametrize("input", INPUTS)
def test_16_bits_for_a_weight_change_no_verdict_and_hardly_a_probability(
    input: Input, mnist: Dataset
) -> None:
    exact = shipped(input)
    sent = as_a_phone_has_it(exact)
    features = exact.model.features(mnist.test.images[:500])
    before, after = (each.model.predict_proba(features) for each in (exact, sent))
    assert 0 < np.abs(before - after).max() < MOST_CHANGE
    verdicts = [
        each.reject_rule.verdicts(features, probabilities)
        for each, probabilities in ((exact, before), (sent, after))
    ]
    assert verdicts[0] == verdicts[1]
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))


def as_a_phone_has_it(exact: Checkpoint) -> Checkpoint:
    """Return a model as it comes out of the parts that a phone gets."""
    weights, values = unpacked(exact, "weights")
    rules, rule = unpacked(exact, "rule")
    assert isinstance(exact.model, SoftmaxRegression)
    assert weights["weights"].dtype == np.int16
    assert values["input"] == exact.model.input
    model = dataclasses.replace(
        exact.model,
        weights=(weights["weights"] * values["weights_scale"]).astype(np.float32),
        bias=weights["bias"],
    )
    rejector = exact.reject_rule.rejector
    if rejector is not NO_REJECTOR:
        rejector = rejector._replace(
            weights=(rules["rejector_weights"] * rule["rejector_weights_scale"]).astype(np.float32),
            bias=rules["rejector_bias"],
            distance_weight=rule["distance_weight"],
        )
    reject_rule = dataclasses.replace(
        exact.reject_rule,
        prototypes=rules["prototypes"],
        rejector=rejector,
        min_familiarity=rule["min_familiarity"],
        min_probability=rule["min_probability"],
    )
    return dataclasses.replace(exact, model=model, reject_rule=reject_rule)


def unpacked(model: Checkpoint, part: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the values of a part, as reader.js takes them out."""
    found = phone_page.model_part(model, phone_page.model_names(model)[part])
    assert found is not None
    content = gzip.decompress(bytes(found.body))
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return load_tensors(content), json.loads(header["__metadata__"]["values"])


def test_a_part_has_another_name_when_its_content_is_another_one() -> None:
    one = made_up()
    names = phone_page.model_names(one)
    assert isinstance(one.model, SoftmaxRegression)
    retrained = dataclasses.replace(
        one, model=dataclasses.replace(one.model, bias=one.model.bias + np.float32(0.5))
    )
    stricter = dataclasses.replace(
        one, reject_rule=dataclasses.replace(one.reject_rule, min_probability=0.9)
    )
    assert phone_page.model_names(retrained)["weights"] != names["weights"]
    assert phone_page.model_names(retrained)["rule"] == names["rule"]
    assert phone_page.model_names(stricter)["weights"] == names["weights"]
    assert phone_page.model_names(stricter)["rule"] != names["rule"]


def test_a_part_keeps_its_name_when_the_same_model_is_read_from_its_file_again() -> None:
    one = shipped("directions")
    again = checkpoint.from_bytes(one.to_bytes())
    assert again is not one
    assert phone_page.model_names(again) == phone_page.model_names(one)


def test_a_part_of_another_model_is_not_given() -> None:
    ours, theirs = shipped("pixels"), shipped("moments")
    names = phone_page.model_names(theirs)
    for name in (*names.values(), "", "weights", "weights-", "other-0123456789abcdef"):
        assert phone_page.model_part(ours, name) is None


def test_a_model_of_each_open_room_is_packed_once() -> None:
    models = [made_up(seed=seed) for seed in range(12)]
    for model in models:
        phone_page.model_names(model)
    before = phone_page._model.cache_info().misses
    for model in models:
        phone_page.model_names(model)
    assert phone_page._model.cache_info().misses == before
