"""People decide on updates: before a candidate runs, after its evaluation, in whole, in part or edited."""

import asyncio

import pytest

from agentopt_core.actions import AddFunction, Update
from agentopt_core.commands import Command
from agentopt_core.config import ApprovalConfig, TrainingConfig
from agentopt_core.events import EvaluationFinished, RolloutFinished
from agentopt_core.reviews import Decision, FunctionText, HandChange, TrialRequest
from agentopt_core.rollouts import Evaluation
from agentopt_core.testing import InMemorySandbox, ListSink
from agentopt_core.training.approval import TIME_LIMIT, Approval, sample
from agentopt_core.training.beside import Beside
from agentopt_core.training.control import Control
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.review_desk import ReviewDesk
from agentopt_core.training.trainer import Trainer
from tests.builders import adds, evaluation, function, revises, rollout, tasks
from tests.training.test_trainer import TASKS, Proposals, World, cut_after

ALWAYS = ApprovalConfig(mode="always", when="after")
BEFORE = ApprovalConfig(mode="always", when="before")
GOOD3 = "def good1(x):\n    return 3 * x\n"


class Measured(World):
    """A world that also takes trials, repetitions and other splits; they are kept apart."""

    def __init__(self, sink):
        super().__init__(sink)
        self.beside = []

    async def measure(self, index, step, functions, tasks, split, recorded, series=""):
        if not series and split == "train":
            return await super().measure(index, step, functions, tasks, split, recorded)
        self.beside.append((index, split, series, tuple(task.id for task in tasks)))
        rollouts = tuple(rollout(task.id, True) for task in tasks)
        place = {"evaluation": index, "functions_digest": functions.digest, "split": split, "series": series}
        for each in rollouts:
            self.sink.emit(RolloutFinished(**place, rollout=each))
        result = Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)
        self.sink.emit(EvaluationFinished(**place, result=result.result, wall_s=0.0))
        return result


class People(ListSink):
    """A journal whose readers answer each waiting proposal with what they have in mind for it, in order."""

    def __init__(self, *answers):
        super().__init__()
        self.desk = ReviewDesk(self)
        self.answers = list(answers)

    def emit(self, event):
        super().emit(event)
        if event.kind == "review_requested" and self.answers:
            for answer in self.answers.pop(0):
                self.desk.receive(as_command(event.step, answer))

    def of(self, kind):
        return [event for event in self.events if event.kind == kind]


def as_command(step, answer, by="Ada"):
    if isinstance(answer, Command):
        return answer
    if "tasks" in answer:
        return Command(kind="try", by=by, trial=TrialRequest(step=step, **answer))
    return Command(kind="decide", by=by, decision=Decision(step=step, **answer))


APPROVE = {"choice": "approve"}
REJECT = {"choice": "reject", "reason": "it reads a file"}


def text(name, code):
    return FunctionText(name=name, description="Doubles.", arguments="", code=code)


class Story:
    """One training with people in it."""

    def __init__(self, config, *updates, answers=(), recorded=None, world=Measured, **training):
        self.people = People(*answers)
        recorded = recorded or Recorded()
        self.people.desk = ReviewDesk(self.people, recorded.decided)
        self.world = world(self.people)
        self.proposals = Proposals(*updates)
        self.sandbox = InMemorySandbox()

        async def try_on(index, step, functions, tasks, series):
            return await self.world.measure(index, step, functions, tasks, "train", {}, series)

        settings = TrainingConfig(**{"epochs": 5, "patience": 1, **training})
        self.trainer = Trainer(
            evaluator=self.world,
            optimizer=self.proposals,
            tasks=TASKS,
            config=settings,
            sink=self.people,
            control=Control(list, self.people, self.people.desk),
            recorded=recorded,
            approval=Approval(
                config=config, desk=self.people.desk, sink=self.people, recorded=recorded, sandbox=self.sandbox,
                packages=(), tasks=TASKS, try_on=try_on,
            ),
            beside=Beside(
                evaluator=self.world, tasks=TASKS, validation=training.pop("val", ()), config=settings,
                recorded=recorded,
            ),
        )  # fmt: skip

    def train(self):
        self.result = asyncio.run(asyncio.wait_for(self.trainer.train(), timeout=30))
        return self

    @property
    def verdicts(self):
        return [(event.step, event.verdict) for event in self.people.of("verdict_reached")][1:]

    @property
    def best(self):
        return self.result.state.best.functions


def test_an_automatic_run_asks_nobody():
    story = Story(ApprovalConfig(), adds("good1"), patience=0).train()
    assert story.people.of("review_requested") == []
    assert story.verdicts[0] == (1, "kept")


