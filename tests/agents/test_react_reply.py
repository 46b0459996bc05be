"""The forms in which models write actions and answers; each is written here by hand."""

import pytest

from agentopt_core.agents.react_reply import Act, FinalAnswer, Invalid, read_turn


def takes(*names: str, **types: str) -> dict:
    """A schema; a name that ends in ? is optional."""
    properties = {name.rstrip("?"): {} for name in names} | {name: {"type": kind} for name, kind in types.items()}
    required = [*(name for name in names if not name.endswith("?")), *types]
    return {"type": "object", "properties": properties, "required": required}


ACTIONS = {
    "python": None,
    "shell": None,
    "area": takes("width", "height"),
    "primes": takes("limit?"),
    "solve": takes("equation", "variable?"),
    "find": takes(city="string"),
}
AREA = {"width": 3, "height": 4}
GIVEN = '{"width": 3, "height": 4}'


def acted(text: str) -> tuple[str, object]:
    turn = read_turn(text, ACTIONS)
    assert isinstance(turn, Act), turn
    return turn.name, turn.input


def reason(text: str) -> str:
    turn = read_turn(text, ACTIONS)
    assert isinstance(turn, Invalid), turn
    return turn.reason


def answer(text: str) -> str:
    turn = read_turn(text, ACTIONS)
    assert isinstance(turn, FinalAnswer), turn
    return turn.answer


@pytest.mark.parametrize(
    "text",
    [
        f"Action: area\nAction Input: {GIVEN}",
        f"Action 7: area\nAction 7 Input: {GIVEN}",
        f"Action 1: area\nAction Input 1: {GIVEN}",
        f"Action #1: area\nAction #1 Input: {GIVEN}",
        f"Action (1): area\nAction (1) Input: {GIVEN}",
        f"Action1: area\nAction1 Input: {GIVEN}",
        f"action 1: area\naction 1 input: {GIVEN}",
        f"Action_1: area\nAction_Input: {GIVEN}",
        f"Action 1： area\nAction 1 Input： {GIVEN}",
        f"Action 1 : area\nAction 1 Input : {GIVEN}",
        f"> Action 1: area\n> Action 1 Input: {GIVEN}",
        f"- Action 1: area\n- Action 1 Input: {GIVEN}",
        f"* **Action 1:** area\n* **Action 1 Input:** {GIVEN}",
        f"1. Action: area\n2. Action Input: {GIVEN}",
        f"### Action 1\narea\n### Action 1 Input\n{GIVEN}",
        f"__Action 1__: area\n__Action 1 Input__: {GIVEN}",
        f"**Action 1: area**\n**Action 1 Input: {GIVEN}**",
        f"`Action 1:` `area`\n`Action 1 Input:` `{GIVEN}`",
        f"   Action 1: area\n   Action 1 Input: {GIVEN}",
        f"Action 1: area\r\nAction 1 Input: {GIVEN}\r\n",
        f"\ufeffAction 1: area\nAction 1 Input: {GIVEN}",
        f"Action 1:\n\narea\nAction 1 Input:\n\n{GIVEN}",
        f"Action 1: area\nInput: {GIVEN}",
        f"Action 1: area\nAction 1 Input (JSON): {GIVEN}",
        f"Action 1: area\nAction 1 Arguments: {GIVEN}",
    ],
)
def test_labels_are_known_in_every_dress(text: str) -> None:
    assert acted(text) == ("area", AREA)


@pytest.mark.parametrize(
    "name",
    ["`area`", "**area**", '"area"', "area.", "area()", "[area]", "<area>", "functions.area", "Area", "area (a tool)"],
)
def test_a_name_is_known_in_marks(name: str) -> None:
    assert acted(f"Action 1: {name}\nAction 1 Input: {GIVEN}") == ("area", AREA)


