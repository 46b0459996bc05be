"""Worker processes know nothing of the program that started them."""

import sys
from types import ModuleType

from agentopt_core.grading.math_pool import MathPool


def test_algebra_works_whatever_the_main_module_of_this_process_would_do_when_it_is_imported(tmp_path):
    app = tmp_path / "app.py"
    app.write_text("raise SystemExit('a worker has imported the main module')\n", encoding="utf-8")
    main, other = sys.modules["__main__"], ModuleType("__main__")
    other.__file__ = str(app)
    sys.modules["__main__"] = other
    try:
        with MathPool(workers=1) as pool:
            assert pool.compare(("2*x+2",), "2(x+1)").gold == "2*x+2"
        assert sys.modules["__main__"] is other
    finally:
        sys.modules["__main__"] = main
