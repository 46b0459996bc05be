"""An API key never leaves the client in a text, not even when the endpoint echoes it."""

import logging
import traceback

import pytest

from agentopt_core.config import Endpoint, parse_word
from agentopt_core.errors import ConfigError, EndpointSetupError
from agentopt_core.events import to_line
from agentopt_core.llm.access import resolve, shown
from agentopt_core.llm.redaction import Redactor
from tests.llm.helpers import KEY, ask
from tests.servers import OpenAIServer, error, raw, reply


@pytest.mark.parametrize(
    "answer",
    [
        error(401, f"Incorrect API key provided: {KEY}"),
        error(400, "x" * 295 + KEY),
        error(400, f"Bearer {KEY} is not welcome", param=KEY, code=KEY),
        error(500, f"crashed with {KEY}"),
        raw(f"<html>{KEY}"),
        raw(KEY, 403, content_type="text/plain"),
        raw("", 307, Location=f"https://elsewhere.example/?key={KEY}"),
        raw(f'{{"error": {{"code": 400, "message": "{KEY}"}}}}'),
    ],
)
def test_a_key_that_the_endpoint_echoes_is_hidden_everywhere(answer, caplog):
    for logger in ("openai", "httpx2", "agentopt_core"):
        caplog.set_level(logging.DEBUG, logger=logger)
    with OpenAIServer([answer]) as server:
        fault, client = ask(server.base_url)
    told = [
        str(fault),
        repr(fault),
        "".join(traceback.format_exception(fault)),
        *(to_line(event).decode() for event in client.sink.events),
        repr(client.model),
        caplog.text,
    ]
    beginning = KEY[:10]
    assert not [text for text in told if beginning in text]
    assert client.finished[0].error


def test_a_key_in_a_reply_is_hidden_before_anyone_reads_the_reply():
    with OpenAIServer([reply(f"your key is {KEY}")]) as server:
        answer, _ = ask(server.base_url)
    assert answer.message["content"] == "your key is [hidden key]"


def test_a_stand_in_for_a_key_stays_a_word_in_replies():
    with OpenAIServer([reply("The list is EMPTY")]) as server:
        answer, _ = ask(server.base_url, api_key="EMPTY")
    assert answer.message["content"] == "The list is EMPTY"


def test_a_masked_key_is_hidden_too():
    assert Redactor(None).error("Incorrect API key provided: sk-ab****yz.") == (
        "Incorrect API key provided: [hidden key]"
    )


def test_an_access_does_not_show_its_key():
    access = resolve(Endpoint(kind="openai", model="m"), {"OPENAI_API_KEY": KEY})
    assert KEY not in repr(access)


def test_an_address_is_shown_without_credentials_and_query():
    assert shown("https://me:secret@host.example/v1?key=secret") == "https://host.example/v1"
    assert shown("me:secret@host.example") == "host.example"


def test_credentials_in_an_address_are_refused_without_repeating_them():
    for address in ("https://me:secret@host.example/v1", "https://host.example/v1?api_key=secret"):
        with pytest.raises(ConfigError) as refusal:
            parse_word(Endpoint, {"kind": "openai", "model": "m", "base_url": address})
        assert "secret" not in str(refusal.value)
        assert "environment variable" in str(refusal.value)


def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it():
    with pytest.raises(EndpointSetupError) as refusal:
        resolve(Endpoint(kind="openai", model="m"), {"OPENAI_API_KEY": "sk-one\nsk-two"})
    assert "sk-one" not in str(refusal.value)
    assert "OPENAI_API_KEY" in refusal.value.message


def test_the_words_of_an_endpoint_come_as_one_printable_line():
    with OpenAIServer([error(400, "first\n\x1b[31msecond\x07")]) as server:
        fault, _ = ask(server.base_url)
    assert "first ?[31msecond?" in fault.message