def test_before_it_runs_a_rejected_update_is_never_measured_and_its_reason_reaches_the_failure_record():
    story = Story(BEFORE, adds("good1"), adds("good2"), answers=[[REJECT], [APPROVE]], epochs=1).train()
    assert story.world.measured == [(), ("good2",)]
    assert story.verdicts == [(1, "rejected"), (2, "kept")]
    (entry,) = story.proposals.shown[1][2]
    assert entry.functions.names == ("good1",)
    assert entry.accuracy is None
    assert "it reads a file" in entry.reason


def test_after_its_evaluation_a_better_candidate_can_still_be_rejected_and_the_record_says_why_and_how_it_scored():
    story = Story(ALWAYS, adds("good1"), answers=[[REJECT]], patience=1).train()
    assert story.verdicts[0] == (1, "rejected")
    assert story.best.names == ()
    (entry,) = story.proposals.shown[1][2]
    assert entry.accuracy == 0.25
    assert "Rejected by Ada (it reads a file)" in entry.reason


def test_the_card_of_an_evaluated_candidate_carries_the_verdict_of_the_rule():
    story = Story(ALWAYS, adds("good1"), answers=[[APPROVE]], epochs=1).train()
    (asked,) = story.people.of("review_requested")
    assert (asked.when, asked.evaluation, asked.rule) == ("after", 1, "kept")
    assert "weak_evidence" in [finding.kind for finding in asked.findings]
    (verdict,) = story.people.of("verdict_reached")[1:]
    assert "Approved by Ada" in verdict.reason


def test_a_person_may_keep_what_the_rule_would_roll_back_and_it_counts_as_no_improvement():
    story = Story(ALWAYS, adds("harmful"), answers=[[APPROVE]], patience=0).train()
    assert story.verdicts == [(1, "kept")]
    assert story.best.names == ("harmful",)
    assert "against the run’s rule" in story.people.of("verdict_reached")[1].reason
    assert story.result.state.withdrawn_in_a_row == 1


def test_a_rejection_without_a_reason_is_declined_and_the_proposal_waits_on():
    story = Story(BEFORE, adds("good1"), answers=[[{"choice": "reject"}, APPROVE]], epochs=1).train()
    (declined,) = story.people.of("command_declined")
    assert "reason" in declined.reason
    assert story.verdicts == [(1, "kept")]


def test_of_two_people_who_decide_the_second_is_told_who_was_first():
    both = [as_command(1, APPROVE, "Ada"), as_command(1, REJECT, "Bob")]
    story = Story(BEFORE, adds("good1"), answers=[both], epochs=1).train()
    assert [(event.by, event.choice) for event in story.people.of("review_decided")] == [("Ada", "approve")]
    (declined,) = story.people.of("command_declined")
    assert (declined.by, declined.reason) == ("Bob", "Ada has already decided on update 1.")


def test_an_answer_that_comes_after_the_step_is_declined_too():
    story = Story(BEFORE, adds("good1"), answers=[[APPROVE]], epochs=1).train()
    story.people.desk.receive(as_command(1, REJECT, "Bob"))
    assert "Ada has already decided" in story.people.of("command_declined")[-1].reason


def test_a_part_that_is_approved_runs_alone_and_the_rest_is_in_the_failure_record_with_the_reason():
    part = {"choice": "approve", "only": ("good1",), "reason": "the other one is too special"}
    story = Story(BEFORE, adds("good1", "harmful"), answers=[[part], [APPROVE]], epochs=2).train()
    assert story.world.measured[1] == ("good1",)
    (entry,) = story.proposals.shown[1][2]
    assert entry.functions.names == ("good1", "harmful")
    assert "too special" in entry.reason


def test_a_part_that_is_approved_after_the_evaluation_is_measured_anew_before_the_rule_judges_it():
    part = {"choice": "approve", "only": ("good1",)}
    story = Story(ALWAYS, adds("good1", "harmful"), answers=[[part]], epochs=1).train()
    assert story.world.measured == [(), ("good1", "harmful"), ("good1",)]
    assert story.verdicts == [(1, "kept")]
    assert story.people.of("verdict_reached")[1].evaluation == 2
    assert story.result.state.evaluations == 3


