"""The Review page on a real Workbench whose runs are written from events."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction
from agentopt_core.errors import ConfigError
from agentopt_core.events import CommandDeclined, ReviewDecided, ReviewRequested
from agentopt_core.functions import Function
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.reviews import Decision, Finding
from agentopt_core.rollouts import Proportion
from agentopt_core.views.reviews import ReviewCard
from agentopt_core.workbench import Workbench
from pages.components.review_card import weight, what_follows
from pages.components.review_watch import seen, waiting_line
from tests.history.helpers import (
    BASELINE,
    BETTER,
    BETTER_ROLLOUTS,
    DOUBLE,
    HALF,
    NONE,
    WITH_DOUBLE,
    began,
    decided,
    finished_run,
    measured,
    new_run,
    proposed,
    share,
    write,
)  # fmt: skip
from tests.pages.conftest import Open, texts

HOSTILE = "<img src=x onerror=alert(1)> **bold** $x^2$ :red[r] `c` [l](http://x) \u202e \U0001f600 \u05d0"
FINDINGS = (
    Finding(kind="weak_evidence", text="p = 0.5"),
    Finding(kind="network", function="double", line=2, text="It opens a socket."),
)


class Listening(Workbench):
    """The real Workbench, but nothing is launched: what it is told stays beside the run."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, live=False)
        self.told: list[object] = []

    def decide(self, run_id: str, decision: Decision, by: str) -> str:
        self._waiting(run_id, decision.step)
        self.told.append((decision, by))
        return "c1"

    def try_proposal(self, run_id, trial, by):
        self.told.append((trial, by))
        return "c2"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Listening]:
    opened = Listening(tmp_path)
    yield opened
    opened.close()


def waits(home: Path, *changes: Function, findings: tuple[Finding, ...] = FINDINGS, before: bool = False) -> RunFolder:
    """A run whose update 1 waits: `double` (and more) added, measured 3 of 4 after 1 of 4 unless `before`."""
    run = new_run(home)
    actions = [AddFunction(function=one) for one in changes or (DOUBLE,)]
    after = [] if before else measured(1, 1, WITH_DOUBLE, BETTER_ROLLOUTS)
    write(
        run,
        [
            began(run), *measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE)),
            *proposed(1, 0, *actions), *after,
            ReviewRequested(step=1, when="before" if before else "after", evaluation=None if before else 1,
                            findings=findings, rule=None if before else "kept",
                            rule_reason="" if before else "3 of 4 beats 1 of 4"),
        ],
    )  # fmt: skip
    return run


def card(**changes: object) -> ReviewCard:
    blank = ReviewCard(
        run_id="r", run_name="r", is_demo=False, step=1, when="after", state="waiting", asked_at=1_000.0, deadline=None,
        on_timeout="reject", rationale="", actions=(), findings=(), base_evaluation=0, evaluation=1,
        base=Proportion(correct=10, n=40), candidate=Proportion(correct=13, n=40), fixed=("a", "b", "c"), p_value=0.25,
    )  # fmt: skip
    return blank.with_(**changes)


# What is shown ------------------------------------------------------------------------------------------------------


def test_an_empty_home_says_how_to_be_asked(page: Open, bench):
    at = page(bench, "review")
    assert not at.exception
    assert "Nothing waits for you" in texts(at)
    assert "a person, always" in texts(at)


