import pytest

from pages.components.mathtext import MAX_FORMULA, answer_with_formulas, formula_of, table_of, with_formulas


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("What is $x^2$?", "What is $x^2$?"),
        ("What is \\(x^2\\)?", "What is $x^2$?"),
        ("$a$ and $b$", "$a$ and $b$"),
        ("A pen is $5, a pad $6.", "A pen is \\$5, a pad \\$6\\."),
        ("From $5-$6 a piece", "From \\$5\\-\\$6 a piece"),
        ("It costs \\$5.", "It costs \\\\\\$5\\."),
        ("One\nTwo", "One  \nTwo"),
    ],
)
def test_formulas_are_set_and_prices_are_not(text, markdown):
    assert with_formulas(text) == markdown


def test_a_displayed_formula_stands_on_lines_of_its_own():
    assert with_formulas("Solve\n$$x = 1$$\nnow").split("\n\n")[1].strip() == "$$\nx = 1\n$$"


@pytest.mark.parametrize(
    "latex",
    [
        "\\href{javascript:alert(1)}{x}",
        "\\def\\x{\\x\\x}\\x",
        "\\rule{9999em}{9999em}",
        "\\htmlClass{a}{b}",
        "\\includegraphics{x}",
        "x" * (MAX_FORMULA + 1),
        "a{b",
        "a`b",
        "x\u202ey",
        "",
    ],
)
def test_what_could_be_more_than_a_formula_is_not_set(latex):
    assert formula_of(latex) == ""


def test_an_answer_in_latex_is_set_without_dollar_signs():
    assert answer_with_formulas("\\frac{1}{2}") == "$\\frac{1}{2}$"
    assert answer_with_formulas("x^2+1") == "$x^2+1$"
    assert answer_with_formulas("1010_2") == "$1010_2$"
    assert answer_with_formulas("my_file") == "my\\_file"
    assert answer_with_formulas("about *5*") == "about \\*5\\*"


def test_a_table_with_bars_between_its_cells_is_found():
    assert table_of("x | y\n1 | 2\n3 | 4") == ("", ["x", "y"], [["1", "2"], ["3", "4"]])
    assert table_of("| x | y |\n|---|---|\n| 1 | 2 |") == ("", ["x", "y"], [["1", "2"]])
    assert table_of("Coins\nx | y\n1 | 2") == ("Coins", ["x", "y"], [["1", "2"]])


@pytest.mark.parametrize("text", ["", "no table", "a | b", "a | b\nc", "a | a\n1 | 2", "a\nb"])
def test_other_texts_are_no_table(text):
    assert table_of(text) is None