@pytest.mark.parametrize(
    "text",
    [
        f"Action 1: area Action 1 Input: {GIVEN}",
        f"Action 1: area, Action Input: {GIVEN}",
        f"Action 1: area {GIVEN}",
        f"Action 1: area: {GIVEN}",
        f"Action 1: area\n{GIVEN}",
        f"Action 1: area\n```json\n{GIVEN}\n```",
        "Action 1: area(width=3, height=4)",
        "Action 1: area(3, 4)",
        "Action 1: area[3, 4]",
        f"Action 1: area({GIVEN})",
        "Action 1: area(\n    width=3,\n    height=4,\n)",
        f'Action: {{"action": "area", "action_input": {GIVEN}}}',
        f'Action:\n```json\n{{"name": "area", "arguments": {GIVEN}}}\n```',
        f"Action 1 Input: {GIVEN}\nAction 1: area",
    ],
)
def test_the_input_may_stand_beside_below_or_before_the_name(text: str) -> None:
    assert acted(text) == ("area", AREA)


@pytest.mark.parametrize(
    "given",
    [
        '```json\n{"width": 3, "height": 4}\n```',
        '```\n{"width": 3, "height": 4}\n```\nThat is it.',
        'Here it is:\n```json\n{"width": 3, "height": 4}\n```',
        '```json\n{"width": 3, "height": 4}',
        '{"width": 3, // metres\n "height": 4,}',
        "{'width': 3, 'height': 4}",
        '"{\\"width\\": 3, \\"height\\": 4}"',
        '{"width": 3, "height": 4}\n\nI wait for the observation.',
        'The input is {"width": 3, "height": 4}',
        '`{"width": 3, "height": 4}`',
        "{“width”: 3, “height”: 4}",
        "{width: 3, height: 4}",
        "width=3, height=4",
        "width: 3\nheight: 4",
        "- width: 3\n- height: 4",
        "(width=3, height=4)",
        "area(width=3, height=4)",
        "dict(width=3, height=4)",
        "<width>3</width>\n<height>4</height>",
        '<input>{"width": 3, "height": 4}</input>',
        '{"arguments": {"width": 3, "height": 4}}',
        '{"area": {"width": 3, "height": 4}}',
    ],
)
def test_an_input_is_read_however_its_object_is_written(given: str) -> None:
    assert acted(f"Action 1: area\nAction 1 Input: {given}") == ("area", AREA)


@pytest.mark.parametrize("given", ["x + 1 = 3", '"x + 1 = 3"', "`x + 1 = 3`", 'equation = "x + 1 = 3"'])
def test_bare_text_is_the_only_required_argument(given: str) -> None:
    assert acted(f"Action 1: solve\nAction 1 Input: {given}") == ("solve", {"equation": "x + 1 = 3"})


def test_bare_text_stays_text_where_the_schema_wants_text() -> None:
    assert acted("Action 1: find\nAction 1 Input: 1984") == ("find", {"city": "1984"})


@pytest.mark.parametrize("text", ["Action 1: primes", "Action 1: primes()", "Action 1: primes\nAction 1 Input: None"])
def test_an_action_that_needs_nothing_needs_no_input(text: str) -> None:
    assert acted(text) == ("primes", {})


@pytest.mark.parametrize(
    "text",
    [
        "Action 1: python\nAction 1 Input: x = 2\nprint(x)",
        "Action 1: python\nAction 1 Input:\nx = 2\nprint(x)",
        "Action 1: python\nAction 1 Input:\n    x = 2\n    print(x)",
        "Action 1: python\nAction 1 Input: ```python\nx = 2\nprint(x)\n```",
        "Action 1: python\nAction 1 Input:\n```\nx = 2\nprint(x)\n```\nThis prints 2.",
        "Action 1: python\nAction 1 Input: python\nx = 2\nprint(x)",
        "Action 1: python\nAction 1 Input:\n```python\nx = 2\nprint(x)",
        "Action 1: python\n```python\nx = 2\nprint(x)\n```",
        "Action 1: python\nx = 2\nprint(x)",
        "Action 1:\n```python\nx = 2\nprint(x)\n```",
        'Action 1: python\nAction 1 Input: {"code": "x = 2\\nprint(x)"}',
        'Action 1: python\nAction 1 Input: code="x = 2\\nprint(x)"',
        'Action 1: python\nAction 1 Input: "x = 2\\nprint(x)"',
        "Action 1: python\nAction 1 Input: x = 2\\nprint(x)",
        "Action 1: python\nAction 1 Input: <code>\nx = 2\nprint(x)\n</code>",
        "Action 1: python\nAction 1 Input: x = 2\nprint(x)\n\nI will wait for the observation.",
        "Action 1: python\nAction 1 Input: x = 2\nprint(x)\nObservation 1: 2\nFINAL ANSWER: 2",
        "```\nAction 1: python\nAction 1 Input: x = 2\nprint(x)\n```",
    ],
)
def test_code_is_found_however_it_is_wrapped(text: str) -> None:
    assert acted(text) == ("python", "x = 2\nprint(x)")