def test_without_an_address_the_first_waiting_proposal_is_shown_with_its_evidence(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review")
    said = texts(at)
    assert not at.exception
    assert "add double" in said
    assert "25.0 %" in said
    assert "75.0 %" in said
    assert "n = 4" in said
    assert "The rule says: kept." in said
    assert "3 of 4 beats 1 of 4" in said
    assert "because of step 1" in said


def test_a_gain_that_chance_explains_is_called_noise(page: Open, bench, tmp_path):
    waits(tmp_path)
    assert "chance alone does this often enough" in texts(page(bench, "review"))
    assert weight(card())[0] == "noise"
    assert weight(card(fixed=tuple("abcdefgh"), p_value=0.008))[0] == "gain"
    assert weight(card(fixed=(), broken=tuple("abcdefgh"), p_value=0.008))[0] == "loss"
    assert weight(card(fixed=(), p_value=1.0))[0] == "no change"
    assert weight(card(candidate=None, p_value=None))[0] == "not measured"


def test_each_changed_task_leads_to_both_conversations(page: Open, bench, tmp_path):
    run = waits(tmp_path)
    links = [link.proto.query_string for link in page(bench, "review").page_link if link.label == "t1"]
    assert len(links) == 1
    assert all(part in links[0] for part in (f"run={run.run_id}", "task=t1", "a=0", "b=1"))


def test_a_finding_stands_below_its_line_of_the_diff_and_a_general_one_above(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review")
    diff = next(one.value for one in at.html if "ao-diff" in one.value and "It opens a socket." in one.value)
    assert diff.index("return") < diff.index("It opens a socket.")
    assert "p = 0.5" in texts(at)


def test_a_proposal_that_was_not_run_shows_no_figures_as_if_it_had_been(page: Open, bench, tmp_path):
    waits(tmp_path, before=True)
    at = page(bench, "review")
    assert "not run yet" in texts(at)
    assert "75.0 %" not in texts(at)


def test_a_proposal_that_was_approved_before_it_ran_shows_later_what_came_of_it(page: Open, bench, tmp_path):
    run = waits(tmp_path, before=True)
    approved = ReviewDecided(step=1, when="before", command_id="c1", by="Ada", choice="approve", reason="sound")
    verdict = decided(1, 1, "kept", 1, 0, share(BETTER_ROLLOUTS))
    write(run, [approved, *measured(1, 1, WITH_DOUBLE, BETTER_ROLLOUTS), verdict])
    said = texts(page(bench, "review", run=run.run_id, update="1"))
    assert "not run yet" not in said
    assert "75.0 %" in said
    assert "It was measured after the decision." in said


def test_hostile_text_stays_text(page: Open, bench, tmp_path):
    bad = DOUBLE.with_(description=HOSTILE, code=f"def double(x):\n    return '{HOSTILE}'\n" + "#" + "A" * 100_000)
    waits(tmp_path, bad, findings=(Finding(kind="network", function="double", line=2, text=HOSTILE),
                                   Finding(kind="long_code", text=HOSTILE)))  # fmt: skip
    at = page(bench, "review")
    assert not at.exception
    assert not any("<img" in one.value for one in at.html)
    assert not any("**bold**" in one.value for one in (*at.markdown, *at.caption))


def test_an_update_nobody_was_asked_about_is_shown_without_answers(page: Open, bench, tmp_path):
    run = finished_run(tmp_path)
    at = page(bench, "review", run=run.run_id, update="2")
    assert "Nobody was asked about this update" in texts(at)
    assert not [button for button in at.button if button.label == "Approve"]


def test_a_decided_card_says_who_when_and_why_and_lists_late_answers(page: Open, bench, tmp_path):
    run = finished_run(tmp_path)
    said = texts(page(bench, "review", run=run.run_id, update="1"))
    assert "**Ada** approved it at" in said
    assert ": sound" in said
    assert "Ada has already decided it." in said


@pytest.mark.parametrize(("run", "update"), [("nothing", "1"), (None, "99"), (None, HOSTILE)])
def test_an_address_that_names_nothing_is_told_and_leads_on(page: Open, bench, tmp_path, run, update):
    folder = finished_run(tmp_path)
    at = page(bench, "review", run=run or folder.run_id, update=update)
    assert not at.exception
    assert at.error
    assert "Nothing waits for you" in texts(at)


# Answers ------------------------------------------------------------------------------------------------------------


def test_approve_is_one_click(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review").button(key="approve").click().run()
    ((decision, by),) = bench.told
    assert decision == Decision(step=1, choice="approve")
    assert by
    assert "on its way" in "".join(info.value for info in at.info)


def test_a_rejection_needs_a_reason_and_templates_write_one(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review").button(key="panel_reject").click().run()
    at = at.button(key="reject").click().run()
    assert bench.told == []
    assert "A rejection needs a reason" in texts(at)
    at = at.button(key="because_Too special").click().run()
    at.button(key="reject").click().run()
    ((decision, _),) = bench.told
    assert decision.choice == "reject"
    assert decision.reason.startswith("It fits single training tasks")


def test_a_part_of_an_update_can_be_approved(page: Open, bench, tmp_path):
    waits(tmp_path, DOUBLE, HALF)
    at = page(bench, "review").button(key="panel_part").click().run()
    assert at.button(key="approve_part").disabled
    at = at.checkbox[1].check().run()
    at.button(key="approve_part").click().run()
    assert bench.told[0][0] == Decision(step=1, choice="approve", only=("half",))


def test_a_proposal_can_be_tried_on_as_many_tasks_as_asked(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review").button(key="panel_try").click().run()
    at = at.slider[0].set_value(3).run()
    at.button(key="try").click().run()
    assert bench.told[0][0].tasks == 3


def test_an_edit_is_checked_at_its_field_and_shown_against_the_proposal(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review").button(key="panel_edit").click().run()
    code = next(area for area in at.text_area if area.label == "Code")
    at = code.set_value("def double(x:\n").run()
    assert "cannot be used yet" in texts(at)
    assert not [button for button in at.button if button.label == "Approve as edited"]
    code = next(area for area in at.text_area if area.label == "Code")
    at = code.set_value(BETTER.code).run()
    assert any("x + x" in one.value.replace("<span class='hit'>", "").replace("</span>", "") or "edited" in one.value
               for one in at.html)  # fmt: skip
    at.button(key="approve_edited").click().run()
    ((decision, _),) = bench.told
    assert [(edit.name, edit.code) for edit in decision.edits] == [("double", BETTER.code)]


def test_a_part_is_approved_as_it_was_edited(page: Open, bench, tmp_path):
    waits(tmp_path, DOUBLE, HALF)
    at = page(bench, "review").button(key="panel_edit").click().run()
    code = next(area for area in at.text_area if area.label == "Code")
    at = code.set_value(BETTER.code).run()
    at = at.button(key="panel_part").click().run()
    at = at.checkbox[0].check().run()
    assert "Taken as you edited it: double" in texts(at)
    at.button(key="approve_part").click().run()
    ((decision, _),) = bench.told
    assert decision.only == ("double",)
    assert [(edit.name, edit.code) for edit in decision.edits] == [("double", BETTER.code)]


def test_an_edit_is_tried_on_as_many_tasks_as_were_asked_for(page: Open, bench, tmp_path):
    waits(tmp_path)
    at = page(bench, "review").button(key="panel_try").click().run()
    at = at.slider[0].set_value(2).run()
    at = at.button(key="panel_edit").click().run()
    code = next(area for area in at.text_area if area.label == "Code")
    at = code.set_value(BETTER.code).run()
    at.button(key="try_edited").click().run()
    assert (bench.told[0][0].tasks, len(bench.told[0][0].edits)) == (2, 1)


def reasons(at):
    return [area for area in at.text_area if area.label == "Reason"]


def test_what_is_typed_for_one_card_stays_there_and_appears_on_no_other(page: Open, bench, tmp_path):
    first, second = waits(tmp_path), waits(tmp_path)
    at = page(bench, "review", run=first.run_id, update="1").button(key="panel_reject").click().run()
    at = reasons(at)[0].set_value("Not so.").run()
    at = at.button(key=f"open_{second.run_id}_1").click().run()
    assert not reasons(at)
    at = at.button(key="panel_reject").click().run()
    assert reasons(at)[0].value == ""
    at = at.button(key=f"open_{first.run_id}_1").click().run()
    assert reasons(at)[0].value == "Not so."


def test_a_late_click_gets_a_sentence_and_the_next_drawing_says_who_was_first(page: Open, bench, tmp_path):
    run = waits(tmp_path)
    at = page(bench, "review")
    write(run, [ReviewDecided(step=1, when="after", by="Ada", choice="reject", reason="too special")])
    at = at.button(key="approve").click().run()
    assert not at.exception
    assert bench.told == []
    assert "**Ada** rejected it" in texts(at)
    with pytest.raises(ConfigError, match="already decided: Ada"):
        bench.decide(run.run_id, Decision(step=1, choice="approve"), "Bob")


def test_next_and_previous_go_through_what_waits(page: Open, bench, tmp_path):
    first, second = waits(tmp_path), waits(tmp_path)
    at = page(bench, "review")
    shown = [at.query_params.get("run", [first.run_id])]
    at = at.button(key="review_next").click().run()
    assert at.query_params["run"] in ([second.run_id], second.run_id)
    at = at.button(key="review_next").click().run()
    assert at.query_params["run"] in ([first.run_id], first.run_id)
    assert shown


# Lines --------------------------------------------------------------------------------------------------------------


def test_a_deadline_counts_down_and_says_what_happens_then():
    assert "rejected in 50 s" in waiting_line(card(deadline=1_060.0), 1_010.0)
    assert "is being approved" in waiting_line(card(deadline=1_060.0, on_timeout="approve"), 1_061.0)
    assert "as long as it takes" in waiting_line(card(), 1_010.0)


def test_an_edit_or_a_part_says_that_it_is_measured_anew(tmp_path, bench):
    run = finished_run(tmp_path)
    decision = bench.review(run.run_id, 1).decision
    assert "goes in now" in what_follows(card(decision=decision))
    assert "measured anew" in what_follows(card(decision=decision.with_(edited=("double",))))
    assert "optimizer reads the reason" in what_follows(card(decision=decision.with_(choice="reject")))


def test_only_what_happened_to_a_card_or_the_queue_asks_for_another_drawing(bench, tmp_path):
    run = waits(tmp_path)
    shown = bench.review(run.run_id, 1)
    assert seen(shown, bench.waiting_reviews()) == seen(bench.review(run.run_id, 1), bench.waiting_reviews())
    write(run, [CommandDeclined(command_id="c9", command="try", by="Bob", step=1, reason="busy")])
    assert seen(shown, []) != seen(bench.review(run.run_id, 1), [])


def test_after_a_decision_the_way_to_the_next_waiting_card_is_offered(page: Open, bench, tmp_path):
    run, other = finished_run(tmp_path), waits(tmp_path)
    at = page(bench, "review", run=run.run_id, update="1").button(key="next_waiting").click().run()
    assert f"open_{other.run_id}_1" in [button.key for button in at.button if button.disabled]
    assert not at.exception
