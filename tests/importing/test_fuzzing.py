"""Anything at all under any ending: a draft or a sentence, never another exception."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.importing.archives import zipped
from tests.importing.helpers import jsonl, read_or_refused
from tests.importing.test_formats import GAIA, MATH, gaia, problem, tabmwp

ENDINGS = ("jsonl", "ndjson", "json", "csv", "tsv", "tab", "txt", "zip", "parquet", "xlsx", "xls", "bin", "")
SOUND = {
    "gsm8k.jsonl": jsonl({"question": "Q?", "answer": "So.\n#### 3"}, {"question": "R?", "answer": "So.\n#### 4"}),
    "prm800k.jsonl": jsonl(problem(1, answer="1", subject="Algebra", unique_id="a"), {}),
    "math.json": json.dumps(problem(1)).encode(),
    "MATH.zip": zipped(MATH),
    "problems.json": json.dumps({"1": tabmwp(1)}).encode(),
    "metadata.jsonl": jsonl(gaia(1), gaia(2, file_name="x.png")),
    "GAIA.zip": zipped(GAIA),
    "own.csv": b'id,question,answer,choices,tolerance\n1,"a, ""b""",1,x|1,0.5\n2,c,2,,\n',
    "own.tsv": b"question\tanswer\nQ\tA\n",
    "list.json": b'[{"question": "Q", "answer": 7.0, "meta": {"deep": [1, {"a": null}]}}]',
}


@given(st.sampled_from(ENDINGS), st.binary(max_size=400))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_bytes_under_any_ending(ending, data):
    read_or_refused(f"a.{ending}", data)


@pytest.mark.parametrize("name", SOUND)
def test_every_beginning_of_a_file_of_every_format(name):
    sound = SOUND[name]
    for length in range(0, len(sound), max(1, len(sound) // 60)):
        read_or_refused(name, sound[:length])


@given(st.sampled_from(sorted(SOUND)), st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_files_of_every_format_with_something_else_in_between(name, data):
    sound = SOUND[name]
    at = data.draw(st.integers(0, len(sound)))
    kept = data.draw(st.integers(at, min(len(sound), at + 20)))
    read_or_refused(name, sound[:at] + data.draw(st.binary(max_size=20)) + sound[kept:])


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
KEYS = sorted(
    {*problem(1), *tabmwp(1), *gaia(1), "id", "answer", "subject", "unique_id", "attachments", "meta", "split"}
)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=12), min_size=1, max_size=3), st.booleans())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_records_with_the_keys_of_known_formats_and_anything_in_them(records, keyed):
    whole = {str(number): record for number, record in enumerate(records)} if keyed else records
    read_or_refused("a.json", json.dumps(whole).encode())
    read_or_refused("a.jsonl", jsonl(*records))


@pytest.mark.parametrize("depth", [500, 900, 2_000, 100_000])
@pytest.mark.parametrize("key", ["question", "answer", "meta", "note", "attachments", "choices"])
def test_records_nested_without_end(depth, key):
    for inner in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        row = f'{{"question": "Q", "answer": "A", "{key}2": 1, "{key}": {inner}}}'
        good = '{"question": "Good", "answer": "A"}'
        draft = read_or_refused("a.jsonl", f"{row}\n{good}\n".encode())
        assert draft is not None, "the good row is kept"
        read_or_refused("a.json", f"[{row}]".encode())
