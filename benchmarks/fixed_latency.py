"""An OpenAI-compatible endpoint of fixed latency whose model needs functions: for benchmarks, in a process of its own.

    python benchmarks/fixed_latency.py --latency-ms 20

Prints its address and serves until it is ended. As agent it calls the function of a question's rule where there is one,
and answers wrong where there is none; as optimizer it writes a function for the rules it *sees fail in its prompt* and
has none for. So what a strategy shows the optimizer decides what is learned.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from typing import Any

RULES = [
    "otter",
    "badger",
    "heron",
    "lynx",
    "marten",
    "stork",
    "beaver",
    "weasel",
    "falcon",
    "adder",
    "newt",
    "osprey",
    "plover",
    "raven",
    "salmon",
    "trout",
    "viper",
    "walrus",
    "zebra",
    "toad",
    "swift",
    "robin",
    "quail",
    "puffin",
    "mole",
    "lemur",
    "koala",
    "jackal",
    "ibis",
    "hornet",
    "gecko",
    "ferret",
    "egret",
    "dingo",
    "curlew",
    "bison",
    "alpaca",
    "crane",
    "drake",
    "eland",
]
"""Words that name a family of tasks; the answer to `n` by rule k is 7 n + k."""
_RULE = re.compile(r"by the rule of the (\w+)")
_TASK = re.compile(r"^### Task .*?: failed$(.*?)(?=^### Task |\Z)", re.MULTILINE | re.DOTALL)
_KNOWN = re.compile(r'"name": "rule_of_(\w+)"')


def question(number: int) -> tuple[str, str]:
    """Task `number`: its question and its answer."""
    rule = number % len(RULES)
    return f"What does {number} become by the rule of the {RULES[rule]}? Give the number.", str(7 * number + rule)


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """The assistant's message."""
    tools = {tool["function"]["name"] for tool in body.get("tools", [])}
    messages = body["messages"]
    return _optimizer(messages) if "add_function" in tools else _agent(messages, tools)


def _agent(messages: list[dict[str, Any]], tools: set[str]) -> dict[str, Any]:
    if messages[-1]["role"] == "tool":
        return _call("final_answer", {"answer": re.sub(r"[^\d-]", "", messages[-1]["content"].splitlines()[0])})
    asked = next(message["content"] for message in messages if message["role"] == "user")
    asked = asked if isinstance(asked, str) else json.dumps(asked)
    word, number = _RULE.search(asked), re.search(r"What does (\d+)", asked)
    assert word is not None
    assert number is not None
    n = int(number[1])
    if f"rule_of_{word[1]}" in tools:
        return _call(f"rule_of_{word[1]}", {"n": n})
    lucky = n * 2654435761 % 100 < 20
    return _call("final_answer", {"answer": str(7 * n + RULES.index(word[1]) if lucky else 7 * n - 1)})


def _optimizer(messages: list[dict[str, Any]]) -> dict[str, Any]:
    prompt = next(message["content"] for message in messages if message["role"] == "user")
    known = set(_KNOWN.findall(prompt.split("## List B")[1].split("## Success")[0]))
    failed = [word[1] for history in _TASK.findall(prompt) if (word := _RULE.search(history))]
    missing = [rule for rule in dict.fromkeys(failed) if rule not in known]
    if not missing:
        return {"role": "assistant", "content": "TERMINATE"}
    name = f"rule_of_{missing[0]}"
    code = f'def {name}(n):\n    """The rule."""\n    return 7 * n + {RULES.index(missing[0])}\n'
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    fields = {"name": name, "description": f"What n becomes by the rule of the {missing[0]}.", "packages": ""}
    return _call("add_function", {**fields, "arguments": json.dumps(schema), "code": code})


def _call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }


def _completion(body: dict[str, Any]) -> bytes:
    message = answer(body)
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    usage = {"prompt_tokens": 400, "completion_tokens": 20, "total_tokens": 420}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "fixed", "choices": [choice], "usage": usage}
    ).encode()


async def serve(latency_s: float) -> None:
    """Answer every POST after the latency, one after the other on each connection."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b"{}"
                await asyncio.sleep(latency_s)
                said = _completion(json.loads(body)) if head.startswith(b"POST") else b'{"data": []}'
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)
                    + said
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, limit=64 << 20)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency-ms", type=float, default=20.0)
    asyncio.run(serve(parser.parse_args().latency_ms / 1000))
