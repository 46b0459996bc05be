"""Successive halving: who is measured on how many tasks, and who goes on."""

import asyncio

from agentopt_core.actions import Update
from agentopt_core.config import SearchConfig
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.training.halving import Candidate, halve
from tests.builders import evaluation, functions, rollout, tasks

TASKS = tasks(16)
ACCEPTED = evaluation("-" * 16)


def candidates(n: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(number, Update(), functions(f"f{number}")) for number in range(1, n + 1))


class Lab:
    """Measures a candidate by a pattern of its own, by its number; remembers how many tasks each was run on."""

    def __init__(self, **patterns: str) -> None:
        self.patterns = patterns
        self.run: list[tuple[int, int]] = []

    async def measure(self, candidate: Candidate, tasks: tuple) -> Evaluation:
        self.run.append((candidate.number, len(tasks)))
        marks = {"+": True, "-": False, "!": None}
        solved = {f"t{i}": marks[mark] for i, mark in enumerate(self.patterns[f"p{candidate.number}"], 1)}
        return Evaluation(
            index=1,
            functions=FunctionSet(),
            split="train",
            rollouts=tuple(rollout(task.id, solved[task.id]) for task in tasks),
        )


def screen(lab: Lab, n: int, join=None, accepted: Evaluation = ACCEPTED, **config: object) -> tuple[Candidate, ...]:
    settings = SearchConfig(**{"proposals": n, "first_sample": 4, "growth": 2.0, **config})
    return asyncio.run(halve(candidates(n), accepted, TASKS, settings, lab.measure, join))


def test_the_worse_half_is_dropped_each_round_and_the_sample_grows():
    lab = Lab(p1="-" * 16, p2="+---" * 4, p3="++--" * 4, p4="+++-" * 4)
    ranked = screen(lab, 4)
    assert lab.run == [(1, 4), (2, 4), (3, 4), (4, 4), (4, 8), (3, 8)]
    assert [candidate.number for candidate in ranked] == [4, 3, 2, 1]
    assert [[one.kept for one in candidate.rounds] for candidate in ranked] == [
        [True, True],
        [True, False],
        [False],
        [False],
    ]


def test_a_proposal_is_compared_with_the_accepted_set_on_the_same_tasks():
    (winner, loser) = screen(Lab(p1="++-+" * 4, p2="+" * 16), 2, accepted=evaluation("+--!" + "-" * 12))
    assert winner.number == 2
    (last,) = winner.rounds
    assert (last.before.correct, last.after.correct, last.after.n, last.fixed, last.broken) == (1, 3, 3, 2, 0)
    assert loser.rounds[0].after.correct == 2


def test_of_equal_proposals_the_earlier_one_goes_on():
    assert screen(Lab(p1="+-+-" * 4, p2="-+-+" * 4), 2)[0].number == 1


def test_what_could_not_be_scored_is_dropped_first():
    assert screen(Lab(p1="!" * 16, p2="-" * 16), 2)[0].number == 2


def test_one_proposal_alone_is_not_measured():
    lab = Lab()
    (only,) = screen(lab, 1)
    assert lab.run == []
    assert only.rounds == ()


def test_the_round_on_all_tasks_decides_at_once():
    lab = Lab(p1="+" * 16, p2="-" * 16, p3="-" * 16, p4="-" * 16)
    assert screen(lab, 4, first_sample=99)[0].number == 1
    assert lab.run == [(number, 16) for number in (1, 2, 3, 4)]


def test_the_two_best_merged_enter_the_last_round_and_can_win_it():
    joined = []

    async def join(best: Candidate, second: Candidate) -> Candidate:
        joined.append((best.number, second.number))
        return Candidate(5, Update(), functions("m"), merged_of=(best.number, second.number))

    lab = Lab(p1="+---" * 4, p2="++--" * 4, p3="-" * 16, p4="-" * 16, p5="+++-" * 4)
    ranked = screen(lab, 4, join)
    assert joined == [(2, 1)]
    assert lab.run[-1] == (5, 8)
    assert [candidate.number for candidate in ranked] == [5, 2, 1, 3, 4]


def test_the_rounds_are_known_before_anything_runs():
    config = SearchConfig(proposals=6, first_sample=8, growth=2.0)
    assert config.rounds(6, 100) == ((6, 8, 3), (3, 16, 2), (2, 32, 1))
    assert config.rollouts(100) == 6 * 8 + 3 * 8 + 2 * 16
    assert config.with_(merge=True).rollouts(100) == 6 * 8 + 3 * 8 + 2 * 16 + 32
    assert config.rounds(6, 10) == ((6, 8, 3), (3, 10, 1))
    assert config.rounds(1, 100) == ()
    assert config.rounds(6, 0) == ()
