# AgentOpt. `make run` starts the dashboard, `make test` runs every check, `make demo` trains in the terminal.
PORT ?= 8501
PYTHON ?= python3
VENV := .venv/bin/python

.PHONY: run demo test bench bench-grading bench-sandbox bench-ui lock clean install screenshots help

help:            ## say what there is
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/: .*## /\t/' | expand -t 14

run: install     ## start the dashboard on 127.0.0.1:8501 (PORT=... for another)
	@$(VENV) -m agentopt_core dashboard --port $(PORT)

demo: install    ## train on a sample set with the offline demo model, in this terminal
	@$(VENV) -m agentopt_core train --demo --tasks number-and-algebra --name "Demo"

test: install    ## every check: ruff, mypy --strict, pytest with a real Chromium
	@PYTHON=$(VENV) scripts/test

bench: install   ## the benchmarks of docs/benchmarks.md, as ratios
	@$(VENV) benchmarks/run.py

bench-grading: install ## verdicts a second, and algebra beside the library called directly
	@$(VENV) benchmarks/grading.py

bench-sandbox: install ## what a sandboxed call costs at each level, as ratios
	@$(VENV) benchmarks/sandbox.py

bench-ui: install ## every page in a real browser, with an empty home and with 200,000 and 1,000,000 rollouts
	@$(VENV) benchmarks/ui.py

lock: install    ## remake requirements.txt from pyproject.toml (newest versions the ranges allow)
	@$(VENV) -m pip install --quiet uv
	@$(VENV) -m uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade --no-emit-index-url --no-header --output-file requirements.txt --quiet

screenshots: install ## remake docs/screenshots from the running app
	@$(VENV) scripts/screenshots.py

install: .venv/.installed ## make .venv and install the pinned requirements

.venv/.installed: requirements.txt scripts/install
	@PYTHON=$(PYTHON) scripts/install

clean:           ## remove the environment and caches; runs and task sets in .agentopt stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
