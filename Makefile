# Two commands: `make run` does the main job on the fixtures, `make test` proves the code.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

.PHONY: help run test format docs bench clean

help:
	@echo "make run    install into .venv and bill, answer, receive and explain the fixture visits"
	@echo "make test   format check, lint, types and all tests"
	@echo "make format put the code into shape"
	@echo "make docs   write the generated pages of docs/ again"
	@echo "make bench  measure speed beside other readers (needs the network once)"

run: $(VENV)/.run
	@$(BIN)/python -m fixtures.demo

test: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist worksteal

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev
	$(BIN)/python -m claimline.docs docs

bench: $(VENV)/.dev
	$(PIP) install --editable '.[bench]'
	$(BIN)/python -m benchmarks

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Claimline needs Python 3.11 or newer. Say which: make run PYTHON=python3.12"; exit 2; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "Installing Claimline into $(VENV) (a minute or two the first time) ..."
	@$(PIP) install --editable '.[xlsx]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing Claimline and its tools into $(VENV) ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
