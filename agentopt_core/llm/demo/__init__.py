"""The offline demo model: an honest scripted stand-in behind the chat completions API, in this process.

It knows only what is in the request. As agent it recognises the families of the sample tasks by their wording,
calculates by head and errs on hard ones, and calls a learned function where one fits by its description. As optimizer
(when `add_function` is offered) it reads the histories in its prompt and proposes functions. As judge it compares the
two texts word by word and says so. Its numbers say nothing about a real model, and wherever it appears it is labelled
with `config.DEMO_LABEL`.
"""

from agentopt_core.llm.demo.transport import FAULTS, DemoTransport, Fault

__all__ = ["FAULTS", "DemoTransport", "Fault"]
