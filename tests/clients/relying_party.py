"""A relying party made of an OpenID library that knows nothing of this repository: discovery, keys, code flow with PKCE.

What the issuer says is believed by the library or not: nothing is checked here, and nothing is told to be let pass.
Arguments: the issuer, a person's address and password, and what to mix up, if anything. Then the library expects what
is not so and has to refuse a token that is good, or, for the proof key, the issuer has to. CLIENT_ID and CLIENT_SECRET
are of an app that has REDIRECT_URI. Prints the claims, as JSON.
"""

import json
import os
import sys
import urllib.parse

from cryptojwt import KeyJar
from idpyoidc.client.rp_handler import RPHandler

from pages import Browser, log_in

REDIRECT_URI = "https://rp.example/callback"

# What the library can be told to expect of an id token.
EXPECTED = {
    "audience": {"client_id": "another"},
    "issuer": {"iss": "https://issuer.example/"},
    "expiry": {"skew": -2 * 3600},
    "keys": {"keyjar": KeyJar()},
}


def handler(issuer):
    client = {
        "issuer": issuer,
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "client_type": "oidc",
        "redirect_uris": [REDIRECT_URI],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "client_authn_methods": ["client_secret_post", "bearer_header"],
        "services": {
            name: {"class": f"idpyoidc.client.oidc.{name}.{kind}"}
            for name, kind in {
                "provider_info_discovery": "ProviderInfoDiscovery",
                "authorization": "Authorization",
                "access_token": "AccessToken",
                "userinfo": "UserInfo",
            }.items()
        },
        "add_ons": {
            "pkce": {
                "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
            }
        },
    }
    # Without a key jar it makes keys of its own, which nothing here asks for, and writes them where it is started.
    return RPHandler(base_url="https://rp.example", keyjar=KeyJar(), client_configs={"jumpcloud": client})


def mix_up(what, context, asked):
    if what in EXPECTED:
        context.claims.set_usage("verify_args", EXPECTED[what])
    elif what == "nonce":
        context.cstate._map.pop(asked["nonce"])
    elif what == "verifier":
        context.cstate.update(asked["state"], {"code_verifier": "x" * 64})
    else:
        assert what is None, what


def main(issuer, email, password, mixed_up=None):
    parties = handler(issuer)
    authorize = parties.begin(issuer_id="jumpcloud")
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(authorize).query))
    assert asked["code_challenge_method"] == "S256" and asked["nonce"], asked

    browser = Browser(stop_at=REDIRECT_URI)
    log_in(browser, browser.open(authorize), email, password)
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.arrived).query))
    assert answer["state"] == asked["state"], answer

    mix_up(mixed_up, parties.issuer2rp[issuer].get_context(), asked)
    result = parties.finalize(issuer, answer)
    if "error" in result:
        raise SystemExit(f"refused: {result}")
    token = result["id_token"]
    shown = {"header": token.jws_header, "id_token": token.to_dict(), "userinfo": dict(result["userinfo"])}
    print(json.dumps(shown))


if __name__ == "__main__":
    main(*sys.argv[1:])
