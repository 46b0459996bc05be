"""Answers that need not be worked out again: a journal tells the same whenever it is asked, until it has grown.

A page asks some questions several times, and asks them all again at every click. What a run's journal alone decides
is kept with how far that journal had been read; the first question after it grew works it out anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from agentopt_core.history.store import HistoryStore

P = ParamSpec("P")
T = TypeVar("T")


KEPT = 200
"""Answers kept, the latest used: some pages of some runs."""


class Answers:
    """What was answered lately. Thread safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, tuple[Hashable, tuple[Any, ...]]] = OrderedDict()

    def get(self, key: Hashable, state: Hashable) -> tuple[Any, ...] | None:
        """The answer, boxed, if it was worked out from this state."""
        with self._lock:
            found = self._known.get(key)
            if found is None or found[0] != state:
                return None
            self._known.move_to_end(key)
            return found[1]

    def put(self, key: Hashable, state: Hashable, answer: tuple[Any, ...]) -> None:
        """Keep an answer in the place of an older one."""
        with self._lock:
            self._known[key] = (state, answer)
            self._known.move_to_end(key)
            while len(self._known) > self._kept:
                self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()


def remembered(
    question: Callable[Concatenate[HistoryStore, str, P], T],
) -> Callable[Concatenate[HistoryStore, str, P], T]:
    """A query `(store, run_id, ...)` whose answer depends on the run's journal and the arguments alone.

    The arguments must be hashable. A list or dict is handed out as a copy; what it holds is frozen.
    """

    @wraps(question)
    def answer(store: HistoryStore, run_id: str, /, *args: P.args, **kwargs: P.kwargs) -> T:
        state = store.journal_state(run_id)
        key = (question, run_id, args, tuple(sorted(kwargs.items())))
        known: tuple[T] | None = store.answers.get(key, state)
        if known is None:
            # The state was read first: should the journal grow meanwhile, the answer counts as older than it is.
            known = (question(store, run_id, *args, **kwargs),)
            store.answers.put(key, state, known)
        return copy(known[0])

    return answer
