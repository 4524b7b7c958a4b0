"""One visit at two servers with one PostgreSQL: what one keeps or deletes, the other respects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from model.store.keeper import Keeper
from model.store.store import Store
from model.store.visit import Tab, Visit
from tests.support.postgresql import Cluster, cluster
from tests.support.specimens import made_up
from tests.support.waiting import wait_until
from tools import postgresql

pytestmark = pytest.mark.deploy

COOKIE = "a" * 22
SECONDS = 10.0


@pytest.fixture(scope="module")
def pg() -> Iterator[Cluster]:
    """A PostgreSQL; where it cannot be, CI fails."""
    if not postgresql.is_here():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(postgresql.MISSING)
    with cluster() as running:
        yield running


@pytest.fixture
def servers(pg: Cluster) -> Iterator[Callable[[], Keeper]]:
    """Begins servers with one new database, as far as visits are concerned."""
    address = pg.new_database()
    begun: list[tuple[Keeper, Store]] = []

    def begin() -> Keeper:
        store = Store(address)
        begun.append((Keeper(store, between_writes=0.05), store))
        begun[-1][0].start()
        return begun[-1][0]

    yield begin
    for keeper, store in begun:
        keeper.close()
        store.close()


def tab(id: str, n_strokes: int) -> Tab:
    objects = [{"type": "path", "path": [["M", n, 0.5]]} for n in range(n_strokes)]
    ink = np.zeros((336, 336), np.float32)
    return Tab(id, objects, ink, (), (), 22, "draw", "directions", None, None)


def keep(server: Keeper, visit: Visit) -> None:
    """Have a visit written, and wait until it is."""
    before = visit.on_disk
    server.keep(visit)
    wait_until(lambda: visit.on_disk != before, SECONDS, "it is not written")


def kept(begin: Callable[[], Keeper]) -> Visit:
    """Return what a server that knows nothing finds."""
    return begin().visit(COOKIE)


def test_a_visit_that_one_server_deleted_stays_deleted_but_for_the_tab_that_goes_on_at_another(
    servers: Callable[[], Keeper],
) -> None:
    one, two = servers(), servers()
    visit = one.visit(COOKIE)
    visit.add("yours", made_up())
    visit.put(tab("first", 3), "session 1")
    keep(one, visit)
    other = two.visit(COOKIE)
    assert list(other.models) == ["yours 1"]
    one.forget(visit)
    other.put(tab("second", 1), "session 2")
    keep(two, other)
    assert other.models == {}
    found = kept(servers)
    assert found.models == {}
    assert [(each.id, len(each.objects)) for each in found.tabs.values()] == [("second", 1)]


def test_models_that_two_servers_have_given_one_name_are_both_kept(
    servers: Callable[[], Keeper],
) -> None:
    one, two = servers(), servers()
    mine, others = made_up(seed=1), made_up(seed=2)
    visit, other = one.visit(COOKIE), two.visit(COOKIE)
    for server, here, model in ((one, visit, mine), (two, other, others), (one, visit, None)):
        if model is not None:
            assert here.add("yours", model) == "yours 1"
        here.put(tab("tab", 2), f"session {id(here)}")
        keep(server, here)
    assert visit.models["yours 1"] is mine, "what a session calls by a name is still that"
    assert other.models["yours 1"] is others
    found = list(kept(servers).models.values())
    assert len(found) == 2
    assert any(each.is_same(mine) for each in found)
    assert any(each.is_same(others) for each in found)


def test_a_server_that_still_has_a_visit_takes_over_what_another_has_written_since(
    servers: Callable[[], Keeper],
) -> None:
    one, two = servers(), servers()
    visit = one.visit(COOKIE)
    visit.put(tab("tab", 1), "session 1")
    keep(one, visit)
    other = two.visit(COOKIE)
    other.put(tab("tab", 3), "session 2")
    other.add("yours", made_up())
    keep(two, other)
    again = one.visit(COOKIE)
    assert again is visit
    assert len(again.tabs["tab"].objects) == 3
    assert list(again.models) == ["yours 1"]
