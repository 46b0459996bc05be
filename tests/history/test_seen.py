"""What the optimizer saw, as it is kept and found again; and batches in the history's figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction
from agentopt_core.errors import NotFound
from agentopt_core.events import Event, OptimizerAsked, StepStarted, from_line, to_line
from agentopt_core.history import curve, run, updates
from agentopt_core.history.evidence_queries import lineage
from agentopt_core.history.seen_queries import seen_requests, seen_steps, seen_text
from agentopt_core.rollouts import Rollout
from agentopt_core.seen import MOST_CHARACTERS, CauseCount, pack, unpack
from tests.history.helpers import (
    DOUBLE,
    NONE,
    WITH_DOUBLE,
    decided,
    history,
    measured,
    new_run,
    proposed,
    rollout,
    share,
    write,
)

COUNTS = (CauseCount(cause="no_function", shown=2, of=40), CauseCount(cause="solved", shown=0, of=10))


def asked(step: int, request: int, text: str = "the prompt", part: int = 0, tokens: int = 900) -> OptimizerAsked:
    return OptimizerAsked(
        step=step, part=part, request=request, tokens=tokens, budget=1_000, causes=COUNTS, packed=pack(text)
    )


def begin(step: int) -> StepStarted:
    return StepStarted(step=step, accepted_evaluation=0)


@pytest.mark.parametrize("text", ["", "Rätsel \u4e2d \U0001f600\n" * 50, "x" * MOST_CHARACTERS])
def test_a_text_comes_back_as_it_was_packed(text: str) -> None:
    assert unpack(pack(text)) == text


def test_a_text_that_is_too_long_keeps_its_ends_and_says_what_is_missing() -> None:
    text = "a" * MOST_CHARACTERS + "bc"
    back = unpack(pack(text))
    assert back.startswith("aaa")
    assert back.endswith("bc")
    assert "2 characters of this request were not kept" in back


def test_half_characters_do_not_stop_a_run() -> None:
    assert unpack(pack("half \ud83d")) == "half ?"


@pytest.mark.parametrize("packed", ["no base64!", "aGVsbG8=", pack("x" * 100)[:20]])
def test_a_damaged_text_is_a_sentence_or_what_is_left(packed: str) -> None:
    assert isinstance(unpack(packed), str)


def test_a_text_that_unpacks_to_more_than_any_request_is_not_shown() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(b"0" * 50_000_000)).decode()
    assert unpack(bomb).startswith("(The text of this request is longer")


def test_the_event_survives_the_journal() -> None:
    event = asked(1, 1, "Häuser")
    back = from_line(to_line(event))
    assert back == event


def found(tmp_path: Path, *events: Event):
    folder = new_run(tmp_path)
    write(folder, events)
    return history(tmp_path), folder.run_id


def test_steps_come_newest_first_with_their_largest_request(tmp_path: Path) -> None:
    store, run_id = found(tmp_path, begin(1), asked(1, 1, tokens=700), asked(1, 2, tokens=950), begin(2), asked(2, 1))
    steps = [(one.step, one.requests, one.parts, one.most_tokens, one.budget) for one in seen_steps(store, run_id)]
    assert steps == [(2, 1, 1, 900, 1_000), (1, 2, 1, 950, 1_000)]


def test_requests_come_by_part_with_their_causes_and_their_text(tmp_path: Path) -> None:
    events = [begin(1), asked(1, 1, "two", part=2), asked(1, 1, "one", part=1), asked(1, 2, "more", part=1)]
    store, run_id = found(tmp_path, *events)
    requests = seen_requests(store, run_id, 1)
    assert [one.name for one in requests] == ["part 1, request 1", "part 1, request 2", "part 2, request 1"]
    assert requests[0].causes == COUNTS
    assert seen_text(store, run_id, 1, 2, 1) == "two"


def test_of_a_step_that_was_begun_again_only_the_last_try_counts(tmp_path: Path) -> None:
    store, run_id = found(tmp_path, begin(1), asked(1, 1, "lost"), asked(1, 2, "lost"), begin(1), asked(1, 1, "kept"))
    assert [one.request for one in seen_requests(store, run_id, 1)] == [1]
    assert seen_text(store, run_id, 1, 0, 1) == "kept"


def test_a_request_that_was_not_made_is_not_found(tmp_path: Path) -> None:
    store, run_id = found(tmp_path, begin(1), asked(1, 1))
    with pytest.raises(NotFound):
        seen_text(store, run_id, 1, 0, 9)


def batch(begin: int, pattern: str) -> list[Rollout]:
    return [rollout(f"t{begin + number}", mark == "+") for number, mark in enumerate(pattern)]


def in_batches(tmp_path: Path):
    """A baseline on t0 t1; a kept candidate there; the same set on t2 t3, and a candidate there that was withdrawn."""
    first, kept, again, worse = batch(0, "--"), batch(0, "+-"), batch(2, "++"), batch(2, "+-")
    return found(
        tmp_path,
        *measured(0, None, NONE, first),
        decided(None, 0, "baseline", 0, 0, share(first)),
        *proposed(1, 0, AddFunction(function=DOUBLE)),
        *measured(1, 1, WITH_DOUBLE, kept),
        decided(1, 1, "kept", 1, 0, share(kept), share(kept)),
        *measured(2, None, WITH_DOUBLE, again),
        decided(None, 2, "baseline", 1, 0, share(again)),
        *proposed(2, 2, AddFunction(function=DOUBLE.with_(name="other"))),
        *measured(3, 2, WITH_DOUBLE, worse),
        decided(2, 3, "rolled_back", 1, 1, share(again), share(worse)),
    )


def test_an_update_in_batches_is_compared_on_the_tasks_of_its_own_step(tmp_path: Path) -> None:
    store, run_id = in_batches(tmp_path)
    second = updates(store, run_id)[1]
    assert second.base is not None
    assert second.candidate is not None
    assert (second.base.correct, second.base.n, second.candidate.correct, second.candidate.n) == (2, 2, 1, 2)
    assert (second.fixed, second.broken) == ((), ("t3",))


def test_a_run_in_batches_has_no_baseline_to_compare_its_best_with(tmp_path: Path) -> None:
    store, run_id = in_batches(tmp_path)
    summary = run(store, run_id)
    assert summary.baseline is None
    assert summary.best is not None
    assert summary.best_evaluation == 2


def test_the_curve_shows_the_accepted_set_on_each_batch_as_a_base(tmp_path: Path) -> None:
    store, run_id = in_batches(tmp_path)
    told = [(point.evaluation, point.verdict, point.result.correct) for point in curve(store, run_id)]
    assert told == [(0, "baseline", 0), (1, "kept", 1), (2, "baseline", 2), (3, "rolled_back", 1)]


def test_the_lineage_leads_to_the_update_that_brought_the_set(tmp_path: Path) -> None:
    store, run_id = in_batches(tmp_path)
    last = lineage(store, run_id)[-1]
    assert last.parent == 1
    assert last.base is not None
    assert last.base.correct == 2
