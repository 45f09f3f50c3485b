"""Authlib, OAuth 1.0a with sessions, signed with HMAC-SHA1 and with PLAINTEXT."""

from urllib.parse import parse_qsl

import requests
from authlib.integrations.requests_client import OAuth1Session

from incident import PATIENCE_S, passed, refused, serving

APP, SECRET, BACK = "authlib-app", "a secret", "http://127.0.0.1/back"


def journey(server, method, seen_as):
    access_url, api = server.base + "/oauth/AccessToken", server.base + "/api/organisation"
    how = {"client_id": APP, "client_secret": SECRET, "signature_method": method}

    session = OAuth1Session(redirect_uri=BACK, **how)
    session.fetch_request_token(server.base + "/oauth/RequestToken")
    url = session.create_authorization_url(server.base + "/oauth/Authorize")
    back = requests.get(url, allow_redirects=False, timeout=10)
    session.parse_authorization_response(back.headers["Location"])
    stored = session.fetch_access_token(access_url)

    def signed():
        return OAuth1Session(
            token=stored["oauth_token"], token_secret=stored["oauth_token_secret"], **how
        )

    org = signed().get(api).json()["org"]
    passed("first tokens")

    def renew():
        """Authlib knows nothing of sessions: the handle joins the parameters that it signs."""
        session = signed()
        plain = session.auth.get_oauth_params
        handle = ("oauth_session_handle", stored["oauth_session_handle"])
        session.auth.get_oauth_params = lambda nonce, time: [*plain(nonce, time), handle]
        return session.post(access_url, timeout=PATIENCE_S)

    answer = renew()
    assert answer.status_code == 200, answer.text
    stored.update(parse_qsl(answer.text))
    assert signed().get(api).status_code == 200
    passed("refresh")

    server.lose_next_answer(org, seen_as)
    error = refused(renew, requests.exceptions.RequestException)
    assert server.state(org) == "stale"
    passed(f"lost answer, seen as {seen_as}: {type(error).__name__}")

    answer = renew()
    assert answer.status_code == 401, answer.status_code
    assert dict(parse_qsl(answer.text))["oauth_problem"] == "token_rejected", answer.text
    passed("refusal")

    server.start_amnesty()
    answer = renew()
    assert answer.status_code == 200, answer.text
    stored.update(parse_qsl(answer.text))
    passed("amnesty")
    server.end_amnesty()
    answer = renew()
    assert answer.status_code == 200, answer.text
    stored.update(parse_qsl(answer.text))
    assert signed().get(api).status_code == 200
    assert server.state(org) == "connected"
    passed("recovery")


with serving("oauth1a", f"    - {{ key: {APP}, secret: {SECRET} }}") as server:
    journey(server, "HMAC-SHA1", "closed")
    journey(server, "PLAINTEXT", "silence")
