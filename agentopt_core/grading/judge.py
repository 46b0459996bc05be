"""A language model as grader, for answers that no rule compares: it says whether answer and gold mean the same.

Its verdict is an opinion and no measurement by rule: scores carry the method `judge`. The answer is untrusted. It is
put to the judge as data between tags it cannot write, cut to a length, and what comes back is read strictly.

Not guarded: a judge can still be talked into a verdict by what an answer says, and it errs as models do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from weakref import WeakValueDictionary

from pydantic import JsonValue

from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import GraderConfig
from agentopt_core.errors import ConfigError, InfrastructureFault, RequestRefused
from agentopt_core.grading.extraction import Extraction, extract, without_thoughts
from agentopt_core.grading.judgements import REASON_CHARS, Judgement, Judgements
from agentopt_core.grading.standard import KEPT_CHARS
from agentopt_core.lenient_json import NotJson, read_json, well_formed
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Answer, Score
from agentopt_core.seams import ChatModel, Grader
from agentopt_core.tasks import Task
from agentopt_core.tokens import cut_middle
from agentopt_core.words import JsonObject, digest

METHOD = "judge"
TRIES = 2
"""An unreadable reply is asked for once more."""
QUESTION_TOKENS = 6_000
"""Estimated tokens of a question, with its passage and options, that the judge is shown; the middle is cut."""
GOLD_TOKENS = 2_000
ANSWER_TOKENS = 2_000
_MARK_CHARS = 12


class JudgeGrader:
    """Grades by asking a model; the same model is asked the same thing once, as long as `judgements` are kept.

    `name` is the model's, as scores and judgements carry it.
    """

    def __init__(self, model: ChatModel, name: str, prompts: PromptBook, judgements: Judgements) -> None:
        self._model = model
        self._name = name
        self._prompts = prompts
        self._judgements = judgements
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer; see `seams.Grader`. Raises also SetupError and BudgetExhausted, as the model does."""
        started = time.perf_counter()
        found = _found(task, answer)
        if task.answer is None:
            correct, reason = False, "The task has no gold answer, so nothing can be right."
        elif found.rule == "none":
            correct, reason = False, "No answer was given."
        else:
            judgement = await self._judged(task, task.answer, found.text)
            correct = judgement.correct
            reason = f"{self._name} judged it {'right' if correct else 'wrong'}: {judgement.reason}"
        return Score(
            correct=correct,
            method=METHOD,
            extracted=found.text[:KEPT_CHARS],
            rule=found.rule,
            reason=reason,
            ms=(time.perf_counter() - started) * 1000,
        )

    async def _judged(self, task: Task, gold: str, answer: str) -> Judgement:
        asked = self._asked(task, gold, answer)
        key = digest([self._name, *asked], 32)
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:  # whoever asks the same at the same time waits for the first one's verdict
            judgement = self._judgements.get(key)
            if judgement is None:
                verdict = await self._verdict(task, *asked)
                judgement = Judgement(key=key, correct=verdict.correct, reason=verdict.reason)
                self._judgements.keep(judgement)
            return judgement

    def _asked(self, task: Task, gold: str, answer: str) -> tuple[str, str]:
        question = cut_middle(_question(task), QUESTION_TOKENS)
        golds = [cut_middle(text, GOLD_TOKENS) for text in (gold, *task.aliases)]
        answer = cut_middle(answer, ANSWER_TOKENS)
        # Nobody who writes one of the texts knows the digest of all of them: no text can hold its own closing tag.
        mark = digest([question, golds, answer], _MARK_CHARS)
        prompt = self._prompts.fill(
            "judge_task",
            question=fenced("question", mark, question),
            gold="\n".join(fenced("gold", mark, text) for text in golds),
            answer=fenced("answer", mark, answer),
        )
        return self._prompts.fill("judge_system"), prompt

    async def _verdict(self, task: Task, system: str, prompt: str) -> Opinion:
        again = self._prompts.fill("judge_again")
        fault = ""
        for number in range(TRIES):
            # The reply that could not be read is not shown to it again: it may hold what the answer told it to say.
            text = f"{prompt}\n\n{again}" if number else prompt
            messages: tuple[JsonObject, ...] = (
                {"role": "system", "content": system},
                {"role": "user", "content": text},
            )
            try:
                reply = await self._model.complete(
                    ChatRequest(purpose=Purpose(role="judge", task_id=task.id), messages=messages)
                )
            except RequestRefused as error:
                raise InfrastructureFault(f"The judge {self._name} was not let answer: {error}") from error
            try:
                return read_opinion(reply.message)
            except NotJson as error:
                fault = str(error)
        raise InfrastructureFault(
            f"The judge {self._name} gave no verdict that can be read, asked {TRIES} times: {fault}.",
            "Choose another model as judge.",
        )


