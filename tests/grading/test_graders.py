import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt_core.grading import METHODS, Method, StandardGrader, check_gold, kind_of
from agentopt_core.grading.numbers import parse_number
from agentopt_core.grading.verdict import Verdict
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import Task

from .shared import graded, records

LETTERED = ("(A) linear", "(B) nonlinear")


def test_the_labelled_pairs_of_numbers_texts_and_choices_are_all_judged_right():
    cases = [case for case in records("grader_cases.jsonl") if not case.get("policy")]
    cases = [case for case in cases if case["kind"] in ("numeric", "choice", "text", "gaia", "message", "hostile")]
    wrong = []
    for case in cases:
        read = case["kind"] in ("message", "hostile")
        score = graded(
            "auto" if read else case["kind"],
            str(case["gold"]),
            str(case["prediction"]),
            "message" if read else "tool",
            unit=case.get("unit") or "",
            choices=tuple(case.get("choices") or ()),
        )
        if score.correct != case["expected"]:
            wrong.append((case["id"], score.reason))
    assert cases
    assert wrong == []


def test_no_labelled_wrong_formula_passes_as_math():
    cases = [case for case in records("grader_cases.jsonl") if case["kind"] == "math" and not case["expected"]]
    assert [case["id"] for case in cases if graded("math", case["gold"], case["prediction"]).correct] == []


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("1234.5", "$1,234.50"),
        ("1,000", "1000."),
        ("25", "25%"),
        ("0.75", "3/4"),
        ("1.75", "1 3/4"),
        ("3.5", "3½"),
        ("-3", "− 3"),
        ("-5", "$-5"),
        ("1000", "1e3"),
        ("6.02e23", r"6.02 \times 10^{23}"),
        ("17000", "17 thousand"),
        ("72", "72 clips"),
        ("3", "x = 3"),
        ("3", r"$\frac{6}{2}$"),
        ("0.33", "1/3"),
        ("4.67", "4.666666667"),
        ("14.142135", "14.142"),
        ("3", "3.0000000001"),
        ("1234567", "1 234 567"),
        ("7", r"\$7"),
    ],
)
def test_numbers_are_equal_however_they_are_written(gold, answer):
    assert graded("numeric", gold, answer).correct


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("0.25", "25%"),
        ("5", "-5"),
        ("5", "5 or 6"),
        ("5", "5 or more"),
        ("17", "17 thousand"),
        ("123", "1,23"),
        ("1234", "1.234"),
        ("1000", "1_000"),
        ("5", "٥"),
        ("3", "3.4"),
        ("123456", "123457"),
        ("10432.17", "10432.18"),
        ("0", "0.00001"),
        ("5 cm", "5 m"),
        ("230", "2:30"),
        ("1", "inf"),
        ("0", "1/0"),
        ("5", "five"),
        ("5", "9" * 5000),
        ("5", "1e999999999"),
        ("5", "10^999999"),
    ],
)
def test_another_number_and_what_is_no_number_is_wrong(gold, answer):
    assert not graded("numeric", gold, answer).correct


def test_a_unit_may_be_left_out_but_not_be_another_one():
    assert graded("numeric", "5", "5 farms", unit="farms").correct
    assert graded("numeric", "5", "5", unit="farms").correct
    assert graded("numeric", "5", "$5", unit="dollars").correct
    assert not graded("numeric", "5", "5 cows", unit="farms").correct


def test_a_tolerance_is_absolute_and_replaces_rounding():
    assert graded("numeric", "3.14", "3.2", tolerance=0.1).correct
    assert not graded("numeric", "100", "100.005", tolerance=0.001).correct
    assert graded("numeric", "100", "100.005").correct


@pytest.mark.parametrize("gold", ["nan", "inf", "", "ten"])
def test_a_gold_that_is_no_number_is_not_right_against_itself(gold):
    assert not check_gold(Task(id="t", question="q", answer=gold, answer_type="numeric")).correct


@given(st.text(), st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_is_judged_as_a_number_without_an_error(gold, answer):
    score = graded("numeric", gold, answer)
    assert score.correct == graded("numeric", gold, answer).correct
    assert score.reason


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_every_whole_number_equals_itself_with_commas_and_differs_from_the_next(number):
    assert graded("numeric", str(number), f"{number:,}").correct
    assert not graded("numeric", str(number), str(number + 1)).correct


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2))
def test_every_amount_equals_itself_and_differs_from_one_cent_more(amount):
    assert graded("numeric", str(amount), f"${amount:,}").correct
    assert not graded("numeric", str(amount), str(amount + type(amount)("0.01"))).correct


@given(st.text(alphabet="0123456789.,eE+-/ %$x×^{}\\frac", max_size=60))
@settings(max_examples=300, deadline=None)
def test_number_like_text_is_read_or_refused_within_bounds(text):
    number = parse_number(text)
    assert number is None or number.value.denominator > 0


@pytest.mark.parametrize(
    "answer",
    [
        "B",
        "b",
        "(B)",
        "B.",
        "Option B",
        "nonlinear.",
        "Nonlinear",
        "(B) nonlinear",
        "B: nonlinear",
        "nonlinear (B)",
        r"\text{B}",
    ],
)
def test_a_choice_is_named_by_text_letter_or_both(answer):
    assert graded("choice", "nonlinear", answer, choices=LETTERED).correct
    assert graded("choice", "B", answer, choices=("linear", "nonlinear")).correct


@pytest.mark.parametrize(
    "answer",
    ["A", "linear", "(A) nonlinear", "(B) linear", "A or B", "linear or nonlinear", "C", "nonlin", "not linear"],
)
def test_hedges_contradictions_and_near_misses_name_no_choice(answer):
    assert not graded("choice", "nonlinear", answer, choices=LETTERED).correct


