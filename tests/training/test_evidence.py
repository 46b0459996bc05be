"""The evidence gate in the loop of Algorithm 2, with a scripted evaluator and a scripted optimizer."""

import asyncio

import pytest

from agentopt_core.config import EvidenceConfig, RunConfig, TrainingConfig, parse_config
from agentopt_core.errors import ConfigError, TaskSetError
from agentopt_core.events import EvaluationFinished, ReviewDecided, RolloutFinished
from agentopt_core.rollouts import Evaluation
from agentopt_core.tasks import Task
from agentopt_core.testing import ListSink
from agentopt_core.training.control import Control
from agentopt_core.training.evidence import EvidenceRule, evidence_rule
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.requirements import require_validation
from agentopt_core.training.trainer import Trainer
from tests.builders import adds, rollout, tasks
from tests.training.test_trainer import Proposals

TRAIN = tasks(10)
VALIDATION = tuple(Task(id=f"v{number}", question="?", answer="1", split="val") for number in range(1, 21))


class World:
    """`goodN` solves the training tasks up to N and as many validation tasks; other names solve what `extra` says.

    `extra`: name -> (training, validation) solved. `odd`: (name in the set or "", task, series) -> another outcome.
    """

    def __init__(self, sink, extra=None, odd=None):
        self.sink = sink
        self.extra = extra or {}
        self.odd = odd or {}
        self.measured = []

    def solved(self, names, split):
        counts = [self.extra.get(name, (0, 0))[split == "val"] for name in names]
        return max([int(name.removeprefix("good")) for name in names if name.startswith("good")] + counts, default=0)

    async def measure(self, index, step, functions, tasks, split, recorded, series=""):
        self.measured.append((index, split, series, len(tasks) - len(recorded)))
        solved = self.solved(functions.names, split)
        done = []
        for task in tasks:
            if (known := recorded.get(task.id)) is None:
                outcome = int(task.id[1:]) <= solved
                for name in ("", *functions.names):
                    outcome = self.odd.get((name, task.id, series), outcome)
                known = rollout(task.id, outcome)
                self.sink.emit(
                    RolloutFinished(
                        evaluation=index, functions_digest=functions.digest, split=split, series=series, rollout=known
                    )
                )
            done.append(known)
        result = Evaluation(index=index, functions=functions, split=split, rollouts=tuple(done))
        self.sink.emit(
            EvaluationFinished(
                evaluation=index, functions_digest=functions.digest, split=split, series=series, result=result.result,
                wall_s=0.0,
            )
        )  # fmt: skip
        return result

    def looks(self, split="val"):
        return [(index, series, n) for index, where, series, n in self.measured if where == split]


class Story:
    def __init__(
        self, *updates, evidence=None, recorded=None, extra=None, odd=None, epochs=3, patience=2, approval=None
    ):
        self.sink = ListSink()
        self.world = World(self.sink, extra, odd)
        self.proposals = Proposals(*updates)
        recorded = recorded or Recorded()
        rule = EvidenceRule(
            config=EvidenceConfig(**(evidence or {})),
            evaluator=self.world,
            tasks=TRAIN,
            validation=VALIDATION,
            recorded=recorded,
        )
        self.trainer = Trainer(
            evaluator=self.world,
            optimizer=self.proposals,
            tasks=TRAIN,
            config=TrainingConfig(acceptance="evidence", epochs=epochs, patience=patience),
            sink=self.sink,
            control=Control(list, self.sink),
            recorded=recorded,
            rule=rule,
            approval=approval,
        )
        self.result = asyncio.run(self.trainer.train())
        self.verdicts = [event for event in self.sink.events if event.kind == "verdict_reached" and event.step]
        self.found = [event.evidence for event in self.verdicts if event.evidence]

    @property
    def words(self):
        return [(event.verdict, event.evidence.word if event.evidence else "") for event in self.verdicts]


def test_a_candidate_that_gains_nothing_on_the_training_tasks_is_not_judged_and_spends_nothing():
    story = Story(adds("idle"), patience=0)
    assert story.words == [("rolled_back", "rejected")]
    assert story.world.looks() == []
    assert (story.found[0].looked, story.found[0].spent, story.found[0].looks) == (False, 0.0, 0)


def test_a_candidate_that_is_better_on_validation_is_accepted_and_starts_an_epoch():
    story = Story(adds("good8"), epochs=1)
    assert story.words == [("kept", "accepted")]
    found = story.found[0]
    assert found.fixed == tuple(f"v{number}" for number in range(1, 9))
    assert (found.n, found.broken, found.p_value) == (20, (), 1 / 256)
    assert found.p_value <= found.level
    assert found.interval[0] < found.difference == 0.4 < found.interval[1]
    assert (found.spent, found.looks) == (0.0, 1)
    assert story.result.state.epoch == 1


