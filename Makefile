PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=
LIVE_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs live clean

help:  ## What can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

demo: .venv/demo  ## Set up, then draw the sample infographic offline: no key, no network
	$(BIN)/cavendish infographic examples/q4-2025.json -o out/ --channel offline

test: .venv/dev  ## Set up, then run the tests
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

check: .venv/dev  ## Lint, types and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict tests/typing/api.py
	$(BIN)/lint-imports

bench: .venv/dev  ## Measure against peers, in one run; pictures in out/bench
	$(BIN)/python benchmarks/run.py all --plot out/bench

docs: .venv/demo  ## Make the pages that are made from tables
	$(BIN)/cavendish explain --page > docs/errors.md

live: .venv/dev  ## Prove it against the real service for less than a dollar; needs GEMINI_API_KEY
	@PYTHONPATH=tests $(BIN)/python -m live.run $(LIVE_ARGS)

clean:  ## Remove what was made
	rm -rf .venv build dist out generated .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/demo: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cavendish needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[render]'
	@touch $@

.venv/dev: .venv/demo
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[render,dev]'
	@touch $@
