"""What the optimizer saw: the requests of a run's steps, and their texts."""

from __future__ import annotations

from agentopt_core.errors import ConfigError
from agentopt_core.history import seen_queries
from agentopt_core.views.seen import SeenRequest, SeenStep
from agentopt_core.workbench.base import Desk


class SawBench(Desk):
    """What the optimizer read of a run."""

    def seen_steps(self, run_id: str) -> list[SeenStep]:
        """Steps in which the optimizer was asked, the newest first."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return seen_queries.seen_steps(store, folder.run_id)

    def seen_requests(self, run_id: str, step: int) -> list[SeenRequest]:
        """The requests of a step in order, without their texts."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return seen_queries.seen_requests(store, folder.run_id, step)

    def seen_text(self, run_id: str, step: int, part: int, request: int) -> str:
        """The exact text of a request. Raises: NotFound."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return seen_queries.seen_text(store, folder.run_id, step, part, request)

    def is_private(self, run_id: str) -> bool:
        """The tasks of the run must not be published: nothing of them leaves in a file."""
        return self.folder(run_id).manifest().private

    def seen_file(self, run_id: str, step: int, part: int, request: int) -> bytes:
        """The same as a file. Raises: NotFound; ConfigError where the tasks are private: nothing of them leaves."""
        if self.is_private(run_id):
            raise ConfigError("The tasks of this run are private.", "Read what the optimizer saw on the screen.")
        return self.seen_text(run_id, step, part, request).encode("utf-8", "replace")
