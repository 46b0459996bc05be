"""The part of validation that runs a proposal: it is loaded, and called where its schema gives examples."""

from __future__ import annotations

from pydantic import JsonValue

from agentopt_core.functions import Function
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.rollouts import ExecutionError, ExecutionResult
from agentopt_core.seams import Sandbox
from agentopt_core.words import JsonObject


async def try_out(function: Function, sandbox: Sandbox) -> None:
    """Load the function in the sandbox, then make a smoke call where its schema gives examples.

    Raises: InvalidProposal (`import_failed`, `import_timeout`, `no_function`, `smoke_call_failed`), or
    InfrastructureFault when the sandbox itself fails.
    """
    loaded = await sandbox.load(function)
    if not loaded.ok:
        raise _load_fault(function.name, loaded)
    arguments = example_arguments(function.parameters)
    if arguments is None:
        return
    called = await sandbox.call(function, arguments)
    if not called.ok:
        raise InvalidProposal(
            "smoke_call_failed",
            f"Called with the examples of its schema, {function.name} fails: {_told(called.error)}. "
            "Mend the code or the examples.",
        )


def example_arguments(schema: JsonObject) -> dict[str, JsonValue] | None:
    """Arguments made of the examples in a schema; None when there are none, or a required property has none."""
    properties, required = schema.get("properties"), schema.get("required")
    arguments: dict[str, JsonValue] = {}
    for name, entry in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(entry, dict):
            continue
        examples = entry.get("examples")
        if isinstance(examples, list) and examples:
            arguments[name] = examples[0]
        elif "example" in entry:
            arguments[name] = entry["example"]
    missing = [name for name in required if name not in arguments] if isinstance(required, list) else []
    return arguments if arguments and not missing else None


def _load_fault(name: str, loaded: ExecutionResult) -> InvalidProposal:
    error = loaded.error
    if error is None:
        return InvalidProposal("no_function", f"After the code has run, {name} cannot be called. Define it with def.")
    if error.type == "Timeout":
        return InvalidProposal(
            "import_timeout", "The code outside the function does not end in time. Keep only definitions there."
        )
    return InvalidProposal("import_failed", f"The code fails before the function is called: {_told(error)}.")


def _told(error: ExecutionError | None) -> str:
    if error is None:
        return "no reason was given"
    where = f" (line {error.line})" if error.line else ""
    return f"{error.type}: {error.message[:500]}{where}"