def test_an_edit_takes_the_place_of_the_proposed_function_and_is_tried_out_first():
    edit = {"choice": "approve", "edits": (text("good1", GOOD3),)}
    story = Story(BEFORE, adds("good1", "good2"), answers=[[edit]], epochs=1).train()
    assert story.best.get("good1").code == GOOD3
    assert story.best.names == ("good1", "good2")
    (decided,) = story.people.of("review_decided")
    assert decided.edited == ("good1",)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def good1(x) return x", "does not compile"),
        ("def other(x):\n    return x\n\n\ndef another(x):\n    return x\n", "not good1"),
        ("1 / 0\ndef good1(x):\n    return x\n", "before the function is called"),
    ],
)
def test_an_edit_that_would_be_refused_from_the_optimizer_is_refused_from_a_person(code, said):
    edit = {"choice": "approve", "edits": (text("good1", code),)}
    story = Story(BEFORE, adds("good1"), answers=[[edit, APPROVE]], epochs=1).train()
    (declined,) = story.people.of("command_declined")
    assert said in declined.reason
    assert story.best.get("good1").code == function("good1").code


def test_an_edit_of_a_function_that_the_update_does_not_write_is_declined():
    edit = {"choice": "approve", "edits": (text("elsewhere", "def elsewhere(x):\n    return x\n"),)}
    story = Story(BEFORE, adds("good1"), answers=[[edit, APPROVE]], epochs=1).train()
    assert "elsewhere" in story.people.of("command_declined")[0].reason


def test_a_trial_runs_the_proposal_on_failed_and_solved_tasks_and_decides_nothing():
    story = Story(BEFORE, adds("good1"), adds("good2"), answers=[[APPROVE], [{"tasks": 3}, APPROVE]], epochs=2).train()
    ((index, split, series, on),) = story.world.beside
    assert (index, split, series) == (2, "train", "try-1")
    assert on == ("t2", "t1", "t3")
    (trial,) = story.people.of("trial_finished")
    assert (trial.before.correct, trial.after.correct, trial.fixed) == (1, 3, ("t2", "t3"))
    assert story.verdicts == [(1, "kept"), (2, "kept")]


def test_the_tasks_of_a_trial_are_failed_and_solved_ones_by_turns():
    assert sample(evaluation("++--"), 3) == ("t3", "t1", "t4")
    assert sample(evaluation("++++"), 2) == ("t1", "t2")


def test_what_nobody_decides_in_time_is_decided_as_the_run_says():
    for choice, expected in (("reject", "rejected"), ("approve", "kept")):
        config = BEFORE.with_(timeout_s=0.001, on_timeout=choice)
        story = Story(config, adds("good1"), epochs=1, patience=0).train()
        assert story.verdicts[0] == (1, expected)
        assert story.people.of("review_decided")[0].by == TIME_LIMIT


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import os\ndef good1(x):\n    return os\n", "files"),
        ("def good1(x):\n" + "    x += 1\n" * 80, "long_code"),
        ("import socket\ndef good1(x):\n    return 1\n", "network"),
        ("def good1(x):\n    return eval(x)\n", "dynamic_code"),
    ],
)
def test_on_risk_only_what_was_noticed_waits(code, kind):
    update = Update(actions=(AddFunction(function=function("good1", code)),))
    config = ApprovalConfig(mode="risk", when="before")
    story = Story(config, update, adds("good2"), answers=[[APPROVE]], epochs=2).train()
    (asked,) = story.people.of("review_requested")
    assert asked.step == 1
    assert kind in [finding.kind for finding in asked.findings]


class UsedEverywhere(Measured):
    """A world whose tasks all call `good1` once it is there."""

    async def measure(self, index, step, functions, tasks, split, recorded, series=""):
        from tests.history.helpers import call

        found = await super().measure(index, step, functions, tasks, split, recorded, series)
        if "good1" not in functions:
            return found
        used = tuple(each.with_(calls=(call("good1", 1, 2),)) for each in found.rollouts)
        return found.with_(rollouts=used)


def test_on_risk_the_change_of_a_function_that_many_tasks_rely_on_waits():
    config = ApprovalConfig(mode="risk", when="before")
    changed = revises("good1", GOOD3)
    story = Story(config, adds("good1"), changed, answers=[[APPROVE]], patience=0, world=UsedEverywhere).train()
    (asked,) = story.people.of("review_requested")
    assert [(finding.kind, finding.function) for finding in asked.findings] == [("relied_on", "good1")]


def test_on_risk_a_gain_that_chance_alone_would_often_give_waits_but_what_the_rule_rolls_back_does_not():
    config = ApprovalConfig(mode="risk", when="after")
    story = Story(config, adds("harmful"), adds("good1"), answers=[[APPROVE]], epochs=1).train()
    (asked,) = story.people.of("review_requested")
    assert asked.step == 2
    assert [finding.kind for finding in asked.findings] == ["weak_evidence"]


