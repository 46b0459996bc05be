"""A run whose steps made several proposals, written from events."""

from __future__ import annotations

from pathlib import Path

from agentopt_core.actions import AddFunction, ReviseFunction, Update
from agentopt_core.events import (
    EvaluationFinished,
    EvaluationStarted,
    Event,
    ProposalMade,
    ProposalsScreened,
    RolloutFinished,
    StepStarted,
    UpdateProposed,
)
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.proposals import Screened, ScreenRound
from agentopt_core.rollouts import Proportion
from tests.history.helpers import (
    BETTER,
    DOUBLE,
    HALF,
    NONE,
    WITH_DOUBLE,
    began,
    call,
    decided,
    measured,
    new_run,
    rollout,
    share,
    write,
)

ADD_DOUBLE, ADD_HALF = (Update(actions=(AddFunction(function=one),)) for one in (DOUBLE, HALF))
SLOWER = DOUBLE.with_(code="def double(x):\n    return 2.0 * x\n")
HALF_SET = FunctionSet(functions=(HALF,))


def solved(pattern: str, function: str = "") -> tuple:
    """Rollouts of t0, t1, ...: `+` solved, `-` failed; each called the function."""
    calls = [call(function, 1, 2)] if function else []
    return tuple(rollout(f"t{i}", mark == "+", calls) for i, mark in enumerate(pattern))


def screened(number: int, functions: FunctionSet, pattern: str) -> list[Event]:
    """One proposal's rollouts in the screening of step 1."""
    place = {"evaluation": 1, "series": f"screen-1-{number}"}
    rollouts = solved(pattern)
    return [
        EvaluationStarted(step=1, functions=functions, split="train", n=len(pattern), **place),
        *[RolloutFinished(functions_digest=functions.digest, rollout=each, **place) for each in rollouts],
        EvaluationFinished(
            functions_digest=functions.digest, split="train", result=share(rollouts), wall_s=1.0, **place
        ),
    ]


def bracket(note: str = "") -> ProposalsScreened:
    """Proposal 1 lost to proposal 2; proposal 3 was the same set as 2."""
    before = Proportion(correct=0, n=2)

    def one(number: int, functions: FunctionSet, name: str, correct: int, kept: bool) -> Screened:
        after = Proportion(correct=correct, n=2)
        last = ScreenRound(tasks=2, before=before, after=after, fixed=correct, broken=0, kept=kept)
        return Screened(
            number=number,
            changes=(f"add {name}",),
            functions_digest=functions.digest,
            fate="chosen" if kept else "dropped",
            series=f"screen-1-{number}",
            rounds=(last,),
            note=note,
        )

    same = Screened(number=3, changes=("add double",), functions_digest=WITH_DOUBLE.digest, fate="duplicate", same_as=2)
    proposals = (one(1, HALF_SET, "half", 0, False), one(2, WITH_DOUBLE, "double", 2, True), same)
    return ProposalsScreened(step=1, accepted_evaluation=0, evaluation=1, proposals=proposals, chosen=2)


def searched(home: Path, note: str = "") -> RunFolder:
    """Step 1 chose the second of three proposals, and it was kept; steps 2 and 3 revised it in two ways."""
    run = new_run(home, search={"proposals": 3, "first_sample": 2})
    none, one, two, three = (share(solved(pattern)) for pattern in ("----", "+---", "++--", "+-+-"))
    revisions: list[Event] = []
    for step, function, pattern in ((2, BETTER, "++--"), (3, SLOWER, "+-+-")):
        revised: tuple[Function, ...] = (function, HALF) if step == 3 else (function,)
        actions = (ReviseFunction(function=function), *(AddFunction(function=HALF),) * (step == 3))
        revisions += [
            StepStarted(step=step, accepted_evaluation=1),
            UpdateProposed(step=step, update=Update(actions=actions), seconds=1.0),
            *measured(step, step, FunctionSet(functions=revised), solved(pattern, "double")),
            decided(step, step, "rolled_back", 1, step - 1, one, two if step == 2 else three),
        ]
    write(
        run,
        [
            began(run),
            *measured(0, None, NONE, solved("----")),
            decided(None, 0, "baseline", 0, 0, none),
            StepStarted(step=1, accepted_evaluation=0),
            ProposalMade(step=1, number=1, update=ADD_HALF, seconds=1.0),
            ProposalMade(step=1, number=2, update=ADD_DOUBLE, seconds=1.0),
            ProposalMade(step=1, number=3, update=ADD_DOUBLE, seconds=1.0),
            *screened(1, HALF_SET, "--"),
            *screened(2, WITH_DOUBLE, "++"),
            bracket(note),
            UpdateProposed(step=1, update=ADD_DOUBLE, seconds=3.0),
            *measured(1, 1, WITH_DOUBLE, solved("+---", "double")),
            decided(1, 1, "kept", 1, 0, one, one),
            *revisions,
        ],
    )
    return run
