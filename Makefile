# Every command of the house. `make run` and `make test` need nothing before them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
READY := .venv/.ready
SERVER := tests/azurite/node_modules/.ready
# Several tests start a program of several threads: more of them than four at once gain nothing.
# tests/conftest.py deals them out, in the order it gives them: the longest begin.
WORKERS := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: help setup run test lint format screens messages reliability benchmark lock azurite clean \
  demo-tracking packages build-packages test-packages bench-packages \
  stage installer release-keys release release-refresh

help:  ## say what can be made
	@awk -F ':.*  ## ' '/^[a-z]+:.*  ## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: packages $(READY)  ## make .venv with everything the program and its checks need

# A display may be named and gone, so Qt is asked first: it ends the process when it finds none.
run: setup  ## practise the whole journey: in the window, or on the terminal when there is no display
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] && ($(BIN)/python -c \
	  'from PySide6.QtGui import QGuiApplication; QGuiApplication([])'; exit $$?) >/dev/null 2>&1; \
	then \
	  exec $(BIN)/offline-backup-gui --practice; \
	else \
	  exec $(BIN)/offline-backup practice; \
	fi

test: setup test-packages $(SERVER)  ## run every test; ARGS="tests/domain -x" picks some
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $(or $(ARGS),$(WORKERS))

lint: setup  ## layout, style, types and the rooms' doors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup  ## lay the code out and mend what can be mended by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

screens: setup  ## take a picture of every page
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.screens $(ARGS)

demo-tracking: setup  ## watch a whole shipment in fast motion; ARGS="--speed 1 --language de" sets pace and language
	@$(BIN)/python -m tests.demo $(ARGS)

# The page is written even when a part failed: the figures of the others are new.
reliability: setup test-packages $(SERVER)  ## prove the promises in their long form and write docs/reliability.md; hours
	@code=0; QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --long $(or $(ARGS),tests/robustness) || code=$$?; \
	  $(BIN)/python -m tests.robustness.page; exit $$code

# By hand only: the machine must be at rest, and it takes long.
benchmark: setup bench-packages  ## measure speed; ARGS names the part (docs/performance.md lists them)
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks $(or $(ARGS),peers)

stage: setup build-packages  ## build the tree that the Windows setup installs, in build/stage
	@$(BIN)/python -m installer.windows stage

installer: setup build-packages  ## build setup and MSI for Windows into dist/; QUICK=1 packs fast and badly
	@$(BIN)/python -m installer.windows installer $(if $(QUICK),--quick)

messages: setup  ## write docs/messages.md anew from the sentences
	@$(BIN)/python -m tests.house.messages_page

lock: setup  ## write the lock files anew from the pins in pyproject.toml
	@$(BIN)/python installer/lock.py

azurite: test-packages $(SERVER)  ## install the blob server that the tests start

release-keys: setup  ## make a vendor's keys and first root; KEYS and REPOSITORY name two folders
	@$(BIN)/python -m installer.release keys --keys "$(KEYS)" --repository "$(REPOSITORY)"

release: setup  ## sign a release; KEYS, REPOSITORY, SETUP, VERSION, NOTES_EN and NOTES_DE say what
	@$(BIN)/python -m installer.release sign --keys "$(KEYS)" --repository "$(REPOSITORY)" \
	  --setup "$(SETUP)" --version "$(VERSION)" --notes-en "$(NOTES_EN)" \
	  $(if $(NOTES_DE),--notes-de "$(NOTES_DE)") --out "$(or $(OUT),.)"

release-refresh: setup  ## sign the newest release's timestamp anew; once a month
	@$(BIN)/python -m installer.release refresh --keys "$(KEYS)" --repository "$(REPOSITORY)"

clean:  ## remove what was made here, but no backup and no plan
	@rm -rf .venv tests/azurite/node_modules build dist *.egg-info .mypy_cache .ruff_cache \
	  .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@installer/linux-packages.sh run

build-packages:
	@installer/linux-packages.sh build

test-packages:
	@installer/linux-packages.sh test

bench-packages:
	@installer/linux-packages.sh bench

# The venv is kept when it works and made anew when its Python has gone. The locks come first and
# bring the builder with them, so nothing is fetched outside the hashes.
$(READY): requirements.lock requirements-dev.lock pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || { echo "Making .venv"; rm -rf .venv; \
	  "$$(installer/find-python.sh)" -m venv .venv; }
	@echo "Installing the pinned packages (about a minute the first time)"
	@$(PIP) install -qq --require-hashes -r requirements.lock -r requirements-dev.lock
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

# No install script of any package runs; both packages carry what they need.
$(SERVER): tests/azurite/package.json tests/azurite/package-lock.json
	@echo "Installing the blob server for the tests (half a minute the first time)"
	@cd tests/azurite && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
