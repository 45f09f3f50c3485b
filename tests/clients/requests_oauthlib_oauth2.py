"""requests-oauthlib, OAuth 2.0: it refreshes, loses an answer, is refused, and comes back."""

import requests
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from incident import PATIENCE_S, passed, refused, serving

APP, SECRET, BACK = "oauth2-app", "a secret", "http://127.0.0.1/back"


def journey(server, seen_as):
    token_url, api = server.base + "/connect/token", server.base + "/api/organisation"
    session = OAuth2Session(APP, redirect_uri=BACK, scope=["offline_access"])

    # First tokens: the authorization code grant, approved without a person.
    url, _ = session.authorization_url(server.base + "/connect/authorize")
    back = requests.get(url, allow_redirects=False, timeout=10)
    code_url = back.headers["Location"].replace("http://", "https://")
    session.fetch_token(token_url, authorization_response=code_url, client_secret=SECRET)
    org = session.get(api).json()["org"]
    passed("first tokens")

    def refresh():
        return session.refresh_token(
            token_url, auth=HTTPBasicAuth(APP, SECRET), timeout=PATIENCE_S
        )

    before = session.token["refresh_token"]
    refresh()
    assert session.token["refresh_token"] != before
    assert session.get(api).status_code == 200
    passed("refresh")

    server.lose_next_answer(org, seen_as)
    lost = (requests.exceptions.RequestException, InvalidGrantError)
    error = refused(refresh, *lost)
    assert not isinstance(error, InvalidGrantError), error
    assert server.state(org) == "stale"
    passed(f"lost answer, seen as {seen_as}: {type(error).__name__}")

    error = refused(refresh, InvalidGrantError)
    assert error.status_code == 400, error.status_code
    passed("refusal")

    server.start_amnesty()
    refresh()
    passed("amnesty")
    server.end_amnesty()
    refresh()
    assert session.get(api).status_code == 200
    assert server.state(org) == "connected"
    passed("recovery")


with serving("oauth2", f"    - {{ key: {APP}, secret: {SECRET} }}") as server:
    for seen_as in ["silence", "reset", "closed", "truncated"]:
        journey(server, seen_as)
