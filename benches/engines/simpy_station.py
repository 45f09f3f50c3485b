"""The small model of benches/engines for SimPy: orgs that refresh, and the station they share.

    simpy_station.py ORGS WORKERS SECONDS      prints what was counted, as JSON
"""

import gc
import json
import random
import sys

import simpy

TOKEN_LIFE = 1200.0  # seconds
NEXT_CALL = 600.0  # mean, exponential
SERVICE = 0.05  # mean, exponential
PATIENCE = 0.25


class Counts:
    attempts = 0
    timed_out = 0
    served = 0
    sojourn = 0.0


def until_first():
    """The rest of a cycle, as one finds it at any time: no rush when the clock starts."""
    rest = random.uniform(0, TOKEN_LIFE + NEXT_CALL)
    return rest if rest < TOKEN_LIFE else TOKEN_LIFE + random.expovariate(1 / NEXT_CALL)


def serve(env, station, done, counts):
    """The server's side of a request: it is served to its end, whoever waits for it."""
    came = env.now
    with station.request() as turn:
        yield turn
        yield env.timeout(random.expovariate(1 / SERVICE))
    counts.served += 1
    counts.sojourn += env.now - came
    done.succeed()


def org(env, station, counts):
    """An org: it waits until it needs a token, asks, and waits for the answer or gives up."""
    yield env.timeout(until_first())
    while True:
        counts.attempts += 1
        done = env.event()
        env.process(serve(env, station, done, counts))
        yield done | env.timeout(PATIENCE)
        fresh = TOKEN_LIFE
        if not done.triggered:
            counts.timed_out += 1
            fresh = 0.0
        yield env.timeout(fresh + random.expovariate(1 / NEXT_CALL))


def main():
    orgs, workers, seconds = (int(argument) for argument in sys.argv[1:])
    random.seed(1)
    env, counts = simpy.Environment(), Counts()
    station = simpy.Resource(env, capacity=workers)
    for _ in range(orgs):
        env.process(org(env, station, counts))
    env.run(until=0.001)  # every org has begun
    gc.freeze()  # or each full collection looks at all of them
    env.run(until=seconds)
    print(json.dumps({
        "attempts": counts.attempts,
        "timed_out": counts.timed_out,
        "mean_sojourn": counts.sojourn / max(counts.served, 1),
    }))


main()
