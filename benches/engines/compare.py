"""Runs the same small model in SimPy, nexosim and amnesty, and prints what each takes: see README.md here.

    compare.py SIMPY_PYTHON NEXOSIM_BINARY AMNESTY_BINARY [ORGS ...]

Every figure is the difference of two runs, one of them long and one of ten simulated seconds, so that
setting up (a million processes, reading the scenario, drawing charts) does not count, but for memory.
"""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent

# Simulated seconds, so that a run takes 3 to 30 s of a core.
SECONDS = {
    "simpy": {1_000: 900_000, 100_000: 3_600, 1_000_000: 300},
    "nexosim": {1_000: 9_000_000, 100_000: 18_000, 1_000_000: 1_800},
    "amnesty": {1_000: 86_400_000, 100_000: 1_728_000, 1_000_000: 172_800},
}
SHORT = 10
CYCLE = 1_800  # seconds from one refresh of an org to its next
SERVICE = 0.05
LOGICAL_EVENTS = 4  # an attempt's: timer, arrival, completion, answer or timeout


def workers(orgs):
    """As many as make the station half busy, or one: timeouts bring orgs back sooner, and a busier one tips over."""
    return max(1, math.ceil(orgs * SERVICE / CYCLE / 0.5))


def measured(command):
    """What a command printed, its CPU time in seconds, and the most memory it held in MB."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return printed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def amnesty(binary, orgs, seconds):
    with tempfile.TemporaryDirectory() as out:
        settings = {
            "clock.duration": f"{seconds}s",
            "server.station.workers": workers(orgs),
            "swarm.apps.orgs_per_partner": orgs // 1_000,
        }
        sets = [part for path, value in settings.items() for part in ("--set", f"{path}={value}")]
        command = [binary, "run", HERE / "station.yaml", "--quiet", "--out", out, *sets]
        _, cpu, memory = measured(command)
        summary = json.loads(next(pathlib.Path(out).rglob("summary.json")).read_text())
    total = summary["arms"][0]["total"]
    counts = {kind: total["attempts"][kind]["mean"] for kind in ("timed_out", "total")}
    return {"attempts": counts["total"], "timed_out": counts["timed_out"]}, cpu, memory


def printing(*command):
    def run(orgs, seconds):
        printed, cpu, memory = measured([*command, orgs, workers(orgs), seconds])
        return json.loads(printed), cpu, memory
    return run


def main():
    python, nexosim, binary, *orgs = sys.argv[1:]
    sides = {
        "simpy": printing(python, HERE / "simpy_station.py"),
        "nexosim": printing(nexosim),
        "amnesty": lambda orgs, seconds: amnesty(binary, orgs, seconds),
    }
    print("| orgs | engine | attempts | timed out | CPU s | attempts/s | logical events/s | to SimPy | MB at most |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count in map(int, orgs or SECONDS["simpy"]):
        first = None
        for name, run in sides.items():
            short, short_cpu, _ = run(count, SHORT)
            counts, cpu, memory = run(count, SECONDS[name][count])
            attempts, cpu = counts["attempts"] - short["attempts"], cpu - short_cpu
            rate = attempts / cpu
            first = first or rate
            print(
                f"| {count:,} | {name} | {attempts:,.0f} | {counts['timed_out'] / counts['attempts']:.2%} | {cpu:.1f} "
                f"| {rate:,.0f} | {rate * LOGICAL_EVENTS:,.0f} | {rate / first:,.1f} | {memory:,.0f} |",
                flush=True,
            )


main()
