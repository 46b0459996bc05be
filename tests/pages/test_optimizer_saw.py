"""What the optimizer saw, on the Train page: empty, by step, hostile, private."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentopt_core.events import OptimizerAsked
from agentopt_core.seen import CauseCount, pack
from agentopt_core.workbench import Workbench
from tests.history.helpers import BASELINE, NONE, decided, measured, new_run, proposed, share, write
from tests.pages.conftest import Open, texts

HOSTILE = "<script>alert(1)</script> \u202e **bold** :red[r]"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[[], Workbench]]:
    benches = []

    def opened() -> Workbench:
        benches.append(Workbench(tmp_path, live=False))
        return benches[-1]

    yield opened
    for bench in benches:
        bench.close()


def asked(step: int, request: int, text: str) -> OptimizerAsked:
    causes = (CauseCount(cause="no_function", shown=3, of=40), CauseCount(cause="solved", shown=0, of=10))
    return OptimizerAsked(step=step, request=request, tokens=900, budget=1_000, causes=causes, packed=pack(text))


def seen(tmp_path: Path, text: str = "the exact prompt") -> str:
    run = new_run(tmp_path)
    lines = [*measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE))]
    for step in (1, 2):
        start, *rest = proposed(step, 0)
        lines += [start, asked(step, 1, f"{text} of step {step}"), asked(step, 2, f"again {step}"), *rest]
    write(run, lines)
    return run.run_id


def test_a_run_that_kept_nothing_says_so_and_what_to_do(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    write(run, [*measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE))])
    at = page(home(), "train", run=run.run_id, saw="1")
    assert not at.exception
    assert "Runs of older versions did not keep what it read" in texts(at)


def test_the_step_of_the_address_is_shown_with_tokens_causes_and_exact_text(page: Open, home, tmp_path):
    run_id = seen(tmp_path)
    at = page(home(), "train", run=run_id, saw="1")
    assert at.selectbox(key="saw_step").value == "1"
    assert "the exact prompt of step 1" in texts(at)
    requests, causes = (frame.value for frame in at.dataframe[-2:])
    assert list(requests["tokens"]) == [900, 900]
    assert list(requests["budget"]) == [1_000, 1_000]
    assert list(causes["histories"]) == ["no function", "solved"]
    assert list(causes["shown"]) == [3, 0]
    assert list(causes["of"]) == [40, 10]


def test_another_step_goes_into_the_address(page: Open, home, tmp_path):
    run_id = seen(tmp_path)
    at = page(home(), "train", run=run_id, saw="1")
    at.selectbox(key="saw_step").set_value("2").run()
    assert at.query_params["saw"] in ("2", ["2"])
    assert "the exact prompt of step 2" in texts(at)


@pytest.mark.parametrize("step", ["99", "x", "-1"])
def test_a_bad_step_in_the_address_shows_the_newest(page: Open, home, tmp_path, step):
    run_id = seen(tmp_path)
    at = page(home(), "train", run=run_id, saw=step)
    assert not at.exception
    assert at.selectbox(key="saw_step").value == "2"


def test_what_a_model_wrote_is_shown_as_text(page: Open, home, tmp_path):
    run_id = seen(tmp_path, HOSTILE)
    at = page(home(), "train", run=run_id, saw="1")
    shown = next(block.value for block in at.code if "alert" in block.value)
    assert "<script>" in shown
    assert "\u202e" not in shown
