import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentopt_core.grading import MathPool, StandardGrader
from agentopt_core.grading.guard import why_too_complex
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import Task

ROOT = Path(__file__).resolve().parents[2]
BOMB = "(x+1)^{999}(y+2)^{999}(z+3)^{999}"
"""No guard knows it, and it takes minutes."""


@pytest.fixture(scope="module")
def pool():
    with MathPool(workers=2) as pool:
        yield pool


def equal(pool, gold, answer):
    return pool.compare((gold,), answer).gold is not None


def test_algebra_finds_what_rules_cannot(pool):
    assert equal(pool, "x^2-1", "(x-1)(x+1)")
    assert not equal(pool, "x^2-1", "(x-1)(x-1)")
    assert pool.compare(("y", "x+1", "1+x"), r"\frac{2x+2}{2}").gold == "x+1"


def test_a_bomb_is_killed_within_the_limit_and_the_next_comparison_works():
    with MathPool(workers=1, time_s=0.5) as pool:
        found = pool.compare(("x+1",), BOMB)
        assert found == (None, 0.5, "too complex to evaluate in 0.5 s")
        assert equal(pool, "x+1", "1+x")


def test_a_killed_process_takes_no_other_comparison_along():
    with MathPool(workers=2, time_s=1.0) as pool, ThreadPoolExecutor(32) as threads:
        pool.warm()
        bombs = [threads.submit(equal, pool, "x+1", BOMB) for _ in range(3)]
        good = [threads.submit(equal, pool, f"x+{number}", f"{number}+x") for number in range(20)]
        assert [one.result() for one in good] == [True] * 20
        assert [one.result() for one in bombs] == [False] * 3


def test_golds_of_one_answer_share_the_time():
    with MathPool(workers=1, time_s=0.5) as pool:
        found = pool.compare(("x+1", "x+2", "x+3"), BOMB)
        assert found.seconds == 0.5
        assert found.gold is None


def test_too_much_memory_ends_a_comparison_and_the_next_one_works():
    with MathPool(workers=1, time_s=60, memory_mb=300) as pool:
        assert pool.compare(("x+1",), "2^{2^{32}}+x").gold is None  # a number of half a gigabyte
        assert equal(pool, "x+1", "1+x")


