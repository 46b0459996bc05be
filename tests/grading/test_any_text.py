"""Whatever a model writes is judged: never an exception, and the same verdict twice."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentopt_core.cli.grade import bounded_lines, pair_of
from agentopt_core.grading import METHODS, StandardGrader, extract
from agentopt_core.grading.guard import why_too_complex
from agentopt_core.grading.math import settled
from agentopt_core.grading.math_form import form_of, same_form, written
from agentopt_core.grading.math_rules import decide, for_algebra
from agentopt_core.grading.math_spelling import prepared
from agentopt_core.rollouts import Answer, Score
from agentopt_core.tasks import Task

bounded = settings(
    derandomize=True, max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
ANY = st.text(st.characters(exclude_categories=()), max_size=80)
"""All of Unicode, half characters included."""
ATOMS = st.sampled_from(
    [
        "0",
        "1",
        "12",
        "1,234",
        "0.5",
        ".5",
        "1/2",
        "x",
        "y",
        "i",
        "n",
        r"\pi",
        r"\infty",
        "50%",
        "cm",
        r"\text{ cm}",
        "5!",
        r"^\circ",
        "$",
        r"\$",
        "−",
        "½",
        "٣",
        "²",
        "Tuesday",
        "3:00",
        "1010_2",
        "\u200b",
        "\ud800",
        "\0",
        "",
        " ",
        "...",
    ]
)


def _joined(parts):
    return st.one_of(
        st.tuples(
            parts,
            st.sampled_from(
                [",", ", ", ";", "=", "+", "-", "/", "^", "_", r"\cup", r"\pm", "<", r"\le", " or ", "&", r"\\", ":"]
            ),
            parts,
        ).map("".join),
        st.tuples(st.sampled_from([r"\frac", r"\dfrac", r"\binom", r"\cfrac"]), parts, parts).map(
            lambda p: f"{p[0]}{{{p[1]}}}{{{p[2]}}}"
        ),
        st.tuples(
            st.sampled_from([r"\sqrt", r"\text", r"\boxed", r"\left", r"\overline", r"\mathbf", r"\sin", "^", "_"]),
            parts,
        ).map(lambda p: f"{p[0]}{{{p[1]}}}"),
        st.tuples(st.sampled_from(["()", "[]", "(]", "{}", "$$", "||", "<>"]), parts).map(
            lambda p: p[0][0] + p[1] + p[0][1]
        ),
        parts.map(lambda p: rf"\{{{p}\}}"),
        parts.map(lambda p: rf"\begin{{pmatrix}}{p}\end{{pmatrix}}"),
        parts.map(lambda p: rf"\begin{{cases}}{p}\end{{cases}}"),
    )


LATEX = st.recursive(ATOMS, _joined, max_leaves=12)
TEXT = st.one_of(ANY, LATEX, st.text(r"\{}()[]$^_&,;:=0123456789.-+/%xi ", max_size=60))


def judged(kind, gold, text, source="tool", choices=()):
    task = Task(id="t", question="q", answer=gold, answer_type=kind, choices=choices)
    score = StandardGrader().judge(task, Answer(text=text, source=source))
    assert isinstance(score, Score)
    json.dumps(score.model_dump(mode="python"))
    return score


@pytest.mark.parametrize("kind", [*METHODS, "auto"])
@bounded
@given(gold=TEXT, text=TEXT, source=st.sampled_from(["tool", "message"]), choices=st.lists(TEXT, max_size=4))
def test_every_grader_judges_any_text(kind, gold, text, source, choices):
    first, again = (judged(kind, gold, text, source, tuple(choices)) for _ in range(2))
    assert first.with_(ms=0) == again.with_(ms=0)


@bounded
@given(text=TEXT)
def test_an_answer_equals_itself_as_mathematics(text):
    assert settled(text, text).correct


@bounded
@given(gold=LATEX, answer=LATEX)
def test_the_forms_of_any_two_answers_are_compared(gold, answer):
    ours, theirs = form_of(prepared(gold)), form_of(prepared(answer))
    found = same_form(ours, theirs, lambda one, other: decide(one, other) is True)
    assert isinstance(found, bool)
    assert isinstance(for_algebra(written(ours)), str)


@bounded
@given(text=TEXT, kind=st.sampled_from(sorted(METHODS)))
def test_an_extracted_answer_is_never_longer_than_the_message(text, kind):
    found = extract(Answer(text=text, source="message"), kind)
    assert (found.rule == "none") == (found.text == "")
    assert len(found.text) <= len(text)


UNITS = [
    *(
        "9",
        "{",
        "}",
        "(",
        ")",
        "^",
        "x^",
        "$",
        "-",
        ",",
        "1,",
        "1,000",
        ", ",
        " ",
        "\n",
        "!",
        "=",
        "x=1,",
        "0.3",
        "...",
    ),
    *("Answer:", "####", "<answer>", "<think>", "</think>", "**", "1 ", "a.", "A) ", "or ", ":", "&", "i", "é"),
    *(r"\boxed{", r"\frac", r"\frac{", r"\text{", r"\left(", r"\{", r"\begin{pmatrix}", r"\\", "\\", r"\cup", r"\pm"),
    *("\u200b", "\ud800"),
]


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_a_million_characters_are_judged_by_every_grader(unit):
    for characters in (1_000_000, 19_000, 590):
        text = (unit * (characters // len(unit) + 1))[:characters]
        for kind in ("math", "numeric", "text", "exact", "gaia", "tabmwp", "auto"):
            for source in ("tool", "message"):
                judged(kind, "5", text, source)
        judged("choice", "5", text, "message", ("5", "6"))
        judged("math", text[:2_000], text[:2_000] + "5")
    assert why_too_complex(unit * 1_000_000)


@bounded
@given(line=st.one_of(st.binary(max_size=60), TEXT.map(lambda one: one.encode("utf-8", "surrogatepass"))))
def test_a_line_of_any_bytes_is_a_pair_or_said_to_be_none(line):
    for one in bounded_lines(io.BytesIO(line)):
        with pytest.raises(ValueError, match=r"not|no '"):
            pair_of(one)
