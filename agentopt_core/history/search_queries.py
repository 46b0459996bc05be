"""The proposals of a step that were not the only one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.parts import function_sets, functions_of
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.history.update_queries import Op
from agentopt_core.proposals import Screened
from agentopt_core.views import ActionView
from agentopt_core.views.search import ScreenedView, ScreeningView

MOST = 200
"""Steps that are told of at once, the newest."""


def screening(store: HistoryStore, run_id: str, step: int) -> ScreeningView | None:
    """What became of the proposals of a step; None where it made only one, or is not that far."""
    return next(iter(_views(store, run_id, store.rows(_ONE, run_id=run_id, step=step))), None)


def screenings(store: HistoryStore, run_id: str) -> dict[int, ScreeningView]:
    """The same for the newest steps of a run, by step."""
    rows = store.rows(_ALL, run_id=run_id, most=MOST)
    return {view.step: view for view in _views(store, run_id, rows)}


def _views(store: HistoryStore, run_id: str, rows: Sequence[Row]) -> list[ScreeningView]:
    if not rows:
        return []
    functions = functions_of(store, run_id)
    sets = function_sets(store, run_id, functions)
    steps = [row["step"] for row in rows]
    run = {row["series"]: row["functions"] for row in store.rows(_SETS, run_id=run_id, steps=steps)}
    return [
        ScreeningView(
            step=row["step"],
            accepted_evaluation=row["accepted_evaluation"],
            evaluation=row["evaluation"],
            chosen=row["chosen"],
            proposals=tuple(
                _proposal(one, sets.get(row["accepted_evaluation"], FunctionSet()), run, functions)
                for one in map(Screened.model_validate, json.loads(row["proposals"]))
            ),
        )
        for row in rows
    ]


def _proposal(
    screened: Screened, accepted: FunctionSet, run: Mapping[str, list[str]], functions: Mapping[str, Function]
) -> ScreenedView:
    if screened.series not in run:
        return ScreenedView(screened=screened)
    made = FunctionSet(functions=tuple(functions[digest] for digest in run[screened.series]))
    return ScreenedView(screened=screened, actions=differences(accepted, made))


def differences(before: FunctionSet, after: FunctionSet) -> tuple[ActionView, ...]:
    """What differs between two sets, as changes of the first."""
    views = []
    for name in dict.fromkeys((*before.names, *after.names)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None or old.digest != new.digest:
            op: Op = "add" if old is None else "remove" if new is None else "revise"
            views.append(ActionView(op=op, name=name, before=old, after=new))
    return tuple(views)


_ONE = """
SELECT * FROM screenings WHERE run_id = $run_id AND step = $step ORDER BY journal_offset DESC LIMIT 1
"""

_ALL = """
SELECT * FROM screenings WHERE run_id = $run_id
QUALIFY row_number() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1 ORDER BY step DESC LIMIT $most
"""

_SETS = """
SELECT series, max_by(functions, journal_offset) AS functions FROM evaluation_starts
WHERE run_id = $run_id AND series LIKE 'screen-%' AND list_contains($steps::INTEGER[], step) GROUP BY series
"""
