"""Search beyond greedy: what became of the proposals of a step."""

from __future__ import annotations

from agentopt_core.history.search_queries import screening
from agentopt_core.views.search import ScreeningView
from agentopt_core.workbench.evidence import EvidenceBench


class SearchBench(EvidenceBench):
    """Questions about proposals."""

    def screening(self, run_id: str, step: int) -> ScreeningView | None:
        """The proposals of a step; None where it made only one, or has not compared them yet."""
        with self._history(run_id) as store:
            return screening(store, run_id, step)
