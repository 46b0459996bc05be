"""Replies and messages as models write them, read as their labels say; the functions run in real sandboxes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.grading import Extraction, StandardGrader, answer_of_message
from agentopt_core.optimizer import read_reply, read_reply_in_sandbox
from agentopt_core.optimizer.reading import ReplyReading
from agentopt_core.rollouts import Answer, ExecutionResult
from agentopt_core.sandbox import ProcessSandbox, find_isolation, open_sandbox
from agentopt_core.tasks import Task
from tests.corpora import make
from tests.optimizer import corpus

REPLIES, MESSAGES = ([json.loads(line) for line in make.lines(*parts)] for parts in make.FILES.values())
RUNNING = [line for line in REPLIES if line["tests"]]
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


def by_quirk(line: dict[str, Any]) -> str:
    return f"{line['id']}-{line['quirk']}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ProcessSandbox]:
    made = open_sandbox(SandboxLimits(wall_s=60, cpu_s=60), find_isolation())
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="module")
def hasty() -> Iterator[ProcessSandbox]:
    """For code whose import must run out of time."""
    made = open_sandbox(SandboxLimits(wall_s=0.5), find_isolation())
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="module")
def outcomes(sandbox: ProcessSandbox) -> dict[str, tuple[ReplyReading, list[ExecutionResult]]]:
    """Every reply with tests, read with its trial, and the results of its tests; all at the same time."""

    async def outcome(line: dict[str, Any]) -> tuple[ReplyReading, list[ExecutionResult]]:
        functions = corpus.function_set(line)
        reading = await read_reply_in_sandbox(
            line["message"], line["finish_reason"], functions, corpus.PACKAGES, sandbox
        )
        accepted = corpus.accepted_functions(reading)
        return reading, [await sandbox.call(accepted[test["function"]], test["kwargs"]) for test in line["tests"]]

    async def everything() -> list[tuple[ReplyReading, list[ExecutionResult]]]:
        return await asyncio.gather(*map(outcome, RUNNING))

    return dict(zip((line["id"] for line in RUNNING), asyncio.run(everything()), strict=True))


@pytest.mark.parametrize("name", make.FILES)
def test_the_files_hold_what_the_cases_say(name: str) -> None:
    assert (make.FOLDER / name).read_text(encoding="utf-8").splitlines() == list(make.lines(*make.FILES[name]))


def test_every_reason_code_has_two_cases() -> None:
    verdicts = [verdict for line in REPLIES for verdict in line["per_call"] or [line]]
    counts = Counter(verdict.get("reason_code") for verdict in verdicts)
    assert len(counts) == 1 + 27  # None: what is accepted
    assert min(counts.values()) >= 2


@pytest.mark.parametrize("line", [line for line in REPLIES if line["detect"] == "static"], ids=by_quirk)
def test_a_reply_is_read_as_labelled(line: dict[str, Any]) -> None:
    reading = read_reply(line["message"], line["finish_reason"], corpus.function_set(line), corpus.PACKAGES)
    assert corpus.summary(reading) | corpus.expected(line) == corpus.summary(reading), line["why"]
    assert all(len(refusal.reason) > 20 for refusal in reading.refusals)
    for function in corpus.accepted_functions(reading).values():
        assert function.parameters["type"] == "object"
        assert_normal(function.parameters)


@pytest.mark.parametrize("line", [line for line in REPLIES if line["detect"] == "sandbox"], ids=by_quirk)
def test_a_reply_that_only_fails_when_it_runs_is_refused_after_its_trial(
    line: dict[str, Any], sandbox: ProcessSandbox, hasty: ProcessSandbox
) -> None:
    used = hasty if line["reason_code"] == "import_timeout" else sandbox
    functions = corpus.function_set(line)
    reading = asyncio.run(
        read_reply_in_sandbox(line["message"], line["finish_reason"], functions, corpus.PACKAGES, used)
    )
    assert corpus.summary(reading) | corpus.expected(line) == corpus.summary(reading), line["why"]


@pytest.mark.parametrize("line", RUNNING, ids=by_quirk)
def test_accepted_functions_load_and_give_the_labelled_results(
    line: dict[str, Any], outcomes: dict[str, tuple[ReplyReading, list[ExecutionResult]]]
) -> None:
    reading, results = outcomes[line["id"]]
    assert corpus.summary(reading)["normalised"] == line["normalised"]
    for test, result in zip(line["tests"], results, strict=True):
        assert result.ok, result.error
        assert corpus.same(result.value, test["result"]), (result.value, test["result"])


@pytest.mark.parametrize("line", MESSAGES, ids=lambda line: f"{line['id']}-{line['kind']}")
def test_an_answer_is_found_and_graded_as_labelled(line: dict[str, Any]) -> None:
    found = answer_of_message(line["content"], line["tool_calls"], line["kind"], line["options"])
    assert found == Extraction(line["expected_answer"], line["rule"]), line["why"]
    choices = tuple(line["options"] or ())
    task = Task(id="t", question="q", answer=line["gold"], answer_type=line["kind"], choices=choices)
    score = StandardGrader().judge(task, Answer(text=found.text, source="tool" if found.text else "none"))
    assert score.correct == line["expected_correct"], (line["why"], score.reason)


def assert_normal(schema: Any) -> None:
    """Types have their JSON names, arrays say their items, `required` is a list: at every level."""
    if isinstance(schema, list):
        for entry in schema:
            assert_normal(entry)
    if not isinstance(schema, dict):
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    assert set(kinds) <= TYPES
    assert "array" not in kinds or "items" in schema
    assert isinstance(schema.get("required", []), list)
    properties = schema.get("properties", {})
    assert_normal([*properties.values(), schema.get("items"), *schema.get("anyOf", [])])
