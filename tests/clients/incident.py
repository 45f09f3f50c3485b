"""A server to meet, and a hand on its incident. Standard library only."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import urllib.request

SCENARIO = """
name: clients
about: One app, met by real client libraries.
clock: {{ start: 2018-03-12T00:00:00Z, duration: 1d }}
server:
  protocol: {protocol}
  policy: strict
  access_token_ttl: 30m
  old_access_token: killed_at_rotation
  service_time: 1ms
  registrations:
{registrations}
swarm:
  - {{ name: apps, partners: 1, orgs_per_partner: 1, client: pyxero }}
"""

# A client that gives up: nothing here waits longer for an answer that never comes.
PATIENCE_S = 1.0


class Server:
    """A running `amnesty serve`."""

    def __init__(self, process, base, control):
        self.process, self.base, self.control = process, base, control

    def call(self, path, body=None):
        """Asks the control port; a body makes it a POST."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.control + path, data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def lose_next_answer(self, org, seen_as):
        """The next refresh of the org is committed, and its answer is lost."""
        self.call(f"/orgs/{org}/fate", {"fate": "lose_answer", "seen_as": seen_as})

    def start_amnesty(self):
        """From now on any generation with a valid session is accepted."""
        self.call("/amnesty/start", {})

    def end_amnesty(self):
        """It is over."""
        self.call("/amnesty/end", {})

    def state(self, org):
        """How the server thinks that the org stands."""
        return self.call(f"/orgs/{org}")["state"]


@contextlib.contextmanager
def serving(protocol, registrations):
    """A server that knows these apps, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "clients.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SCENARIO.format(protocol=protocol, registrations=registrations))
        command = [os.environ["AMNESTY"], "serve", path, "--by-hand"]
        command += ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            # The first lines name the two ports.
            found = {}
            while len(found) < 2:
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError("the server ended before it told its ports")
                for kind, url in re.findall(r"(serving|control)\D*?(http://[\w.:\[\]]+)", line):
                    found[kind] = url
            yield Server(process, found["serving"], found["control"])
        finally:
            process.terminate()
            process.wait(timeout=10)


def refused(step, *kinds):
    """Runs a step that must fail in one of these ways; the error."""
    try:
        step()
    except kinds as error:
        return error
    raise AssertionError("this should have failed")


def passed(step):
    """Says that a step went well."""
    print(f"  {step}: ok", flush=True)