class JudgeWhereAsked:
    """Sends the tasks whose answer type is `judge` to the judge, and the others to another grader."""

    def __init__(self, judge: Grader, others: Grader) -> None:
        self._judge = judge
        self._others = others

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer; see `seams.Grader`."""
        return await (self._judge if task.answer_type == "judge" else self._others).grade(task, answer)


def asks_judge(grader: GraderConfig, task: Task) -> bool:
    """Answers to the task are put to a judge."""
    return grader.kind == "judge" or (grader.kind == "auto" and task.answer_type == "judge")


def require_judge(grader: GraderConfig, tasks: Iterable[Task]) -> None:
    """Refuse tasks that ask for a judge where none is configured.

    Raises: ConfigError naming one of them.
    """
    asking = [task.id for task in tasks if asks_judge(grader, task) and task.answer is not None]
    if asking and grader.judge is None:
        rest = f" and {len(asking) - 1} more" if len(asking) > 1 else ""
        raise ConfigError(
            f"A model is to judge the answers to task {asking[0][:80]}{rest}, but none is named as judge.",
            "Name one (--judge-model, or Grading on the Train page), or choose one grader for all tasks.",
        )


class Opinion(NamedTuple):
    """Right or wrong, and why, as a judge said it."""

    correct: bool
    reason: str


def read_opinion(message: Mapping[str, JsonValue]) -> Opinion:
    """The verdict of a judge's reply: one JSON object, and nothing but thoughts and a code fence around it.

    Raises: NotJson saying what is wrong with it.
    """
    value = read_json(without_thoughts(_text(message.get("content"))), text_after=False)
    if not isinstance(value, dict) or not isinstance(value.get("correct"), bool):
        raise NotJson("it is no JSON object whose 'correct' is true or false")
    reason = value.get("reason")
    said = " ".join(reason.split()) if isinstance(reason, str) else ""
    return Opinion(value["correct"] is True, said[:REASON_CHARS] or "it gave no reason.")


def _text(content: JsonValue) -> str:
    if isinstance(content, list):
        return "\n".join(str(part["text"]) for part in content if isinstance(part, dict) and part.get("text"))
    return content if isinstance(content, str) else ""


def fenced(name: str, mark: str, text: str) -> str:
    """The text between tags that carry the mark."""
    return f"<{name}-{mark}>\n{well_formed(text)}\n</{name}-{mark}>"


def _question(task: Task) -> str:
    parts = [task.question, task.context]
    if task.choices:
        parts.append("Options:\n" + "\n".join(f"- {choice}" for choice in task.choices))
    if task.unit:
        parts.append(f"Unit of the answer: {task.unit}")
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _found(task: Task, answer: Answer) -> Extraction:
    """As for other words; but a judge reads, so a message without a marked answer is an answer as a whole."""
    found = extract(answer, "text", task.choices)
    if found.rule == "none" and answer.source == "message" and (text := without_thoughts(answer.text).strip()):
        return Extraction(text, "whole")
    return found
