# Every target does its own set-up in .venv; nothing is installed by hand.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RUNS ?= runs
export ONTOGENY_RUNS := $(RUNS)

.PHONY: demo test lint types docs bench figures clean

demo: .venv/worlds.done  ## grow agents that play Breakout, film the best, and write the report
	$(BIN)/ontogeny grow breakout
	$(BIN)/ontogeny play last
	$(BIN)/ontogeny report last

test: .venv/dev.done  ## the whole suite
	$(BIN)/python -m pytest

lint: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.done
	$(BIN)/pyright

docs: .venv/docs.done  ## built strictly into site/
	$(BIN)/mkdocs build --strict --quiet

bench: .venv/bench.done  ## beside what a user would pick instead; minutes
	$(BIN)/python -m benchmarks

figures: .venv/figures.done  ## draw the pictures of docs/ again from runs made now (needs a Chromium)
	$(BIN)/python docs/figures.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ontogeny needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/%.done: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing ontogeny[$*] (first time only)"
	$(PIP) --editable '.[$*]'
	@touch $@

clean:
	rm -rf .venv site runs reproduce