def test_a_comment_in_code_is_no_label() -> None:
    code = "# Final answer: the sum\nprint(1)\n# Action: none"
    assert acted(f"Action 1: python\nAction 1 Input:\n```python\n{code}\n```") == ("python", code)
    assert acted(f"Action 1: python\nAction 1 Input: {code}") == ("python", code)


def test_a_label_inside_a_printed_text_is_no_label() -> None:
    code = 'print("""\nFINAL ANSWER: 1\n""")'
    assert acted(f"Action 1: python\nAction 1 Input:\n```python\n{code}\n```") == ("python", code)


def test_a_shell_takes_its_command_without_prompt_and_fence() -> None:
    assert acted("Action 1: shell\nAction 1 Input:\n```bash\n$ ls -l\n```") == ("shell", "ls -l")
    assert acted('Action 1: shell\nAction 1 Input: {"command": "ls -l"}') == ("shell", "ls -l")


@pytest.mark.parametrize(
    "rest",
    [
        "Observation 1: 12\nThought: good\nFINAL ANSWER: 12",
        "FINAL ANSWER: 12",
        "Action 2: primes\nAction 2 Input: {}",
        "Thought: now I wait",
    ],
)
def test_the_first_action_decides_and_what_follows_it_is_not_said(rest: str) -> None:
    turn = read_turn(f"Thought: go\nAction 1: area\nAction 1 Input: {GIVEN}\n{rest}", ACTIONS)
    assert isinstance(turn, Act)
    assert turn.said == f"Thought: go\nAction 1: area\nAction 1 Input: {GIVEN}"


def test_an_observation_before_the_first_action_is_skipped() -> None:
    assert acted(f"Observation 1: 12\nThought: next\nAction 2: area\nAction 2 Input: {GIVEN}") == ("area", AREA)


