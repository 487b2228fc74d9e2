# LARUN.SPACE: everything starts here. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers

# the first Python that is new enough; another one: make run PYTHON=/path/to/python3.12
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo $$p; break; fi; done)

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --quiet
RUN_EXTRAS := --extra web --extra archives --extra plots --extra postgres --extra serve
TEST_EXTRAS := $(RUN_EXTRAS) --extra train --extra test

.PHONY: run test lint standins variability-model train ensemble firmware firmware-test peers lock help clean pages chromium

run: $(BIN)/.installed ## start everything and print one address
	@exec $(BIN)/larun up

test: $(BIN)/.installed-test chromium pages ## run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

lint: $(BIN)/.installed-test ## check style, types and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

pages: $(BIN)/.installed ## build the pages when they have changed
	@$(BIN)/python -m larun_app.server.build

standins: $(BIN)/.installed-test ## a local server that speaks MAST over real light curves
	@exec $(BIN)/python -m tests.standins

variability-model: $(BIN)/.installed-test ## train the classifier of variable stars anew, from the pack of real data
	@$(BIN)/python -m serving.variability_training

train: $(BIN)/.installed-test ## train the classifier of signals anew, from the pack of real data (hours)
	@$(BIN)/python -m serving.train
	@$(BIN)/python -m serving.train --rows unusual

ensemble: $(BIN)/.installed-test ## train what weighs chances, classifier and checks together, after a change of any of them
	@$(BIN)/python -m benchmarks.ensemble --write

firmware: $(BIN)/.installed-test ## write the student as C, build it for a Cortex-M4 and package it
	@$(BIN)/python -m serving.export serving/artefacts/student-int8.tflite firmware/generated
	@$(MAKE) -C firmware
	@$(BIN)/python -m serving.export.package

firmware-test: $(BIN)/.installed-test ## the firmware against its references, on the host and on an emulated Cortex-M4
	@$(BIN)/python -m pytest tests/firmware

peers: $(PEERS)/bin/.installed ## the environment of the packages we compare ourselves with

lock: $(BIN)/.bootstrapped ## choose versions anew within pyproject.toml
	$(BIN)/$(LOCK) --upgrade requirements-bootstrap.in -o requirements-bootstrap.lock
	$(BIN)/$(LOCK) --upgrade pyproject.toml $(TEST_EXTRAS) -o requirements-test.lock
	$(BIN)/$(LOCK) --constraints <(grep -E '^[a-zA-Z0-9].*==' requirements-test.lock | sed 's/ *\\$$//') \
		pyproject.toml $(RUN_EXTRAS) -o requirements.lock
	$(BIN)/$(LOCK) --upgrade requirements-peers.in -o requirements-peers.lock

clean: ## remove the environments and the built pages (what is stored in var/ stays)
	rm -rf $(VENV) $(PEERS) .web

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# -- environments: a stamp for each step, so that a later start does nothing here ------------------------------------

$(BIN)/.bootstrapped: requirements-bootstrap.lock
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(NEW_ENOUGH)'; then \
		echo "LARUN needs Python 3.11 or newer. Install it, or name one with: make run PYTHON=/path/to/python3.12" >&2; \
		exit 1; fi
	@echo "Making the Python environment ($$($(PYTHON) --version)) …"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Python cannot make environments here. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@touch $@

$(BIN)/.installed: $(BIN)/.bootstrapped requirements.lock pyproject.toml
	@echo "Installing the packages …"
	@$(call install,$(BIN)/python,requirements.lock)
	@$(call install_ourselves)
	@touch $@

$(BIN)/.installed-test: $(BIN)/.installed requirements-test.lock
	@echo "Installing what the tests need …"
	@$(call install,$(BIN)/python,requirements-test.lock)
	@touch $@

$(PEERS)/bin/.installed: $(BIN)/.bootstrapped requirements-peers.lock
	@$(PYTHON) -m venv $(PEERS)
	@$(call install,$(PEERS)/bin/python,requirements-peers.lock)
	@touch $@

# uv is ten times faster, but knows nothing of a registry that is configured for pip only: then pip does it
define install
$(BIN)/uv pip install --quiet --python $(1) --require-hashes -r $(2) 2>$(VENV)/uv.log \
	|| { echo "uv could not do it ($$(tail -n 1 $(VENV)/uv.log)); trying pip …"; \
	     $(1) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2); }
endef

# a path file and the `larun` command, made without the network
define install_ourselves
$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation \
	--config-settings editable_mode=compat -e .
endef

# -- a browser for the tests: one that is there, else Debian's, else Playwright's ------------------------------------

chromium: $(BIN)/.installed-test
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name >/dev/null && timeout 60 $$name --version >/dev/null 2>&1; then exit 0; fi; done; \
	if command -v apt-get >/dev/null; then \
		if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root=sudo; else root=none; fi; \
		if [ "$$root" != none ]; then \
			echo "Installing Chromium for the browser tests …"; \
			$$root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || true; \
			$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
				>/dev/null || true; \
			if command -v chromium >/dev/null && timeout 60 chromium --version >/dev/null 2>&1; then exit 0; fi; fi; fi; \
	echo "Installing Playwright's Chromium for the browser tests …"; \
	$(BIN)/playwright install chromium || { \
		echo "No Chromium could be installed: install one and run this again." >&2; exit 1; }
