# Every target first sets up what it needs, and loses no time when nothing has changed.
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt bench lock

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: ## Install what running needs into .venv
	@tools/bootstrap setup

run: setup ## Run the demonstration (FRESH=1 starts its data over)
	@$(BIN)/court-link demo $(if $(FRESH),--fresh)

test: ## Install what the tests need and run them (ARGS="tests/store -x" to choose)
	@tools/bootstrap test
	@$(BIN)/pytest --numprocesses 2 $(ARGS)

check: ## Lint, formatting, types, direction of imports
	@tools/bootstrap check
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: ## Format and mend what can be mended
	@tools/bootstrap check
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: ## Print the figures of the README
	@tools/bootstrap check
	$(BIN)/python -m benchmarks.booking
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.media
	$(BIN)/python -m benchmarks.survival
	$(BIN)/python -m benchmarks.day

lock: ## Pin dependencies again after an edit of pyproject.toml (UPGRADE=1 takes newer ones)
	@tools/bootstrap check
	$(LOCK) pyproject.toml --group build --output-file requirements.lock
	$(LOCK) pyproject.toml --group build --group dev --constraints requirements.lock --output-file requirements-dev.lock
