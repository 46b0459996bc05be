import os
import threading

import pytest

from agentopt_core.sandbox.streams import Output, Stream


@pytest.fixture
def changed():
    return threading.Condition()


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", 0) as end:
        yield os.fdopen(reading, "rb", 0), end


def wait(changed, condition):
    with changed:
        assert changed.wait_for(condition, 30)


def test_all_is_counted_and_no_more_than_the_limit_is_kept(pipe, changed):
    reading, writing = pipe
    stream = Stream(reading, changed, 10)
    for _ in range(100):
        writing.write(b"12345678")
    writing.close()
    wait(changed, lambda: stream.has_ended)
    assert (stream.count, bytes(stream.kept)) == (800, b"1234567812")
    assert reading.closed


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_mark_ends_a_part_however_it_arrives_and_is_not_in_it(pipe, changed, size):
    reading, writing = pipe
    output = Output(reading, changed, 100)
    parts = []
    text = b"one<<mark>mark>two"  # it nearly is the mark, and then is
    with changed:
        output.begin_part(100, b"<mark>")
    for begin in range(0, len(text), size):
        writing.write(text[begin : begin + size])
    wait(changed, lambda: output.is_complete)
    with changed:
        parts.append(output.end_part())
        output.begin_part(100, b"<end>")
    writing.write(b"three<end>")
    wait(changed, lambda: output.is_complete)
    with changed:
        parts.append(output.end_part())
    assert parts == [(b"one<", 4), (b"mark>twothree", 13)]


def test_without_its_mark_a_part_is_all_there_is(pipe, changed):
    reading, writing = pipe
    output = Output(reading, changed, 4)
    with changed:
        output.begin_part(4, b"<mark>")
    writing.write(b"abcdef<mar")
    writing.close()
    wait(changed, lambda: output.has_ended)
    with changed:
        assert output.is_complete
        assert output.end_part() == (b"abcd", 10)
