# Two commands on a fresh clone do everything: `make demo` and `make test`. `make help` lists the others.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

SPEED ?= 240
PORT ?= 8080
VIGIE := target/release/vigie
# Integers and booleans are told apart by the tests, not the environment; colours only on a terminal.
export CARGO_TERM_PROGRESS_WHEN ?= auto

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## Fetch libtorch, the ClickHouse library and the front-end packages (cached in ~/.cache/vigie)
	@python3 scripts/setup.py build

.PHONY: build
build: setup ## Build the program in release mode: target/release/vigie
	cargo build --release --locked

.PHONY: demo
demo: build ## Replay the story of a bad buzz in a temporary data dir (SPEED=240 PORT=8080)
	@exec $(VIGIE) demo --speed $(SPEED) --port $(PORT)

.PHONY: test
test: ## Set up as needed, then run every check
	@python3 scripts/setup.py build test
	@scripts/test.sh

.PHONY: bench
bench: setup ## Run the benchmarks that live beside the code
	cargo bench --workspace --locked

.PHONY: bench-tagger
bench-tagger: build ## Time the tagger against the Python transformers pipeline on the same weights and texts
	@python3 scripts/bench_tagger.py

.PHONY: train
train: ## Rebuild the base encoder and train the tagger: make train MINIBAR=path/to/minibar_app_reviews.jsonl
	@python3 scripts/setup.py build train
	cargo build --release --locked
	$(VIGIE) train --minibar "$(MINIBAR)"

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all
