# Two commands matter: `make demo` and `make test`. Both need Python >= 3.11 and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
SOURCES := graph_model ingest algorithms policy api

.PHONY: demo test check bench lock docs leak clean

demo: $(VENV)/.runtime
	$(BIN)/alliance demo

test: check
	$(BIN)/pytest -n auto

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --strict deploy/neo4j-local/neo4j_local.py
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tests/shared/dead_links.py

bench: $(VENV)/.bench
	$(BIN)/python bench/store.py
	$(BIN)/python bench/ingest_rows.py
	$(BIN)/python bench/picture.py
	$(BIN)/python bench/chain_risk.py
	$(BIN)/python bench/chain_risk_eon.py
	$(BIN)/python bench/origins.py
	$(BIN)/python bench/what_if.py
	$(BIN)/python bench/answers.py
	$(BIN)/python bench/rights.py

docs: $(VENV)/.dev
	$(BIN)/alliance dictionary > docs/data-dictionary.md

# Printed with each release, of the demonstration district made anew; some six minutes.
leak: $(VENV)/.runtime
	$(BIN)/alliance demo --no-serve --home var/leak
	$(BIN)/alliance leak --home var/leak --scenarios 2000 --falls 24 --out docs/leak.md

# Lock files carry versions and hashes, no addresses; pip installs them.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header pyproject.toml --group build --group dev \
	  -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header pyproject.toml --group bench -c requirements.lock \
	  -o requirements-bench.lock

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.runtime: $(VENV)/.made requirements.lock pyproject.toml
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock pyproject.toml
	$(PIP) --require-hashes -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.runtime

$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	$(PIP) --require-hashes -r requirements-bench.lock
	touch $@

clean:
	rm -rf $(VENV) var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis deploy/neo4j-local/lib
