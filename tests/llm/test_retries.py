"""When to try again, and after how long."""

import pytest

from agentopt_core.llm.failures import Failure, error_fields, meaning, retry_after_s
from agentopt_core.llm.retries import RetryPolicy

POLICY = RetryPolicy()
DOWN = Failure("status", "out of order", status=500)


def pauses(failure, worked=True, random=lambda: 1.0):
    """All pauses the rule grants a failure that stays."""
    found: list[float] = []
    while (pause := POLICY.pause_s(failure, len(found) + 1, sum(found), worked, random)) is not None:
        found.append(pause)
    return found


def test_pauses_double_up_to_a_longest_one():
    assert pauses(DOWN) == [0.5, 1, 2, 4, 8, 16, 30]


def test_jitter_shortens_a_pause_by_at_most_a_half():
    assert pauses(DOWN, random=lambda: 0.0) == [0.25, 0.5, 1, 2, 4, 8, 15]


def test_attempts_and_pauses_together_have_an_end():
    assert POLICY.pause_s(DOWN, 2, POLICY.patience_s - 0.1, True, lambda: 1.0) is None


def test_an_address_that_never_answered_is_given_up_soon():
    assert len(pauses(Failure("unreachable", "refused"), worked=False)) == 2
    assert len(pauses(Failure("unreachable", "refused"), worked=True)) == 7


@pytest.mark.parametrize("kind", ["timeout", "malformed", "too_large"])
def test_what_more_of_the_same_hardly_mends_is_tried_three_times(kind):
    assert len(pauses(Failure(kind, ""))) == 2


def test_a_failed_certificate_is_not_tried_again():
    assert pauses(Failure("tls", "certificate has expired")) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 501])
def test_a_refusal_is_not_tried_again(status):
    assert pauses(Failure("status", "no", status=status)) == []


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_passing_state_is_tried_again(status):
    assert meaning(Failure("status", "later", status=status)) == "transient"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:30 GMT"}, 0.0),
        ({"retry-after": "Thu, 99 Foo 1970"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers, seconds):
    assert retry_after_s(headers, now=60.0) == seconds


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"error": {"message": "m", "code": "c", "param": "p"}}', ("m", "c", "p")),
        ('{"error": {"message": "m", "type": "t", "param": null}}', ("m", "t", "")),
        ('{"error": "m"}', ("m", "", "")),
        ('{"message": "m", "code": 3}', ("m", "3", "")),
        ('[{"error": {"message": "m", "code": 400}}]', ("m", "400", "")),
        ('{"detail": "m"}', ("m", "", "")),
        ('{"detail": [{"loc": ["body", "seed"], "msg": "extra", "type": "t"}]}', ("seed: extra", "t", "seed")),
        ("plain words", ("plain words", "", "")),
        ("[" * 100_000, ("[" * 100_000, "", "")),
        ("[]", ("[]", "", "")),
        ('{"error": []}', ('{"error": []}', "", "")),
    ],
)
def test_error_bodies_are_read_in_the_forms_endpoints_use(body, fields):
    assert error_fields(body) == fields


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("registry.ollama.ai/library/gemma:2b does not support tools", "tools"),
        ("tools param requires --jinja flag", "tools"),
        ("Function calling is not enabled for this model", "tools"),
        ("parallel tool calls are not supported", "refused"),
        ("tool_choice is not supported", "refused"),
        ("This model's maximum context length is 8192 tokens", "too_long"),
        ("the request exceeds the available context size", "too_long"),
        ("prompt is too long: 210000 tokens > 200000 maximum", "too_long"),
        ("The response was filtered due to the content management policy", "filtered"),
        ("API key not valid. Please pass a valid API key.", "key"),
        ("Model gpt-9 does not exist", "model"),
        ("messages with role 'tool' must be a response to a preceeding message with 'tool_calls'", "refused"),
    ],
)
def test_a_bad_request_is_understood_by_its_words(words, meant):
    assert meaning(Failure("status", words, status=400, text=words)) == meant
