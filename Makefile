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

bench: .venv/worlds.done .venv-bench/peers.done  ## beside what a user would pick instead; half an hour
	$(BIN)/python -m benchmarks

figures: .venv/dev.done .venv/brax.done  ## run the commands of docs/, and draw its pictures again (needs a Chromium)
	$(BIN)/python docs/commands.py
	$(BIN)/python docs/figures.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ontogeny needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 2; }
	$(PYTHON) -m venv .venv

.venv/%.done: .venv/bin/python pyproject.toml constraints.txt
	@echo "installing ontogeny[$*] (first time only)"
	$(PIP) --editable '.[$*]'
	@touch $@

.venv-bench/peers.done: benchmarks/constraints.txt pyproject.toml
	@echo "installing what is measured beside ontogeny (PyTorch and Ray among it; first time only)"
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint benchmarks/constraints.txt torch stable-baselines3 gymnasium 'ray[tune]' psmpy \
		dowhy igraph networkit networkx polars \
		--editable '.[worlds]'
	@touch $@

clean:
	rm -rf .venv .venv-bench site runs reproduce
