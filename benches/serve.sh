#!/usr/bin/env bash
# The mock server against a bare hyper handler that returns a constant body, and the swarm against wrk: a
# server on one core, a generator on the other, in turn, several rounds. CPU time per request is printed
# beside the rate: it does not care what else the machine does. Needs wrk, taskset and python3.
#
#   benches/serve.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} seconds=5
target=${CARGO_TARGET_DIR:-target}/release

cargo build --release --quiet --bin amnesty --example bare_hyper
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

start() { taskset -c 0 "$@" >/dev/null & server=$!; sleep 0.5; }
stop() { kill "$server"; wait "$server" 2>/dev/null || true; server=; }
bare() { start "$target/examples/bare_hyper" 127.0.0.1:9002; }
mock() { start "$target/amnesty" serve "$1" --listen 127.0.0.1:9002 --control 127.0.0.1:9003; }

# Ticks of CPU time that a process has used.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# One line: what, requests a second, and microseconds of the server's CPU time and of the generator's.
line() {
    awk -v what="$1" -v n="$2" -v s="$3" -v a="$4" -v b="$5" -v hz="$(getconf CLK_TCK)" 'BEGIN {
        printf "%-28s %9.0f/s %8.2f us %8.2f us\n", what, n / s, a / hz / n * 1e6, b * 1e6 / n }'
}

# The server, driven by wrk.
by_wrk() {
    local before after
    before=$(ticks "$server")
    TOKENS=$work/tokens bash -c "TIMEFORMAT=%U+%S; time taskset -c 1 wrk -t1 -c32 -d${seconds}s \
        -s benches/refresh.lua http://127.0.0.1:9002" >"$work/wrk" 2>"$work/time"
    after=$(ticks "$server")
    line "$1" "$(awk '/requests in/ { print $1 }' "$work/wrk")" "$seconds" "$((after - before))" \
        "$(tail -n 1 "$work/time" | python3 -c "print(eval(input()))")"
}

# The server, driven by the swarm.
by_swarm() {
    local before after
    before=$(ticks "$server")
    bash -c "TIMEFORMAT=%U+%S; time taskset -c 1 $target/amnesty swarm benches/swarm.yaml --quiet --time-scale 1000 \
        --token-url http://127.0.0.1:9002/connect/token --out $work" >/dev/null 2>"$work/time"
    after=$(ticks "$server")
    line "$1" "$(python3 -c "import json, sys; print(json.load(open(sys.argv[1]))['live']['attempts'])" \
        "$work/bench-swarm-swarm/summary.json")" "$seconds" "$((after - before))" \
        "$(tail -n 1 "$work/time" | python3 -c "print(eval(input()))")"
}

# The tokens of all orgs, which are the same in every run.
mock benches/serve.yaml
python3 - "$work/tokens" <<'PY'
import json, sys, urllib.request
with open(sys.argv[1], "w") as file:
    for org in range(1000):
        with urllib.request.urlopen(f"http://127.0.0.1:9003/orgs/{org}") as answer:
            print(json.load(answer)["credentials"]["oauth2"]["refresh_token"], file=file)
PY
stop

printf '%-28s %11s %11s %11s\n' '' rate server generator
for _ in $(seq "$rounds"); do
    bare; by_wrk 'bare hyper, by wrk'; stop
    mock benches/serve.yaml; by_wrk 'amnesty serve, by wrk'; stop
    mock benches/swarm.yaml; by_swarm 'amnesty serve, by the swarm'; stop
done