def test_tasks_that_flipped_are_run_again_under_both_sets_and_no_others():
    story = Story(adds("good8"), epochs=1, evidence={"reruns": 2})
    assert story.world.looks() == [
        (0, "", 20), (1, "", 20),
        (0, "rerun-1.1", 8), (1, "rerun-1.1", 8), (0, "rerun-1.2", 8), (1, "rerun-1.2", 8),
    ]  # fmt: skip


def test_flips_that_the_reruns_even_out_are_settled_as_noise():
    odd = {("luck", f"v{number}", ""): True for number in range(1, 9)}
    odd |= {("", f"v{number}", "rerun-1.1"): True for number in range(1, 9)}
    odd |= {("luck", f"v{number}", "rerun-1.1"): False for number in range(1, 9)}
    story = Story(adds("luck"), extra={"luck": (5, 0)}, odd=odd, evidence={"reruns": 1}, patience=0)
    found = story.found[0]
    assert (found.word, found.fixed, found.settled) == ("rejected", (), 8)
    assert found.spent == found.level


def test_an_indecisive_candidate_is_rolled_back_counts_for_patience_and_goes_into_the_failure_record():
    story = Story(adds("good3"), adds("good2"), patience=1)
    assert story.words == [("rolled_back", "indecisive"), ("rolled_back", "indecisive")]
    assert story.result.reason.kind == "patience"
    _, _, record = story.proposals.shown[1]
    assert record[0].reason.startswith("Indecisive: rolled back, though not shown to be worse.")


def test_every_look_in_vain_makes_the_next_one_stricter_within_the_budget():
    story = Story(adds("good3"), adds("good2"), adds("good3", "more"), patience=2)
    levels = [found.level for found in story.found]
    assert levels == sorted(levels, reverse=True)
    assert story.found[-1].spent == pytest.approx(sum(levels))
    assert story.found[-1].spent < story.found[-1].budget
    assert [found.looks for found in story.found] == [1, 2, 3]


def test_an_accepted_set_is_looked_at_afresh_before_another_is_judged_against_it():
    story = Story(adds("good8"), adds("good9"), epochs=2, patience=0)
    assert (1, "afresh", 20) in story.world.looks()
    assert story.found[1].against == 1
    assert sum(look == (0, "", 20) for look in story.world.looks()) == 1


def test_a_provisional_set_is_built_upon_but_the_next_is_judged_against_the_accepted_one():
    story = Story(adds("good3"), adds("good8"), evidence={"provisional": True}, epochs=1)
    assert story.words == [("kept", "provisional"), ("kept", "accepted")]
    assert [event.epoch for event in story.verdicts] == [0, 1]
    assert [found.against for found in story.found] == [0, 0]
    assert story.proposals.shown[1][1].functions.names == ("good3",)


def test_provisional_sets_do_not_carry_the_run_beyond_its_patience():
    story = Story(adds("good3"), adds("good4"), evidence={"provisional": True}, patience=0)
    assert story.words == [("kept", "provisional")]
    assert story.result.reason.kind == "patience"


def test_a_protected_validation_task_must_not_break():
    odd = {("good10", "v1", series): False for series in ("", "rerun-2.1", "rerun-2.2")}
    extra = {"more": (10, 18)}
    story = Story(
        adds("good8"),
        adds("good10", "more"),
        odd=odd,
        extra=extra,
        evidence={"protected": ["v1"]},
        epochs=2,
        patience=0,
    )
    assert story.words == [("kept", "accepted"), ("rolled_back", "rejected")]
    assert story.found[1].protected_broken == ("v1",)


def test_a_protected_training_task_is_run_again_before_it_counts_as_broken():
    once = {("good9", "t1", ""): False}
    forgiven = Story(adds("good8"), adds("good9", "good10"), odd=once, evidence={"protected": ["t1"]}, epochs=2,
                     patience=0)  # fmt: skip
    assert (2, "rerun-2.1", 1) in forgiven.world.looks("train")
    always = {("good9", "t1", series): False for series in ("", "rerun-2.1", "rerun-2.2")}
    broken = Story(adds("good8"), adds("good9", "good10"), odd=always, evidence={"protected": ["t1"]}, epochs=2,
                   patience=0)  # fmt: skip
    assert broken.found[1].protected_broken == ("t1",)
    assert not broken.found[1].looked


