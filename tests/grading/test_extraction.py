import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt_core.grading import Extraction, StandardGrader, answer_of_message, extract, final_answer_of
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import Task

from .shared import records

KINDS = ("auto", "exact", "text", "numeric", "choice", "math", "gaia")


def call(arguments, name="final_answer"):
    return {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize("number", range(30))
def test_answers_are_found_where_real_models_put_them(number):
    line = records("replies/agent_messages_dev.jsonl")[number]
    if line["policy"]:
        pytest.skip("a debatable label")
    found = answer_of_message(line["content"], line["tool_calls"], line["kind"], line["options"])
    assert found == Extraction(line["expected_answer"], line["rule"])
    task = Task(
        id="t", question="q", answer=line["gold"], answer_type=line["kind"], choices=tuple(line["options"] or ())
    )
    answer = Answer(text=found.text, source="tool" if found.text else "none")
    assert StandardGrader().judge(task, answer).correct == line["expected_correct"]


@pytest.mark.parametrize(
    ("kind", "message", "text", "rule"),
    [
        ("numeric", "**Final Answer:**\n42", "42", "marker"),
        ("numeric", "### Final Answer\n\n42.", "42", "marker"),
        ("numeric", "FINAL ANSWER:\n\n$$42$$", "42", "marker"),
        ("numeric", "The answer is **42**.", "42", "marker"),
        ("numeric", "The answer is 42. I am sure of it.", "42", "marker"),
        ("text", 'FINAL ANSWER: "yes".', "yes", "marker"),
        ("text", "Answer：yes", "yes", "marker"),
        ("numeric", "Long text.\n#### 1,234", "1,234", "marker"),
        ("numeric", "#### Step one\nThere are 4 apples and two pears", "4", "last_number"),
        ("math", r"Hence $\boxed{\frac{1}{2}}$ and $\boxed{\{1,2\}}$.", r"\{1,2\}", "boxed"),
        ("math", r"\boxed{3} is lost in \boxed{4", "3", "boxed"),
        ("math", r"The area is \boxed 5", "5", "boxed"),
        ("numeric", "Answer: 4. No, wait: \\boxed{5}", "5", "boxed"),
        ("numeric", "I had \\boxed{15}, which is wrong.\nFINAL ANSWER: 16", "16", "marker"),
        ("numeric", "So we get 10-3 and that is it", "3", "last_number"),
        ("numeric", "It fell to -7 degrees during that night", "-7", "last_number"),
        ("numeric", "All in all it costs $1,234.50 today.", "1,234.50", "last_number"),
        ("math", r"The probability we look for is \frac{3}{4} here", r"\frac{3}{4}", "last_number"),
        ("text", "I compared both of the sums and they are the same to me.", "", "none"),
        ("numeric", "no number was found by me, sorry", "", "none"),
        ("numeric", "<think>It may be 7", "", "none"),
        ("numeric", "It may be 7</think>It is 8 in the end, I think", "8", "last_number"),
        ("text", "", "", "none"),
    ],
)
def test_the_later_of_box_and_marker_wins_then_the_whole_then_the_last_number(kind, message, text, rule):
    assert answer_of_message(message, None, kind) == Extraction(text, rule)


def test_a_long_choice_repeated_word_by_word_is_an_answer():
    choice = "the line goes up first and then it goes down until the end of the year"
    assert answer_of_message(f"{choice.capitalize()}.", None, "choice", [choice, "other"]).rule == "whole"
    assert answer_of_message(f"{choice.capitalize()}.", None, "choice", ["one", "other"]).rule == "none"


def test_content_may_come_in_parts_and_only_text_parts_count():
    parts = [{"type": "text", "text": "Answer:"}, {"type": "image_url", "text": "no"}, {"type": "text", "text": "yes"}]
    assert answer_of_message(parts, None, "text") == Extraction("yes", "marker")


def test_the_last_usable_final_answer_call_wins_over_the_text():
    calls = [call('{"answer": "Milan"}'), call('{"answer": "Rome"}'), call("{}"), call('{"x": 1}', "search")]
    assert answer_of_message("FINAL ANSWER: Oslo", calls, "text") == Extraction("Rome", "tool")


def test_a_message_that_calls_another_tool_has_not_answered():
    assert answer_of_message("FINAL ANSWER: 9", [call('{"values": [9]}', "mean")], "numeric").rule == "none"


def test_a_final_answer_call_without_an_answer_leaves_the_text_to_decide():
    assert answer_of_message("FINAL ANSWER: 9", [call("{}")], "numeric") == Extraction("9", "marker")


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ('{"answer": 7.0}', "7.0"),
        ('{"answer": 1e400}', "1e400"),
        ('{"answer": "a",} // done', "a"),
        ("{'answer': 'b', }", "b"),
        ('"{\\"answer\\": 5}"', "5"),
        ('{"answer": ["a", 2]}', "a, 2"),
        ('{"answer": true}', "true"),
        ('```json\n{"answer": "x"}\n```', "x"),
        ('{"answer": "x"} and some words', "x"),
        (r'{"answer": "\frac{1}{2}"}', r"\frac{1}{2}"),
        (r'{"answer": "\sqrt{2}"}', r"\sqrt{2}"),
        ("42", "42"),
        ("Paris", "Paris"),
        ("answer: 5", "5"),
        ("1,234", "1,234"),
        ("{1, 2}", "{1, 2}"),
        ("{'answer': {1, 2}}", "{1, 2}"),
        ('"[0, 1)"', "[0, 1)"),
        ("```\nParis is nice\n```", "Paris is nice"),
        (r'{"answer": "\\sqrt{2} + \alpha"}', r"\sqrt{2} + \alpha"),
        ('{"answer": "http://a/b, ]"}', "http://a/b, ]"),
    ],
)
def test_the_arguments_of_final_answer_are_read_as_models_write_them(arguments, answer):
    assert final_answer_of(arguments) == answer


