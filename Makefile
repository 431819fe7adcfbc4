# Everything a person or CI asks of this repository. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
PIP := --quiet --disable-pip-version-check --no-input
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types docs docs-check bench fuzz fuzz-rego tools lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: .venv/stamp ## A change denied, corrected, merged, applied, healed and verified, in a scratch folder
	$(BIN)/python -m tests.support.demo

test: .venv/stamp ## Every test whose servers are there; the summary lists what was not tested
	$(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST)

check: lint types docs-check test ## What CI runs: lint, architecture, types, documentation, tests

lint: .venv/stamp ## Style, format, and the architecture's import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/stamp ## Static types, strictly
	$(BIN)/mypy

# Whoever generates a page or a schema adds a line here that writes it, and one below that
# fails where what is committed differs.
docs: .venv/stamp ## Write the generated documentation again
	$(BIN)/cpctl schema --output-dir schemas --docs docs/reference
	$(BIN)/cpctl policy docs
	$(BIN)/python -m tests.support.command_page

docs-check: .venv/stamp ## Fail where generated documentation differs from its source
	$(BIN)/cpctl schema --output-dir schemas --docs docs/reference --check
	$(BIN)/cpctl policy docs --check
	$(BIN)/python -m tests.support.command_page --check

bench: .venv/stamp ## The benchmarks, against their peers, with the raw data kept
	$(BIN)/python -m benchmarks $(BENCH)

fuzz: .venv/stamp ## 100,000 generated YAML documents: both readers take the same and read the same
	$(BIN)/python -m tests.support.yaml_fuzz $(FUZZ)

fuzz-rego: .venv/stamp ## 3,000 generated rules: the three engines give the same verdicts, or one fails and denies
	$(BIN)/python -m tests.support.rego_fuzz $(FUZZ)

tools: ## Build the real servers into .tools/bin (needs Go); what is current is left alone
	$(PYTHON) tools/build.py

lock: .venv/stamp ## Resolve requirements/dev.in again, with hashes (LOCK=--upgrade for newer versions)
	$(BIN)/uv pip compile --quiet $(LOCK) --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url requirements/dev.in --output-file requirements/dev.txt

clean: ## Remove the environment, caches and build output; .tools stays
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.tools/*' -prune -exec rm -rf {} +

# The environment is made again when the requirements change. Some distributions package venv
# apart from Python: the message says what to install.
.venv/stamp: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is older than 3.11 or missing; name another with make PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "error: '$(PYTHON) -m venv' failed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(BIN)/python -m pip install $(PIP) --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install $(PIP) --no-deps --no-build-isolation -e .
	@touch $@
