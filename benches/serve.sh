#!/usr/bin/env bash
# The mock server against a bare hyper handler that returns a constant body, and the swarm against wrk: all
# on one core each, one after the other, several rounds. Needs wrk, taskset, curl and python3.
#
#   benches/serve.sh [rounds] [seconds]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} seconds=${2:-5}
target=${CARGO_TARGET_DIR:-target}/release

cargo build --release --quiet --bin amnesty --example bare_hyper
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

# Requests a second of what listens at $1.
drive() {
    TOKENS=$work/tokens taskset -c 1 wrk -t1 -c32 -d"${seconds}s" -s benches/refresh.lua "http://$1" |
        sed -n 's/^Requests\/sec: *//p'
}

bare() {
    taskset -c 0 "$target/examples/bare_hyper" 127.0.0.1:9001 >/dev/null &
    server=$!
    sleep 0.5
    drive 127.0.0.1:9001
    kill "$server"; wait "$server" 2>/dev/null || true; server=
}

serve() {
    taskset -c 0 "$target/amnesty" serve benches/serve.yaml --listen 127.0.0.1:9002 \
        --control 127.0.0.1:9003 >/dev/null &
    server=$!
    sleep 0.5
    drive 127.0.0.1:9002
    kill "$server"; wait "$server" 2>/dev/null || true; server=
}

# The tokens of all orgs, which are the same in every run.
"$target/amnesty" serve benches/serve.yaml --listen 127.0.0.1:9002 --control 127.0.0.1:9003 >/dev/null &
server=$!
sleep 0.5
python3 - "$work/tokens" <<'PY'
import json, sys, urllib.request
with open(sys.argv[1], "w") as file:
    for org in range(1000):
        with urllib.request.urlopen(f"http://127.0.0.1:9003/orgs/{org}") as answer:
            print(json.load(answer)["credentials"]["oauth2"]["refresh_token"], file=file)
PY
kill "$server"; wait "$server" 2>/dev/null || true; server=

printf '%-8s %14s %14s %8s\n' round 'bare hyper/s' 'amnesty/s' ratio
for round in $(seq "$rounds"); do
    a=$(bare) b=$(serve)
    printf '%-8s %14s %14s %8s\n' "$round" "$a" "$b" "$(awk "BEGIN { printf \"%.2f\", $b / $a }")"
done