def test_faults_count_neither_way_and_too_few_scored_tasks_are_indecisive_at_no_expense():
    faults = {("good8", f"v{number}", ""): None for number in range(1, 15)}
    story = Story(adds("good8"), odd=faults, patience=0)
    assert story.words == [("rolled_back", "indecisive")]
    assert (story.found[0].n, story.found[0].spent) == (6, 0.0)


def test_each_validation_task_is_run_k_times_at_the_first_look():
    story = Story(adds("good8"), epochs=1, evidence={"repeats": 3, "reruns": 0})
    assert [series for index, series, _ in story.world.looks() if index == 1] == ["", "repeat-2", "repeat-3"]
    assert story.found[0].repeats == 3


@pytest.mark.parametrize("kind", ["rollout_finished", "evaluation_finished", "update_proposed", "verdict_reached"])
def test_a_resumed_run_measures_nothing_twice_and_reaches_the_same_verdicts(kind):
    script = [adds("good8"), adds("good3"), adds("good10"), adds("good10", "good9")]
    whole = Story(*script)
    assert len(whole.verdicts) >= 3
    places = [number for number, event in enumerate(whole.sink.events) if event.kind == kind]
    for place in places[:: max(1, len(places) // 12)]:
        kept = whole.sink.events[: place + 1]
        steps_done = sum(event.kind == "update_proposed" for event in kept)
        resumed = Story(*script[steps_done:], recorded=Recorded(kept))
        before = [event for event in kept if event.kind == "verdict_reached" and event.step]
        assert [(e.evidence, e.reason) for e in before + resumed.verdicts] == [
            (e.evidence, e.reason) for e in whole.verdicts
        ]
        rollouts = sum(event.kind == "rollout_finished" for event in kept)
        assert rollouts + sum(event.kind == "rollout_finished" for event in resumed.sink.events) == sum(
            event.kind == "rollout_finished" for event in whole.sink.events
        )


class Decides:
    """A person who decides on every candidate after its evaluation."""

    def __init__(self, *choices):
        self.choices = list(choices)

    async def before(self, step, best, update, evaluation):
        return None

    async def after(self, step, best, update, candidate, verdict):
        return ReviewDecided(step=step, when="after", by="Ada", choice=self.choices.pop(0), reason="seen")


def test_what_a_person_keeps_against_the_gate_is_the_new_reference_and_gives_nothing_back():
    story = Story(adds("good3"), adds("good12"), approval=Decides("approve", "approve"), epochs=2)
    assert story.words == [("kept", "indecisive"), ("kept", "accepted")]
    assert "against the run’s rule" in story.verdicts[0].reason
    assert story.found[1].against == 1
    assert (1, "afresh", 20) in story.world.looks()
    assert story.found[1].spent == story.found[0].level


def test_what_a_person_withdraws_though_it_was_accepted_stays_spent():
    story = Story(adds("good8"), adds("good9"), approval=Decides("reject", "approve"), epochs=1)
    assert story.words == [("rejected", "accepted"), ("kept", "accepted")]
    assert [found.against for found in story.found] == [0, 0]
    assert story.found[1].level == pytest.approx(story.found[0].level / 4)
    assert story.found[1].spent == story.found[0].level


def test_a_set_that_a_person_made_is_what_the_next_candidate_is_judged_against():
    story = Story(adds("good3").with_(by="Ada"), adds("good12"), epochs=1)
    assert [event.verdict for event in story.verdicts] == ["kept", "kept"]
    assert story.verdicts[0].evidence is None
    assert story.found[0].against == 1
    assert (1, "", 20) in story.world.looks()
    assert not any(index == 0 for index, _, _ in story.world.looks())


def test_a_validation_split_that_is_too_small_is_refused_with_the_next_move():
    with pytest.raises(TaskSetError, match="has 1 task; it needs 8"):
        require_validation(EvidenceConfig(), ["t1"], ["v1"])
    with pytest.raises(TaskSetError, match="x9"):
        require_validation(EvidenceConfig(least_tasks=1, protected=("x9", "v1")), ["t1"], ["v1"])


@pytest.mark.parametrize("setting", [{"validation": "off"}, {"roll_back": False}])
def test_what_contradicts_the_gate_is_refused(setting):
    with pytest.raises(ConfigError, match="acceptance 'evidence'"):
        parse_config({"training": {"acceptance": "evidence", **setting}})


def test_a_run_without_the_gate_has_no_rule_of_its_own():
    story = World(ListSink())
    assert evidence_rule(RunConfig(), story, TRAIN, (), Recorded()) is None
