"""Authlib, OAuth 2.0, over requests and over httpx: refresh on its own before an API call."""

import httpx
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session

from incident import PATIENCE_S, passed, refused, serving

APP, SECRET, BACK = "authlib-app", "a secret", "http://127.0.0.1/back"


def journey(server, client, lost, seen_as):
    token_url, api = server.base + "/connect/token", server.base + "/api/organisation"

    # What the server says of itself.
    metadata = requests.get(
        server.base + "/.well-known/oauth-authorization-server", timeout=10
    ).json()
    assert metadata["token_endpoint"] == token_url, metadata

    url, state = client.create_authorization_url(metadata["authorization_endpoint"])
    back = requests.get(url, allow_redirects=False, timeout=10)
    location = back.headers["Location"]
    client.fetch_token(token_url, authorization_response=location, state=state)
    org = client.get(api).json()["org"]
    passed("first tokens")

    def refresh():
        return client.refresh_token(token_url, timeout=PATIENCE_S)

    before = client.token["refresh_token"]
    refresh()
    assert client.token["refresh_token"] != before
    assert client.get(api).status_code == 200
    passed("refresh")

    server.lose_next_answer(org, seen_as)
    error = refused(refresh, *lost)
    assert server.state(org) == "stale"
    passed(f"lost answer, seen as {seen_as}: {type(error).__name__}")

    error = refused(refresh, OAuthError)
    assert error.error == "invalid_grant", error
    passed("refusal")

    server.start_amnesty()
    refresh()
    passed("amnesty")
    server.end_amnesty()
    refresh()
    assert client.get(api).status_code == 200
    assert server.state(org) == "connected"
    passed("recovery")


with serving("oauth2", f"    - {{ key: {APP}, secret: {SECRET} }}") as server:
    for kind, lost in [
        (OAuth2Session, (requests.exceptions.RequestException,)),
        (OAuth2Client, (httpx.HTTPError,)),
    ]:
        for seen_as in ["silence", "reset"]:
            client = kind(APP, SECRET, redirect_uri=BACK, scope="offline_access")
            journey(server, client, lost, seen_as)