def test_a_gold_that_is_none_of_the_choices_is_reported():
    score = check_gold(Task(id="t", question="q", answer="green", choices=("red", "blue")))
    assert not score.correct
    assert "none of the choices" in score.reason


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("yes", "Yes."),
        ("9:45 A.M.", "9:45 am"),
        ("seagull", "sea gull"),
        ("New York", "new-york"),
        ("café", "cafe\u0301"),
    ],
)
def test_texts_are_equal_whatever_their_case_space_and_punctuation(gold, answer):
    assert graded("text", gold, answer).correct


@pytest.mark.parametrize(
    ("gold", "answer"),
    [("C++", "C"), ("-5", "5"), ("3.5", "35"), ("1 2", "12"), ("5%", "5"), ("ab", "ba"), (".5", "5"), ("???", "!!!")],
)
def test_signs_that_carry_meaning_are_not_punctuation(gold, answer):
    assert not graded("text", gold, answer).correct


def test_exact_answers_are_compared_character_by_character():
    assert graded("exact", "2023-10-25", " 2023-10-25\n").correct
    assert not graded("exact", "Yes", "yes").correct


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"\frac{3}{4}", r"$\dfrac34$"),
        (r"\frac{\pi}{2}", r"\pi/2"),
        ("(1,2)", r"\left( 1, 2 \right)"),
        ("x^2+1", "x^{2} + 1"),
        (r"90^\circ", "90"),
        (r"\frac{7}{2}", r"3\frac{1}{2}"),
        ("0.001", "10^{-3}"),
        ("[1,2]", r"x \in [1,2]"),
    ],
)
def test_latex_is_equal_but_for_its_writing(gold, answer):
    score = graded("math", gold, answer)
    assert score.correct
    assert score.method == "math"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("(1,2)", "(2,1)"),
        ("[1,2)", "(1,2]"),
        (r"\frac{1}{3}", "0.3333333333"),
        ("50", r"5000\%"),
        ("5", "9^{9^{9^9}}"),
        ("4_8", "4_9"),
    ],
)
def test_other_latex_is_wrong(gold, answer):
    assert not graded("math", gold, answer).correct


@pytest.mark.parametrize(
    ("gold", "choices", "kind"),
    [
        ("42", (), "numeric"),
        ("$1,234.50", (), "numeric"),
        ("3/4", (), "numeric"),
        ("007", (), "text"),
        ("nan", (), "text"),
        ("2023-10-25", (), "text"),
        ("Paris", (), "text"),
        (r"\frac{3}{4}", (), "numeric"),
        (r"2\sqrt{3}", (), "math"),
        ("(1, 2)", (), "math"),
        ("42", ("41", "42"), "choice"),
    ],
)
def test_auto_chooses_the_grader_from_choices_and_gold(gold, choices, kind):
    assert kind_of(Task(id="t", question="q", answer=gold, choices=choices)) == kind


@pytest.mark.parametrize(
    "answer", [r"12\text{ cm}", r"12 \mathrm{cm}^2", r"12\,\text{square feet}", r"\frac{24}{2}\text{ hours}"]
)
def test_a_unit_in_words_behind_a_formula_may_be_given_where_the_gold_has_none(answer):
    assert graded("math", "12", answer).correct


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("12", r"12\text{ million}"),
        ("12", r"12\text{ or more}"),
        ("12", r"12x\text{ cm}"),
        (r"12\text{ m}^2", r"12\text{ cm}^2"),
    ],
)
def test_words_that_change_a_formula_are_no_unit(gold, answer):
    assert not graded("math", gold, answer).correct


def test_an_alias_is_as_good_as_the_gold():
    assert graded("text", "United Kingdom", "UK", aliases=("UK", "Britain")).correct


def test_a_score_says_how_the_answer_was_found_and_why_it_is_right():
    score = graded("auto", "42", "Therefore the total is 42.", "message")
    assert (score.correct, score.method, score.extracted, score.rule) == (True, "numeric", "42", "last_number")
    assert score.reason == "42 equals the gold 42."
    assert score.ms > 0


def test_no_answer_is_wrong_and_called_so():
    score = graded("numeric", "42", "", "none")
    assert (score.correct, score.rule, score.reason) == (False, "none", "No answer was given.")


def test_a_task_without_gold_is_never_right():
    score = StandardGrader().judge(Task(id="t", question="q"), Answer(text="", source="tool"))
    assert not score.correct


def test_a_huge_answer_is_wrong_unread_and_not_kept():
    score = graded("text", "a", "b" * 1_000_000)
    assert not score.correct
    assert len(score.extracted) == 2_000
    assert len(score.reason) < 200


def test_reasons_are_one_printable_line():
    reason = graded("text", "yes", "no\n\x1b[31m<b>\u202e" + "x" * 500).reason
    assert reason.isprintable()
    assert len(reason) < 200


@given(st.sampled_from(sorted(METHODS)), st.text(), st.text(), st.lists(st.text(min_size=1), max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_grader_raises_for_any_text(kind, gold, answer, choices):
    assert graded(kind, gold, answer, "message", choices=tuple(choices)).reason


def test_a_way_of_grading_can_be_replaced():
    grader = StandardGrader(methods={"math": Method("always", lambda task, gold, answer: Verdict(True, "So it is."))})
    score = grader.judge(Task(id="t", question="q", answer="1", answer_type="math"), Answer(text="2", source="tool"))
    assert (score.correct, score.method) == (True, "always")
