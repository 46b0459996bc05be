import re
from html.parser import HTMLParser

from agentopt_core.reports.diff import LINES, Note, diff_rows, folded, side_by_side
from tests.pages.fakes import FIRST, SECOND


def text_of(page: str) -> str:
    class Words(HTMLParser):
        words = ""
        depth = 0

        def handle_starttag(self, tag, attrs):
            self.depth += tag == "style"

        def handle_endtag(self, tag):
            self.depth -= tag == "style"

        def handle_data(self, data):
            self.words += "" if self.depth else data

    parser = Words()
    parser.feed(page)
    return parser.words


def tags_of(page: str) -> set[str]:
    return set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", page))


def test_lines_are_paired_and_marked_as_same_changed_removed_or_added():
    rows = diff_rows("a\nb\nc", "a\nB\nc\nd", "text")
    assert [row.kind for row in rows] == ["same", "changed", "same", "added"]
    assert [(row.left.number if row.left else None, row.right.number if row.right else None) for row in rows] == [
        (1, 1),
        (2, 2),
        (3, 3),
        (None, 4),
    ]


def test_the_words_that_changed_within_a_line_are_marked():
    [row] = diff_rows("total = price + tax", "total = price * tax", "python")
    assert row.right is not None
    assert row.right.changed == [(14, 15)]


def test_both_whole_texts_can_be_read_off_the_diff():
    shown = text_of(side_by_side(FIRST, SECOND, ("v1", "v2")))
    for line in (*FIRST.splitlines(), *SECOND.splitlines()):
        assert line.strip() in shown


def test_a_side_that_does_not_exist_is_empty():
    rows = diff_rows("", "x = 1\ny = 2", "python")
    assert [row.right.number for row in rows if row.right] == [1, 2]
    assert [row.kind for row in rows] == ["added", "added"]


def test_nothing_in_a_diff_is_markup():
    bad = "</td></table><script>alert(1)</script><img src=x onerror=alert(2)> & &lt;b&gt;"
    page = side_by_side(f"# {bad}\ns = '{bad}'", bad, (bad, bad))
    assert tags_of(page) <= {
        "style",
        "div",
        "table",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "span",
        "p",
    }
    assert bad in text_of(page)


def test_characters_that_would_reorder_code_are_shown_in_the_diff():
    assert "⟨U+202E⟩" in text_of(side_by_side("", "x = 1 #\u202e", ("nothing", "v1")))


def test_long_unchanged_stretches_are_folded():
    before = "\n".join(f"line {number}" for number in range(200))
    rows = list(folded(diff_rows(before, before + "\nend", "text")))
    assert 190 in rows
    assert len(rows) == 12


def test_a_huge_text_is_cut_and_the_page_says_so():
    page = side_by_side("", "x = 1\n" * 50_000 + "#" + "A" * 100_000, ("nothing", "v1"))
    assert len(page) < 400_000
    assert f"Cut to {LINES} lines" in page


def test_a_note_stands_below_its_line_with_a_sign_and_is_never_markup():
    page = side_by_side(
        "a\nb", "a\nc\nd", ("v1", "v2"), "text", {2: [Note("<b>fixed</b> t3", "fixed")], 3: [Note("why?")]}
    )
    shown = text_of(page)
    assert "<b>fixed</b> t3" in shown
    assert shown.index("✓ <b>fixed</b> t3") < shown.index("? why?")


def test_a_line_with_a_note_is_not_folded_away():
    text = "\n".join(f"line {number}" for number in range(1, 200))
    assert "? Look here." in text_of(
        side_by_side(text, text + "\nend", ("v1", "v2"), "text", {100: [Note("Look here.")]})
    )
