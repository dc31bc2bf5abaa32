# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
PYTEST_ARGS ?=
RUNS ?= 200
LOCK_ARGS ?=
SEED ?=
DATABASE ?=

.PHONY: help demo test test-fast check format sentences mutants bench bench-size chaos lock migration clean
.DEFAULT_GOAL := help

help:  ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime  ## play a real incident in a local Slack workspace (about a minute)
	$(BIN)/incident-bot demo $(DEMO_ARGS)

test: $(VENV)/.dev  ## run every test
	$(BIN)/python -m pytest -n 4 --dist worksteal $(PYTEST_ARGS)

test-fast: $(VENV)/.dev  ## run the unit tests, and each verb once on SQLite: under a minute
	$(BIN)/python -m pytest -n 3 tests/unit tests/scenario/test_verbs.py $(PYTEST_ARGS)

check: $(VENV)/.dev  ## style, types and the import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev  ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

sentences: $(VENV)/.dev  ## write every sentence that people read into tests/sentences.txt, to be read aloud
	$(BIN)/python -m tests.sentences

mutants: $(VENV)/.dev  ## break the rules in bot/domain, and see whether their tests notice; some minutes
	$(BIN)/python -m tests.mutants

bench: $(VENV)/.dev  ## measure the bot on SQLite and PostgreSQL, about ten minutes; tables and bench.json
	$(BIN)/python -m tests.benchmarks --json bench.json

bench-size: $(VENV)/.dev  ## measure it with 100,000 incidents and 5,000,000 messages, some minutes; table
	$(BIN)/python -m tests.benchmarks --size

chaos: $(VENV)/.dev  ## kill, cut off and slow down the bot in RUNS=200 random runs; SEED=7 repeats one
	$(BIN)/python -m tests.chaos --runs $(RUNS) $(if $(SEED),--seed $(SEED)) $(if $(DATABASE),--database $(DATABASE))

lock: $(VENV)/.dev  ## write the lock files anew from pyproject.toml; LOCK_ARGS=--upgrade takes the newest versions
	$(BIN)/uv pip compile -q $(LOCK_ARGS) pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" -o requirements.lock
	$(BIN)/uv pip compile -q $(LOCK_ARGS) pyproject.toml --extra build --extra dev --extra postgres --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" -c requirements.lock -o requirements-dev.lock

migration: $(VENV)/.dev  ## write a migration from the tables: make migration MESSAGE="what it adds"
	$(BIN)/python -m bot.store.new_migration "$(MESSAGE)"

clean:  ## remove what these commands made
	rm -rf $(VENV) demo-out mutants bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis

# One sentence instead of a traceback where Python is too old or comes without venv (Debian splits it off).
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "incident-bot needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Install a newer one and run: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' has no venv module. On Debian or Ubuntu: apt-get install python3-venv. Then run: make $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# pip builds the editable install with the locked hatchling, without fetching anything that has no hash.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing into $(VENV) (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing into $(VENV) with the development tools (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.runtime $@
