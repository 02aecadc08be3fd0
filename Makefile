# Every target works right after a clone and creates what it needs inside it.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := requirements/dev.lock
PREFIX ?= /opt/reconciler

.PHONY: help demo demo-real test check format bench bench-language proto catalogue corpus lock wheel install clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): $(LOCK) pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found on PATH."; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Watch a fleet of 50 simulated agents follow a Git repository (90 s)
	@$(BIN)/reconciler demo

demo-real: $(READY) ## The same story with three real Collectors (needs Go)
	@$(BIN)/python -m tests.interop.demo_real

test: $(READY) ## Run everything this machine allows; skips say why
	@if command -v go >/dev/null; then $(BIN)/python -m tests.interop.build || true; fi
	@$(BIN)/python -m pytest -n auto --dist loadgroup -q

check: $(READY) ## Format, lint, types, import contracts, generated code, Dockerfile
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python proto/generate.py --check

format: $(READY) ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## Simulated agents connect, converge, reconnect: the figures
	@$(BIN)/python bench/fleet.py

bench-language: $(READY) ## Read, check and resolve a large fleet repo: the figures
	@$(BIN)/python bench/language.py

proto: $(READY) ## Regenerate the OpAMP messages from proto/
	@$(BIN)/python proto/generate.py

catalogue: $(READY) ## Regenerate the component catalogue (needs Go)
	@$(BIN)/python -m tests.interop.catalogue

corpus: $(READY) ## Measure the linter on the judged configs of CORPUS=DIR
	@$(BIN)/python -m bench.corpus "$(CORPUS)"

lock: ## Renew the locks of the dependencies
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet uv
	@.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements/runtime.lock
	@.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--constraints requirements/runtime.lock \
		pyproject.toml --group dev --output-file $(LOCK)
	@rm -rf .venv-lock

wheel: $(READY) ## Build the wheel into dist/
	@rm -rf dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist

install: wheel ## Install for use into PREFIX (default /opt/reconciler), without the tools
	@$(PYTHON) -m venv $(PREFIX)
	@$(PREFIX)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/runtime.lock
	@$(PREFIX)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	@$(PREFIX)/bin/reconciler --version

clean: ## Remove what the targets made
	rm -rf $(VENV) .venv-lock .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