def test_a_process_for_algebra_gets_no_more_memory_than_it_may():
    program = """
from agentopt_core.grading import math_library
math_library.start(400)
try:
    bytearray(400 * 2**20)
except MemoryError:
    print("refused")
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "refused\n"


def test_what_the_library_cannot_read_is_a_finding(pool):
    for odd in (r"\frac{", "}{", r"\begin{pmatrix}1&2", "\0", "{" * 20, "\\" * 9, r"\sqrt[", "=", "x=y=z=", r"\int"):
        found = pool.compare(("x+1",), odd)
        assert found.gold is None
        assert found.seconds < 2


def test_a_closed_pool_starts_anew_and_closing_twice_is_fine():
    pool = MathPool(workers=1)
    pool.close()
    pool.warm()
    pool.warm()
    assert equal(pool, "x+1", "1+x")
    pool.close()
    pool.close()
    assert equal(pool, "x+1", "1+x")
    pool.close()


def test_the_event_loop_goes_on_while_a_bomb_runs():
    happened = []

    async def other():
        for number in range(10):
            await asyncio.sleep(0)
            happened.append(number)

    async def bomb(pool):
        await pool.compare_async(("x+1",), BOMB)
        happened.append("bomb")

    async def both():
        with MathPool(workers=1, time_s=0.5) as pool:
            await asyncio.to_thread(pool.warm)
            await asyncio.gather(bomb(pool), other())

    asyncio.run(both())
    assert happened == [*range(10), "bomb"]


def test_a_cancelled_comparison_frees_its_process():
    async def cancelled():
        with MathPool(workers=1, time_s=60) as pool:
            await asyncio.to_thread(pool.warm)
            bomb = asyncio.create_task(pool.compare_async(("x+1",), BOMB))
            assert (await asyncio.wait({bomb}, timeout=0.3))[1]
            bomb.cancel()
            assert (await asyncio.gather(bomb, return_exceptions=True))[0].__class__ is asyncio.CancelledError
            return await pool.compare_async(("x+1",), "1+x")

    assert asyncio.run(cancelled()).gold == "x+1"


def test_a_grader_without_a_pool_counts_what_only_algebra_can_tell_as_different():
    task = Task(id="t", question="q", answer="x^2-1", answer_type="math")
    score = StandardGrader().judge(task, Answer(text="(x-1)(x+1)", source="tool"))
    assert not score.correct
    assert "without algebra" in score.reason


def test_sync_and_async_grading_agree(pool):
    grader = StandardGrader(math=pool)
    for gold, text in (("x^2-1", "(x-1)(x+1)"), ("x^2-1", "x"), ("5", "9^{9^9}"), ("5", "5")):
        task = Task(id="t", question="q", answer=gold, answer_type="math")
        answer = Answer(text=text, source="tool")
        assert grader.judge(task, answer).with_(ms=0) == asyncio.run(grader.grade(task, answer)).with_(ms=0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9^{9^{9^9}}", "a power"),
        ("9^9^9", "a power"),
        ("9**9**9", "a power"),
        (r"9^{\left(9^9\right)}", "a power"),
        ("{x^2}^{3^4}", "a power"),
        ("10^{99999}", "a power"),
        ("10^ { -( 99999", "a power"),
        ("(99999)!", "a factorial"),
        ("(5!)!", "a factorial"),
        ("5!!", "a factorial"),
        (r"\binom{10^9}{5}", "a binomial"),
        (r"\binom{5}{10^{9}}", "a binomial"),
        (r"{10^{9} \choose 5}", "a binomial"),
        (r"\sum_{n=1}^{999} n", "a binomial, sum"),
        (r"\prod_{k=5000} k", "a binomial, sum"),
        ("1" * 60, "a number of 60 digits"),
        ("x" * 601, "more than 600"),
        ("{" * 61, "too many brackets"),
        ("(" * 26, "too many brackets"),
        ("__import__('os')", "not mathematics"),
        (r"\input{a}", "not mathematics"),
        (r"\def\a{\a\a}", "not mathematics"),
    ],
)
def test_answers_that_are_cheap_to_write_and_endless_to_evaluate_are_not_evaluated(text, said):
    assert said in why_too_complex(text)


@pytest.mark.parametrize(
    "text",
    ["2^{100}", r"10^{-12}", "x^{2}y^{3}", "90^{\\circ}", "5!", r"\binom{10}{3}", "2^2+3^3", r"\sqrt{2^{10}}", "1" * 59,
     "e^{x}", r"\frac{x^2}{y^2}", r"2^{\frac{1}{2}}", "(x^2+1)^3", r"\binom{10}{3}\cdot 2^{7}"],
)  # fmt: skip
def test_ordinary_answers_pass_the_guard(text):
    assert why_too_complex(text) == ""


def test_text_of_a_model_is_never_run(tmp_path):
    program = """
import json, sys
from agentopt_core.grading import math_library
math_library.start(0)
for text in json.loads(sys.argv[1]):
    math_library.compare((text, "x+1", "5"), text + " ")
    math_library.compare(("x+1", "5"), text)
"""
    texts = [
        "open('made','w')", "open('made','w').write('x')", "__import__('os').system('touch made')",
        "exec(\"open('made','w')\")", "eval('open(\"made\",\"w\")')", "$open('made','w')$", r"\text{open('made','w')}",
        "(lambda: open('made','w'))()", "[open('made','w') for x in [1]]", "x=open('made','w')", "5+open('made','w')",
        r"\write18{touch made}", r"\input{|touch made}", "os.system('touch made')", "{{open('made','w')}}",
    ]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", program, json.dumps(texts)],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, check=True,
        capture_output=True,
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
