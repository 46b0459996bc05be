"""What the list of runs remembers of each run between two questions."""

from __future__ import annotations

import random
from pathlib import Path

from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.queries import run, runs
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.views import RunSummary

from .helpers import finished_run, history, new_run, request, story, write


class Counting(HistoryStore):
    """A store that knows how many questions it was asked."""

    asked = 0

    def rows(self, sql: str, **values: object) -> list[Row]:
        self.asked += 1
        return super().rows(sql, **values)


def told(summary: RunSummary) -> RunSummary:
    """Without the reason of the status, which says how long ago things were."""
    return summary.with_(status_reason="")


def test_a_list_asked_for_while_the_journals_grow_equals_that_of_a_fresh_history(tmp_path: Path) -> None:
    chance = random.Random(3)
    growing = [new_run(tmp_path) for _ in range(3)]
    left = {each: story(each) for each in growing}
    store = HistoryStore(tmp_path, in_memory=True)
    while any(left.values()):
        for each in growing:
            n = chance.randrange(40)
            write(each, left[each][:n])
            left[each] = left[each][n:]
        Ingestor(store).catch_up()
        fresh = history(tmp_path)
        assert [*map(told, runs(store))] == [*map(told, runs(fresh))]
        assert all(told(run(store, each.run_id)) == told(run(fresh, each.run_id)) for each in growing)


def test_runs_whose_journals_did_not_grow_are_not_read_again(tmp_path: Path) -> None:
    finished_run(tmp_path)
    growing = finished_run(tmp_path)
    store = Counting(tmp_path, in_memory=True)
    ingestor = Ingestor(store)
    ingestor.catch_up()

    def questions() -> int:
        before = store.asked
        runs(store)
        return store.asked - before

    at_first = questions()
    assert questions() == 1
    write(growing, [request()])
    ingestor.catch_up()
    assert questions() == at_first
    assert questions() == 1


def test_a_journal_that_was_replaced_by_another_is_told_as_it_is_now(tmp_path: Path) -> None:
    replaced = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    ingestor = Ingestor(store)
    ingestor.catch_up()
    assert runs(store)[0].functions == 1
    whole = replaced.journal.read_bytes()
    replaced.journal.write_bytes(whole[: len(whole) // 3].rpartition(b"\n")[0] + b"\n")
    ingestor.catch_up()
    assert [*map(told, runs(store))] == [*map(told, runs(history(tmp_path)))]


def test_a_history_that_was_emptied_remembers_no_run(tmp_path: Path) -> None:
    finished_run(tmp_path)
    store = HistoryStore(tmp_path)
    Ingestor(store).catch_up()
    expected = [*map(told, runs(store))]
    store.clear()
    assert runs(store) == []
    Ingestor(store).catch_up()
    assert [*map(told, runs(store))] == expected
    store.close()
