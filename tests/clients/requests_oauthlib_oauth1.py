"""requests-oauthlib, OAuth 1.0a with sessions: signed with HMAC-SHA1 and with RSA-SHA1."""

from urllib.parse import parse_qsl

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import SIGNATURE_HMAC, SIGNATURE_RSA
from requests_oauthlib import OAuth1Session

from incident import PATIENCE_S, passed, refused, serving

BACK = "http://127.0.0.1/back"


def key_pair():
    """A private key for the client and its public half for the server, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def refused_with(answer, problem, advice):
    """The answer is 401 with Xero's body."""
    assert answer.status_code == 401, answer.status_code
    fields = dict(parse_qsl(answer.text))
    assert fields["oauth_problem"] == problem, answer.text
    assert advice in fields["oauth_problem_advice"], answer.text


def journey(server, how, seen_as):
    access_url, api = server.base + "/oauth/AccessToken", server.base + "/api/organisation"

    # First tokens: request token, authorisation without a person, access token.
    session = OAuth1Session(callback_uri=BACK, **how)
    session.fetch_request_token(server.base + "/oauth/RequestToken")
    url = session.authorization_url(server.base + "/oauth/Authorize")
    back = requests.get(url, allow_redirects=False, timeout=10)
    session.parse_authorization_response(back.headers["Location"])
    stored = session.fetch_access_token(access_url)
    assert int(stored["oauth_expires_in"]) == 1800, stored

    def signed(tokens):
        return OAuth1Session(
            resource_owner_key=tokens["oauth_token"],
            resource_owner_secret=tokens["oauth_token_secret"],
            **how,
        )

    org = signed(stored).get(api).json()["org"]
    passed("first tokens")

    def renew():
        """As pyxero does it: the handle in the query, the rest in the header."""
        return signed(stored).post(
            access_url,
            params={"oauth_session_handle": stored["oauth_session_handle"]},
            timeout=PATIENCE_S,
        )

    old = dict(stored)
    answer = renew()
    assert answer.status_code == 200, answer.text
    stored.update(parse_qsl(answer.text))
    assert stored["oauth_token"] != old["oauth_token"]
    assert stored["oauth_session_handle"] == old["oauth_session_handle"]
    assert signed(stored).get(api).status_code == 200
    refused_with(signed(old).get(api), "token_rejected", "The access token is not valid")
    passed("refresh")

    server.lose_next_answer(org, seen_as)
    error = refused(renew, requests.exceptions.RequestException)
    assert server.state(org) == "stale"
    passed(f"lost answer, seen as {seen_as}: {type(error).__name__}")

    expected = f"Token {stored['oauth_token']} does not match an expected REQUEST token"
    refused_with(renew(), "token_rejected", expected)
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
    assert signed(stored).get(api).status_code == 200
    assert server.state(org) == "connected"
    passed("recovery")

    # A signature made with another key is turned away.
    forged = dict(how)
    if "rsa_key" in forged:
        forged["rsa_key"] = key_pair()[0]
    else:
        forged["client_secret"] = "another secret"
    session = OAuth1Session(callback_uri=BACK, **forged)
    answer = session.post(server.base + "/oauth/RequestToken")
    refused_with(answer, "signature_invalid", "")
    passed("a forged signature")


private, public = key_pair()
pem = "\n".join("        " + line for line in public.strip().splitlines())
known = f"    - {{ key: hmac-app, secret: a secret }}\n    - key: rsa-app\n      rsa_public_key: |\n{pem}"
with serving("oauth1a", known) as server:
    hmac = {"client_key": "hmac-app", "client_secret": "a secret"}
    journey(server, {**hmac, "signature_method": SIGNATURE_HMAC}, "silence")
    signing = {"client_key": "rsa-app", "rsa_key": private, "signature_method": SIGNATURE_RSA}
    journey(server, signing, "reset")
