"""Answers that are remembered until the journal they come from has grown."""

from agentopt_core.history.answers import Answers, remembered
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.store import HistoryStore
from agentopt_core.history.update_queries import updates
from tests.history.helpers import finished_run, story, write


def counting():
    asked = []

    @remembered
    def question(store, run_id, *more, **named):
        asked.append((run_id, more, named))
        return [len(asked)]

    return question, asked


def test_a_question_about_an_unchanged_journal_is_worked_out_once(tmp_path):
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    Ingestor(store).catch_up()
    question, asked = counting()
    assert [question(store, run.run_id), question(store, run.run_id)] == [[1], [1]]
    assert question(store, run.run_id, 5, limit=2) == [2]
    assert len(asked) == 2


def test_a_journal_that_has_grown_is_asked_again(tmp_path):
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    Ingestor(store).catch_up()
    question, _ = counting()
    before = question(store, run.run_id)
    write(run, story(run)[:1])
    Ingestor(store).catch_up()
    assert question(store, run.run_id) != before


def test_what_was_handed_out_can_be_changed_without_changing_the_next_answer(tmp_path):
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    Ingestor(store).catch_up()
    first = updates(store, run.run_id)
    known = len(first)
    first.clear()
    assert len(updates(store, run.run_id)) == known > 0


def test_a_run_that_was_taken_out_is_not_remembered(tmp_path):
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    Ingestor(store).catch_up()
    assert updates(store, run.run_id)
    Ingestor(store).forget({run.run_id})
    assert updates(store, run.run_id) == []


def test_only_the_latest_answers_are_kept():
    answers = Answers(kept=2)
    for key in "abc":
        answers.put(key, 0, (key,))
    assert [answers.get(key, 0) for key in "abc"] == [None, ("b",), ("c",)]
