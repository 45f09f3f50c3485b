#!/usr/bin/env bash
# The same small model in SimPy, nexosim and amnesty, one after the other. benches/README.md says what is counted.
#
#   benches/engines/run.sh [ORGS ...]      1000, 100000 and 1000000 if none are given
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=${CARGO_TARGET_DIR:-$root/target}/engines
mkdir -p "$work"

if [ ! -x "$work/venv/bin/python" ]; then
    python3 -m venv "$work/venv"
fi
"$work/venv/bin/pip" install --quiet 'simpy==4.1.2'
cargo build --release --quiet --manifest-path "$here/nexosim/Cargo.toml" --target-dir "$work/nexosim"
cargo build --release --quiet --locked --manifest-path "$root/Cargo.toml" --bin amnesty

exec python3 "$here/compare.py" "$work/venv/bin/python" "$work/nexosim/release/nexosim-station" \
    "${CARGO_TARGET_DIR:-$root/target}/release/amnesty" "$@"
