"""What leaves the workbench as files: tables and one-file reports."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from agentopt_core import __version__, history
from agentopt_core.config import RunConfig
from agentopt_core.errors import AgentOptError, ConfigError
from agentopt_core.history import compare_queries
from agentopt_core.history.search_queries import screenings
from agentopt_core.history.tables import TableFormat, TableName, table_bytes, write_tables
from agentopt_core.reports.facts import RunFacts
from agentopt_core.reports.hiding import KEY, PLACE, TASK, texts_of, without
from agentopt_core.saying import title
from agentopt_core.views import Comparison, Measurement, Setting, Subject
from agentopt_core.workbench.compare import MOST_RUNS, CompareBench
from agentopt_core.workbench.health import credits_of

_ROOT = Path(__file__).resolve().parents[2]


class ReportBench(CompareBench):
    """Exports of runs."""

    def table(self, run_ids: str | Sequence[str], name: TableName, format: TableFormat) -> bytes:
        """One table of a run, or of several under one another, for a download. Raises: NotFound."""
        found = self._ids(run_ids)
        with self._history(*found) as store:
            return table_bytes(store, found, name, format)

    def write_table(self, run_ids: str | Sequence[str], name: TableName, format: TableFormat, to: Path) -> Path:
        """The same, streamed into a file. Raises: NotFound; DiskFull."""
        found = self._ids(run_ids)
        with self._history(*found) as store:
            return write_tables(store, found, name, format, to)

    def report(self, run_ids: str | Sequence[str]) -> str:
        """A run, or two to six beside each other, as one HTML file that needs no network.

        Nothing of private tasks is in it, no key that this process knows, and no place of this machine.
        Raises: NotFound; ConfigError for more runs than can be told apart.
        """
        from agentopt_core.reports.page import document  # here and below: what draws is slow to import

        found = self._ids(run_ids)
        if not 1 <= len(found) <= MOST_RUNS:
            raise ConfigError(f"A report holds one to {MOST_RUNS} runs, not {len(found)}.", "Name fewer runs.")
        body, name = self._one(found[0]) if len(found) == 1 else self._several(found)
        made = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M UTC")
        return document(name, self._hidden(body, found), f"Made by AgentOpt {__version__}, {made}.")

    def _one(self, run_id: str) -> tuple[str, str]:
        from agentopt_core.reports.run_report import run_body

        [compared] = self.compared([run_id])
        baseline, best = compared.measured("baseline"), compared.measured("best")
        gain = self._gain(baseline, best)
        with self._history(run_id) as store:
            facts = RunFacts(
                compared=compared,
                config=self._config_or_none(run_id),
                updates=history.updates(store, run_id),
                functions=history.accepted_functions(store, run_id),
                usage=history.usage_by_role(store, run_id),
                environment=compare_queries.environment(store, run_id),
                decisions=compare_queries.decision_lines(store, run_id),
                gain=gain,
                screenings=screenings(store, run_id),
                credits=credits_of(store, run_id),
                private=compare_queries.is_private(store, run_id),
            )
        return run_body(facts), title(compared.run)

    def _gain(self, baseline: Measurement | None, best: Measurement | None) -> Comparison | None:
        if baseline is None or best is None or baseline == best:
            return None
        return self.compare(baseline.place, best.place)

    def _several(self, run_ids: Sequence[str]) -> tuple[str, str]:
        from agentopt_core.reports.comparison_report import comparison_body

        runs = self.compared(run_ids)
        subjects: tuple[Subject, ...] = ("best", "test", "baseline")
        by_subject: dict[Subject, list[Comparison]] = {}
        for subject in subjects:
            by_subject[subject] = self.compare_all(runs, subject, with_tasks=True)
        settings: list[Setting] = []
        if all(self._config_or_none(run_id) for run_id in run_ids):
            settings = self.settings(run_ids)
        return comparison_body(runs, by_subject, settings, self._private(run_ids)), "Comparison of runs"

    def _config_or_none(self, run_id: str) -> RunConfig | None:
        try:
            return self.config(run_id)
        except AgentOptError:
            return None

    def _hidden(self, body: str, run_ids: Sequence[str]) -> str:
        variables = {"OPENAI_API_KEY"}
        for run_id in run_ids:
            if config := self._config_or_none(run_id):
                ends = (config.agent.endpoint, config.optimizer.endpoint, config.grader.judge)
                variables |= {one.api_key_env for one in ends if one}
        body = without(body, (os.environ.get(name, "") for name in variables), KEY)
        body = without(body, {str(place) for place in (self.home, _ROOT, Path.home())}, PLACE)
        for run_id in run_ids:
            if self._private([run_id]):
                tasks = self.folder(run_id).tasks()
                body = without(body, (text for task in tasks.each() for text in texts_of(task)), TASK)
        return body

    def _private(self, run_ids: Sequence[str]) -> bool:
        with self._history(*run_ids) as store:
            return any(compare_queries.is_private(store, run_id) for run_id in run_ids)

    def _ids(self, run_ids: str | Sequence[str]) -> list[str]:
        given = [run_ids] if isinstance(run_ids, str) else run_ids
        return list(dict.fromkeys(self.folder(one).run_id for one in given))