@pytest.mark.parametrize("kind", ["review_requested", "review_decided", "evaluation_finished", "trial_finished"])
def test_a_waiting_proposal_survives_its_trainer(kind):
    script = [adds("good1", "harmful"), adds("good2")]
    answers = [[{"tasks": 2}, {"choice": "approve", "only": ("good1",)}], [APPROVE]]
    whole = Story(ALWAYS, *script, answers=answers, epochs=2).train()
    kept = cut_after(whole.people.events, kind)
    steps = sum(event.kind == "update_proposed" for event in kept)
    asked = sum(event.kind == "review_requested" for event in kept)
    decided = sum(event.kind == "review_decided" for event in kept)
    resumed = Story(ALWAYS, *script[steps:], answers=answers[asked:], recorded=Recorded(kept), epochs=2)
    if asked > decided:  # its card was open when the trainer died, and is answered now
        resumed.people.desk.receive(as_command(asked, answers[asked - 1][-1]))
    resumed.train()
    assert resumed.result.state.best == whole.result.state.best
    assert resumed.result.state.failure_record == whole.result.state.failure_record
    again = [event.step for event in resumed.people.of("review_requested")]
    assert again == [event.step for event in whole.people.of("review_requested")][asked:]


def by_hand(**change):
    return Command(kind="change", by="Ada", change=HandChange(**change))


def test_a_change_by_hand_becomes_the_next_step_is_measured_and_kept():
    story = Story(ApprovalConfig(), adds("good2"), epochs=1)
    story.people.desk.receive(by_hand(functions=(text("good1", GOOD3),), reason="known to help"))
    story.train()
    assert story.world.measured[:3] == [(), ("good1",), ("good1", "good2")]
    first, second = story.people.of("verdict_reached")[1:3]
    assert (first.verdict, first.epoch) == ("kept", 0)
    assert "Set by hand by Ada: known to help" in first.reason
    assert second.epoch == 1
    assert story.people.of("update_proposed")[0].update.by == "Ada"


def test_a_person_can_go_back_to_any_evaluated_set():
    story = Story(ApprovalConfig(), adds("good1"), adds("good2"), patience=0)
    propose = story.proposals.step

    async def then_go_back(step, accepted, record):
        update = await propose(step, accepted, record)
        if step == 2:
            story.people.desk.receive(by_hand(evaluation=1))
        return update

    story.proposals.step = then_go_back
    story.train()
    assert story.world.measured == [(), ("good1",), ("good1", "good2"), ("good1",)]
    assert story.best.names == ("good1",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evaluation": 7}, "no evaluation 7"),
        ({"remove": ("nowhere",)}, "no function nowhere"),
        ({"functions": (text("bad name", "def x(): return 1"),)}, "no legal name"),
        ({}, "as they were"),
    ],
)
def test_a_change_that_cannot_be_made_is_declined_with_its_reason(change, said):
    story = Story(ApprovalConfig(), patience=0)
    story.people.desk.receive(by_hand(**change))
    story.train()
    (declined,) = story.people.of("command_declined")
    assert said in declined.reason


def test_a_run_that_was_changed_by_hand_resumes_to_the_same_end():
    whole = Story(ApprovalConfig(), adds("good2"), epochs=1)
    whole.people.desk.receive(by_hand(functions=(text("good1", GOOD3),)))
    whole.train()
    kept = cut_after(whole.people.events, "update_proposed")[:-1]
    resumed = Story(ApprovalConfig(), adds("good2"), recorded=Recorded(kept), epochs=1).train()
    assert resumed.result.state.best.functions == whole.result.state.best.functions


VAL = tuple(task.with_(id=f"v{task.id}", split="val") for task in tasks(2))


def beside(story, of, **training):
    story.trainer._beside = Beside(
        evaluator=story.world, tasks=TASKS, validation=of,
        config=TrainingConfig(**training), recorded=Recorded(),
    )  # fmt: skip
    return story.train().world.beside


@pytest.mark.parametrize(("which", "expected"), [("off", []), ("kept", [0, 1]), ("all", [0, 1, 2])])
def test_the_validation_split_is_measured_for_the_candidates_that_the_run_asks_for(which, expected):
    story = Story(ApprovalConfig(), adds("good1"), adds("harmful"), patience=0)
    found = beside(story, VAL, validation=which)
    assert [(index, split) for index, split, _, _ in found] == [(index, "val") for index in expected]


def test_a_null_edit_measures_the_baseline_again_and_changes_nothing():
    story = Story(ApprovalConfig(), adds("good1"), patience=0)
    found = beside(story, (), null_edits=2)
    assert [(index, split, series) for index, split, series, _ in found] == [
        (0, "train", "again-1"),
        (0, "train", "again-2"),
    ]
    assert story.result.state.evaluations == 2
