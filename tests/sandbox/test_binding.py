import pytest

from agentopt_core.sandbox.zygote.binding import BadArguments, bind


def call(function, **arguments):
    positional, keywords = bind(function, function.__name__, arguments)
    return function(*positional, **keywords)


def plain(a, b=2):
    return [a, b]


def keyword_only(a, *, b):
    return [a, b]


def positional_only(a, b=2, /, c=3):
    return [a, b, c]


def spread(a, b=2, *rest, c=3):
    return [a, b, list(rest), c]


def anything(a, **others):
    return [a, others]


@pytest.mark.parametrize(
    ("function", "arguments", "value"),
    [
        (plain, {"a": 1}, [1, 2]),
        (plain, {"b": 3, "a": 1}, [1, 3]),
        (keyword_only, {"a": 1, "b": 2}, [1, 2]),
        (positional_only, {"a": 1, "c": 5}, [1, 2, 5]),
        (spread, {"a": 1}, [1, 2, [], 3]),
        (spread, {"a": 1, "rest": [7, 8], "c": 9}, [1, 2, [7, 8], 9]),
        (anything, {"a": 1, "x": 2}, [1, {"x": 2}]),
    ],
)
def test_arguments_by_name_fill_every_kind_of_parameter(function, arguments, value):
    assert call(function, **arguments) == value


@pytest.mark.parametrize(
    ("function", "arguments", "sentence"),
    [
        (plain, {}, "plain() misses 'a'. It takes 'a', 'b'."),
        (plain, {"a": 1, "c": 2}, "plain() does not take 'c'. It takes 'a', 'b'."),
        (keyword_only, {}, "keyword_only() misses 'a', 'b'. It takes 'a', 'b'."),
        (spread, {"a": 1, "rest": 5}, "spread() takes 'rest' as a list."),
        (lambda: 1, {"x": 1}, "<lambda>() does not take 'x'. It takes no arguments."),
    ],
)
def test_arguments_that_do_not_fit_are_named_in_a_sentence(function, arguments, sentence):
    with pytest.raises(BadArguments) as refusal:
        call(function, **arguments)
    assert str(refusal.value) == sentence


def test_a_builtin_without_a_signature_is_called_as_it_is():
    assert bind(min, "min", {"default": 1}) == ([], {"default": 1})
