from __future__ import annotations

import pytest

from agentopt_core.history.status import LAUNCH_GRACE_S, Evidence, finding

NOW = 1_000_000.0
LIVE = Evidence(now=NOW, holder=7, trainer_began=True, last_event_at=NOW - 3)
LOST = LIVE._replace(holder=None, last_event_at=NOW - 720)
ENDED = Evidence(now=NOW, ended=True, stop="patience", end_reason="patience is spent", last_event_at=NOW - 60)


@pytest.mark.parametrize(
    ("seen", "status", "said"),
    [
        (LIVE, "running", "process 7 trains; last event 3 s ago"),
        (LIVE._replace(holder=0), "running", "a process trains; last event 3 s ago"),
        (LIVE._replace(paused=True), "paused", "process 7 holds the run and waits for 'resume'"),
        (LIVE._replace(trainer_began=False), "starting", "process 7 is getting ready"),
        (LOST, "interrupted", "no trainer holds the run; last event 12 min ago"),
        (LOST._replace(unread=True), "running", "latest events are being read"),
        (LOST._replace(paused=True), "interrupted", "no trainer holds the run; last event 12 min ago"),
        (LOST._replace(log_tail="Killed"), "interrupted", "Killed"),
        (LOST._replace(launched_at=NOW - 2), "starting", "a trainer was launched 2 s ago"),
        (LOST._replace(launched_at=NOW - 800), "interrupted", "12 min ago"),
        (Evidence(now=NOW), "interrupted", "no trainer was launched yet"),
        (Evidence(now=NOW, launched_at=NOW), "starting", "just now"),
        (Evidence(now=NOW, launched_at=NOW - LAUNCH_GRACE_S - 1), "failed", "ended before it began to train"),
        (Evidence(now=NOW, launched_at=1.0, log_tail="no such model"), "failed", "no such model"),
        (ENDED, "finished", "patience is spent"),
        (ENDED._replace(holder=7), "finished", "patience is spent"),
        (ENDED._replace(stop="budget"), "finished", "patience is spent"),
        (ENDED._replace(stop="stopped"), "stopped", "patience is spent"),
        (ENDED._replace(stop="interrupted"), "interrupted", "patience is spent"),
        (ENDED._replace(failed=True, stop=None), "failed", "patience is spent"),
        (ENDED._replace(launched_at=NOW - 90), "finished", "patience is spent"),
        (ENDED._replace(launched_at=NOW - 1), "starting", "1 s ago"),
        (LIVE._replace(damage="config.json cannot be read"), "damaged", "config.json cannot be read"),
    ],
)
def test_the_state_of_a_run_follows_from_evidence_and_says_why(seen: Evidence, status: str, said: str) -> None:
    found = finding(seen)
    assert found.status == status
    assert said in found.reason


def test_a_failed_run_says_the_next_move() -> None:
    assert finding(ENDED._replace(failed=True, end_hint="Set the key.")).hint == "Set the key."


def test_an_interrupted_run_says_that_it_can_be_resumed() -> None:
    assert "Resume" in finding(LOST).hint
