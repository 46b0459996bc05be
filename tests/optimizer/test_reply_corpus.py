"""Replies as real models write them, from the labelled corpus beside this repository."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentopt_core.optimizer import read_reply, read_reply_in_sandbox
from agentopt_core.testing import InMemorySandbox
from tests.optimizer import corpus

LINES = corpus.lines()
pytestmark = pytest.mark.skipif(not LINES, reason="../shared/data/replies is not beside this repository")


def by_id(line: dict[str, Any]) -> str:
    return f"{line['id']}-{line['quirk']}"


@pytest.mark.parametrize("line", [line for line in LINES if line["detect"] == "static"], ids=by_id)
def test_a_reply_is_read_as_labelled(line: dict[str, Any]) -> None:
    reading = read_reply(line["message"], line["finish_reason"], corpus.function_set(line), corpus.PACKAGES)
    assert corpus.summary(reading) | corpus.expected(line) == corpus.summary(reading), line["why"]
    assert all(len(refusal.reason) > 20 for refusal in reading.refusals)


@pytest.mark.parametrize("line", [line for line in LINES if line["detect"] == "sandbox"], ids=by_id)
def test_a_reply_that_only_fails_when_it_runs_is_refused_after_its_trial(line: dict[str, Any]) -> None:
    reading = asyncio.run(
        read_reply_in_sandbox(
            line["message"], line["finish_reason"], corpus.function_set(line), corpus.PACKAGES, InMemorySandbox()
        )
    )
    assert corpus.summary(reading) | corpus.expected(line) == corpus.summary(reading), line["why"]


@pytest.mark.parametrize("line", [line for line in LINES if line["tests"]], ids=by_id)
def test_accepted_functions_give_the_labelled_results(
    line: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # one function writes a scratch file where it runs

    async def run() -> None:
        sandbox = InMemorySandbox()
        reading = await read_reply_in_sandbox(
            line["message"], line["finish_reason"], corpus.function_set(line), corpus.PACKAGES, sandbox
        )
        functions = corpus.accepted_functions(reading)
        for test in line["tests"]:
            result = await sandbox.call(functions[test["function"]], test["kwargs"])
            assert result.ok, result.error
            assert corpus.same(result.value, test["result"]), (result.value, test["result"])

    asyncio.run(run())
