from __future__ import annotations

import pytest

from agentopt_core.agents.blocks import python_blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no code", ()),
        ("```python\nprint(1)\n```", ("print(1)",)),
        ("```PYTHON\nprint(1)\n```", ("print(1)",)),
        ("```{python}\nprint(1)\n```", ("print(1)",)),
        ("``` python title=x\nprint(1)\n```", ("print(1)",)),
        ("~~~py\nprint(1)\n~~~", ("print(1)",)),
        ("a\n```python\nx = 1\n```\nb\n```python3\ny = 2\n```\nc", ("x = 1", "y = 2")),
        ("1. Do:\n   ```python\n   if True:\n       print(1)\n   ```", ("if True:\n    print(1)",)),
        ("```python\r\nprint(1)\r\n```\r\n", ("print(1)",)),
        ("````python\ns = '''\n```\n'''\n````", ("s = '''\n```\n'''",)),
        ("```python\nprint('never closed')", ("print('never closed')",)),
        ("```python\n\n```", ()),
        ("```\n42\n```", ()),
        ("```json\n{}\n```", ()),
        ("```text\n```python\nprint(1)\n```", ()),
        ("use `print(1)` or ```python print(1)``` inline", ()),
    ],
)
def test_blocks_labelled_python_are_found_in_order_and_others_are_not(text: str, blocks: tuple[str, ...]) -> None:
    assert python_blocks(text) == blocks


def test_an_unclosed_block_of_a_reply_that_was_cut_off_is_left_out() -> None:
    assert python_blocks("```python\nx = 1\n```\n```python\ny =", cut_off=True) == ("x = 1",)
