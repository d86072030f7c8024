#!/usr/bin/env bash
# Every check that `make test` runs, the quick ones first. Each says its name and how long it took; the first that fails ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TERM_PROGRESS_WHEN=never
# Tests must not find the developer's own configuration or data.
unset VIGIE_CONFIG VIGIE_DATA_DIR VIGIE_LOG VIGIE_LOG_FORMAT
cargo_deny="${VIGIE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vigie}/cargo-deny-0.20.2/bin/cargo-deny"

step() {
  local name=$1 started=$SECONDS
  shift
  echo "── $name"
  "$@"
  echo "   $name: passed in $((SECONDS - started)) s"
}

step "formatting" cargo fmt --all --check
step "dependency policy" "$cargo_deny" --log-level error check bans licenses sources
step "build" cargo build --locked --workspace --all-targets
# The pipeline tests run the program that was just built; by themselves they would build it first.
export VIGIE_TEST_PROGRAM=$PWD/target/debug/vigie
step "clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
step "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet
step "unit, collector and pipeline tests" cargo test --locked --workspace --quiet
step "pages in a browser" node --test dashboards/e2e/*.test.mjs
echo "all checks passed in $((SECONDS / 60)) min $((SECONDS % 60)) s"
