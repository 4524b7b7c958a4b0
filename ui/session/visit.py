"""A visit that outlives its session: taken up by a session that begins, and kept after each run.

The browser's cookie says whose visit it is. A drawing belongs to a tab: a session that begins gets
the one that no page with a connection shows, which after a reload is its own. A second tab finds
none, and begins with an empty canvas; the models are the same for all tabs.
"""

from __future__ import annotations

from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

from model.store.visit import Tab, new_tab
from ui.server import visits
from ui.session import brought, models, state
from ui.session.drawings import are_strokes, note_at_hand, put_on_canvas

__all__ = ["afresh", "begin", "copy", "is_kept", "keep", "share", "take_up"]


def begin() -> None:
    """Give a session that begins what was kept of its visit; to be called before all widgets."""
    visit = state.VISIT.get()
    share()
    tab = visit.take(_session(), visits.is_live)
    if tab is not None:
        _show(tab)
    elif (latest := visit.latest()) is not None:
        _begin_beside(latest)


def take_up(id: str) -> None:
    """Go on with the tab that the browser shows, after its session was lost."""
    tab = state.VISIT.get().take(_session(), visits.is_live, wanted=id)
    if tab is not None and tab.id != state.TAB.get():
        _show(tab)


def copy(id: str) -> None:
    """Show what another tab showed: the browser says that it was this one before it was reloaded.

    Its session seems to have a connection. Either that has not been missed yet, or the tab was
    duplicated, and both go on.
    """
    tab = state.VISIT.get().tabs.get(id)
    if tab is not None and not state.DRAWN_OBJECTS.get():
        _show(tab, own=False)
        if drawn := state.DRAWN_OBJECTS.get():  # the canvas may show what was not told yet
            put_on_canvas(drawn)


def share() -> None:
    """Take over the models that other tabs of this browser have added."""
    visit = state.VISIT.get()
    if visit.models is not state.TRAINED.get():
        state.TRAINED.set(visit.models)
        state.N_TRAINED.set(max(visit.n_trained, state.N_TRAINED.get()))
        known = models.choices()
        if known and state.MODEL.is_set() and state.MODEL.get() not in known:
            models.use(next(iter(known)))  # another tab started afresh, or added too many


def keep() -> None:
    """Note what the visit is now; it is written in the background."""
    note_at_hand()
    visit = state.VISIT.get()
    tab = _shown()
    if visit.id is None or (tab.id not in visit.tabs and _is_untouched(tab)):
        return
    state.TAB.set(visit.put(tab, _session()).id)
    visits.keep(visit)


def is_kept() -> bool:
    """Whether there is something of this visit that "start afresh" would delete."""
    visit = state.VISIT.get()
    return bool(visit.models or visit.tabs or state.DRAWN_OBJECTS.get() or state.DRAWINGS.get())


def afresh() -> None:
    """Delete the visit, in the session and on disk; to be called before widgets are made."""
    visits.forget(state.VISIT.get())
    for key in (*_KEPT, *_SEEN):
        key.set(key.first())
    state.TAB.set(new_tab())
    put_on_canvas([])


_SEEN: tuple[state.Key[Any], ...] = (
    *(state.STROKES, state.REPLACED, state.PART, state.NOTICE, state.PICTURES, state.INK),
    *(state.LEARNED, state.LESSON_NOTICE),
    state.TRACES,
)
"""What is of the session alone, and would still show what the visit was."""
_KEPT: tuple[state.Key[Any], ...] = (
    *(state.TRAINED, state.N_TRAINED, state.MODEL, state.BEFORE, state.LAST_JOB),
    *(state.DRAWINGS, state.SOURCE, state.PEN_WIDTH, state.LESSONS),
)


def _session() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def _shown() -> Tab:
    """Return what this session's tab shows now."""
    return Tab(
        id=state.TAB.get(),
        objects=state.DRAWN_OBJECTS.get(),
        ink=state.INK.get(),
        strokes=state.STROKES.get(),
        drawings=state.DRAWINGS.get(),
        pen_width=state.PEN_WIDTH.get(),
        source=brought.kept_source(),
        model=state.MODEL.get(),
        before=state.BEFORE.get(),
        last_job=state.LAST_JOB.get(),
        lessons=state.LESSONS.get(),
    )


def _is_untouched(tab: Tab) -> bool:
    """Whether there is nothing yet that would be missed."""
    visit = state.VISIT.get()
    is_as_first = all(key.get() == key.first() for key in (state.MODEL, state.PEN_WIDTH))
    return is_as_first and not (visit.models or tab.objects or tab.drawings or tab.last_job)


def _show(tab: Tab, *, own: bool = True) -> None:
    """Show what this tab showed; what does not fit the page any more is left out."""
    if own:
        state.TAB.set(tab.id)
    if are_strokes(tab.objects) and tab.ink is not None:
        state.DRAWN_OBJECTS.set(tab.objects)
        state.INK.set(tab.ink)
        state.STROKES.set(tab.strokes)
    if tab.source == "upload":
        state.SOURCE.set("upload")
    _begin_beside(tab)
    if tab.before in models.choices():
        state.BEFORE.set(tab.before)


def _begin_beside(tab: Tab) -> None:
    """Take over what belongs to the visit rather than to one of its tabs."""
    state.DRAWINGS.set(tab.drawings)
    state.LESSONS.set(tab.lessons)
    state.TRACES.set(())
    if tab.model in models.choices():
        state.MODEL.set(tab.model)
    if tab.pen_width in state.PEN_WIDTHS:
        state.PEN_WIDTH.set(tab.pen_width)
    state.LAST_JOB.set(tab.last_job)