def test_thoughts_in_tags_are_not_read() -> None:
    assert answer("<think>FINAL ANSWER: 3\nAction 1: area</think>\nFINAL ANSWER: 4") == "4"
    assert reason("<think>FINAL ANSWER: 3") == "empty"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FINAL ANSWER: 42", "42"),
        ("Final Answer: 42.", "42"),
        ("final answer： 42", "42"),
        ("**FINAL ANSWER: 42**", "42"),
        ("## Final answer\n\n42\n", "42"),
        ("FINAL_ANSWER: 42", "42"),
        ("FINAL ANSWER 42", "42"),
        ("FINAL ANSWER = 42", "42"),
        ("Final answer is: 42", "42"),
        ("FINAL ANSWER (in cups): 42", "42"),
        ("FINAL ANSWER:\n```\n42\n```", "42"),
        ("FINAL ANSWER: `42`", "42"),
        ('FINAL ANSWER: "forty two"', "forty two"),
        ("FINAL ANSWER: $\\boxed{\\frac{1}{2}}$", "\\frac{1}{2}"),
        ("FINAL ANSWER: \\[\\boxed{42}\\]", "42"),
        ("FINAL ANSWER: <answer>42</answer>", "42"),
        ("FINAL ANSWER: 9:45 A.M.", "9:45 A.M."),
        ("FINAL ANSWER: -5", "-5"),
        ("FINAL ANSWER: **42** cups", "42 cups"),
        ("FINAL ANSWER: 2**10", "2**10"),
        ("FINAL ANSWER: $12.50", "$12.50"),
        ("FINAL ANSWER: 42\nbecause 6 x 7", "42"),
        ("FINAL ANSWER: 41\nThought: no\nFINAL ANSWER: 42", "42"),
        ("FINAL ANSWER: 42\nFINAL ANSWER:", "42"),
        ("FINAL ANSWER: 42\nObservation 1: 7\nFINAL ANSWER: 43", "42"),
        ('Action: final_answer\nAction Input: {"answer": "42"}', "42"),
        ("Action: Final Answer\nAction Input: 42", "42"),
        ("Action 3: Finish[42]", "42"),
    ],
)
def test_an_answer_is_found_however_it_is_written(text: str, expected: str) -> None:
    assert answer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("The area is 12.", "no_label"),
        ("Thought: the FINAL ANSWER: 12 is near", "no_label"),
        ("Thought: the next action: area", "no_label"),
        ("Actions speak louder: area", "no_label"),
        (f"Action 1 Input: {GIVEN}", "no_label"),
        ("Azione 1: area\nInput azione 1: {}", "no_label"),
        ("Action 1:\nAction 1 Input: {}", "unknown_action"),
        ("Action 1: volume\nAction 1 Input: {}", "unknown_action"),
        ("Action 1: volume(a=1)", "unknown_action"),
        ("Action 1: area and primes\nAction 1 Input: {}", "unknown_action"),
        ("Action 1: I call the area function\nAction 1 Input: {}", "unknown_action"),
        ("Action 1: None\nFINAL ANSWER: 12", "unknown_action"),
        ("Action 1: area", "missing_input"),
        ("Action 1: area\nI will wait.", "missing_input"),
        ("Action 1: python", "missing_input"),
        ("Action 1: python\nI will compute.", "missing_input"),
        ("Action 1: area\nAction 1 Input:", "missing_argument"),
        ('Action 1: area\nAction 1 Input: {"width": 3}', "missing_argument"),
        ("Action 1: area()", "missing_input"),
        ("Action 1: python\nAction 1 Input:", "missing_argument"),
        ("Action 1: python\nAction 1 Input: ```python\n```", "missing_argument"),
        ("Action 1: area\nAction 1 Input: 3 by 4", "bad_input"),
        ('Action 1: area\nAction 1 Input: {"width": 3, "hei', "bad_input"),
        ("Action 1: area\nAction 1 Input: [3, 4]", "bad_input"),
        ("Action 1: area(width=w, height=4)", "bad_input"),
        ("FINAL ANSWER:", "empty_answer"),
        ("FINAL ANSWER: **", "empty_answer"),
    ],
)
def test_what_asks_for_nothing_says_why(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_an_unknown_action_is_told_which_there_are() -> None:
    turn = read_turn("Action 1: volume\nAction 1 Input: {}", ACTIONS)
    assert isinstance(turn, Invalid)
    assert "volume" in turn.told
    assert "area, primes, solve" in turn.told


@pytest.mark.parametrize(
    "text",
    [
        "*" * 200_000,
        "# " * 100_000,
        "Action " * 60_000,
        "Action 1: " + "(" * 100_000,
        "Action 1: area\nAction 1 Input: " + "[" * 100_000,
        "Action 1: area\nAction 1 Input: " + "width=" * 20_000,
        "Action 1: area\nAction 1 Input: x" + "\n" * 90_000 + "x",
        "Action 1: solve\nAction 1 Input: " + "<a>" * 30_000,
        "Action 1: python\nAction 1 Input: " + "(" * 100_000,
        "Action 1: python\nAction 1 Input: " + "```\n" * 30_000,
        "FINAL ANSWER: " + "\\boxed{" * 30_000,
        "FINAL ANSWER: " + "$" * 100_000,
        "Action 1: area\n" * 20_000,
        "\ud800Action 1: area\nAction 1 Input: \ud800",
        'Action 1: area\nAction 1 Input: {"width": 1e999, "height": NaN}',
    ],
)
def test_no_text_is_too_much_for_it(text: str) -> None:
    # What would look at the text again and again for each of its characters would not come back here.
    assert isinstance(read_turn(text, ACTIONS), Act | FinalAnswer | Invalid)
