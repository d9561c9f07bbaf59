# hobnob's chores. Python 3.11 or newer and make are all that must be there.
#
# Everything is installed into .venv, from pinned and hashed requirements. The stamp files in it say what is already
# there, so that a second run starts at once.

VENV := .venv
BIN := $(VENV)/bin
# The folder that the environment was made in, if it still works: one that was moved is made anew.
MADE_IN := $(shell test -x $(BIN)/python && cat $(VENV)/.made 2>/dev/null)
INSTALL := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help serve test check format bench lock clean

help: ## Say what there is
	@echo "usage: make <chore> [ARGS=\"...\"]"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

serve: $(VENV)/.runtime ## Run the chat, e.g. make serve ARGS="--port 9000"
	@exec $(BIN)/hobnob serve $(ARGS)

test: $(VENV)/.test ## Run the tests, e.g. make test ARGS="tests/unit -k names"
	@tools/system-deps
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## Check format, style and types
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy

format: $(VENV)/.dev ## Bring the code into its format
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

bench: $(VENV)/.test ## Measure speed and memory beside a reference
	@exec $(BIN)/python -m bench $(ARGS)

lock: $(VENV)/.dev ## Pin the requirements again, e.g. make lock ARGS="--upgrade"
	tools/lock $(BIN)/python $(ARGS)

clean: ## Remove what was made here, the virtual environment too
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ifneq ($(MADE_IN),$(CURDIR))
.PHONY: $(VENV)/.made
endif
$(VENV)/.made:
	@PYTHON="$(PYTHON)" tools/make-venv $(VENV)
	@echo "$(CURDIR)" > $@

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.txt requirements/build.txt pyproject.toml
	@echo "Installing what hobnob needs into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.test: $(VENV)/.runtime requirements/test.txt
	@echo "Installing what the tests need into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.test requirements/dev.txt
	@echo "Installing what the checks need into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