@pytest.mark.parametrize(
    "arguments", ["", "{}", "null", '{"answer": ""}', '{"answer": null}', '{"answer": "Par', '{"x": 5}']
)
def test_arguments_without_an_answer_hold_none(arguments):
    assert final_answer_of(arguments) is None


def test_what_ended_without_an_answer_has_none():
    assert extract(Answer(), "text").rule == "none"
    assert extract(Answer(text="  ", source="tool"), "text").rule == "none"


marks = r"""\boxed{ } answer: FINAL#### #### <think> </think> $ " { 1,234 \frac{1}{2} ** ` . - \text{ [ ' ９"""
pieces = st.sampled_from([*marks.split(" "), "FINAL ANSWER:", " ", "\n", "\ud800", "\0"])
hostile = st.one_of(st.text(), st.lists(pieces).map("".join))


@given(hostile, st.sampled_from(KINDS))
@settings(max_examples=200, deadline=None)
def test_any_message_is_searched_without_an_error_and_none_means_empty(message, kind):
    found = answer_of_message(message, None, kind)
    assert (found.rule == "none") == (found.text == "")


@given(hostile)
@settings(max_examples=200, deadline=None)
def test_any_arguments_are_read_without_an_error(arguments):
    for text in (arguments, '{"answer": ' + arguments, '{"answer": "' + arguments + '"}'):
        assert final_answer_of(text) is None or final_answer_of(text)


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
@settings(max_examples=100, deadline=None)
def test_a_message_of_any_shape_is_no_error(value):
    answer_of_message(value, value, "numeric")
    answer_of_message(None, [call(value)], "text")


@pytest.mark.parametrize(
    "unit",
    [
        "<think>",
        "\\boxed{",
        "answer: ",
        "answer:\n\n",
        "#",
        "{",
        "((",
        "1,",
        "1 ",
        " ",
        '"',
        "`",
        "\\text{",
        ". A",
        "/*",
    ],
)
def test_long_repetitions_are_searched_to_an_end(unit):
    text = (unit * 200_000)[:200_000]
    for kind in ("numeric", "text"):
        assert answer_of_message(text, None, kind).rule in ("boxed", "marker", "whole", "last_number", "none")
    final_answer_of('{"answer": "' + text)
