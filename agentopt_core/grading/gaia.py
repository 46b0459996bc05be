"""GAIA's rules for short answers: a number, a list or a string, as the gold is one (arXiv 2311.12983)."""

from __future__ import annotations

import re
import string

from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.verdict import Verdict, differs, equals
from agentopt_core.tasks import Task

_PLAIN = re.compile(r"\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?\s*")
_UNPUNCTUATED = str.maketrans("", "", string.punctuation)


def judge_gaia(task: Task, gold: str, answer: str) -> Verdict:
    """Numbers equal ($ % , ignored); lists in order, by element; strings blind to space, case and punctuation."""
    if _PLAIN.fullmatch(gold):
        same = _same_number(answer, gold)
    elif re.search("[,;]", gold):
        golds, answers = re.split("[,;]", gold), re.split("[,;]", answer)
        same = len(golds) == len(answers) and all(map(_same_element, answers, golds))
    else:
        same = _squeezed(answer).translate(_UNPUNCTUATED) == _squeezed(gold).translate(_UNPUNCTUATED)
    return equals(answer, gold) if same else differs(answer, gold)


def _same_element(answer: str, gold: str) -> bool:
    return _same_number(answer, gold) if _PLAIN.fullmatch(gold) else _squeezed(answer) == _squeezed(gold)


def _same_number(answer: str, gold: str) -> bool:
    bare = re.sub("[$%,]", "", answer)
    if not _PLAIN.fullmatch(bare):
        return False
    got, wanted = parse_number(bare), parse_number(gold)
    return got is not None and wanted is not None and got.value == wanted.value


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text).lower()
