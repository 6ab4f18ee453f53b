"""The public procedure, by a program that knows JumpCloud by its own names and has never heard of a simulator.

Nothing but the standard library: it is led to the simulator by HTTPS_PROXY and believes it by SSL_CERT_FILE. The two
API keys come by PRIMARY_KEY and SECONDARY_KEY. It federates one person, who then signs in with a browser.
"""

import json
import os
import sys
import urllib.request

from pages import Browser, Form, log_in

CONSOLE = "https://console.jumpcloud.com"
ALIAS = ".beta"


def call(key, method, path, body=None):
    """One call of the API; what it answers, if anything."""
    headers = {"x-api-key": os.environ[key], "accept": "application/json", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(CONSOLE + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def primary(method, path, body=None):
    return call("PRIMARY_KEY", method, path, body)


def secondary(method, path, body=None):
    return call("SECONDARY_KEY", method, path, body)


def custom_attribute_within_the_primary(email):
    found = primary("GET", f"/api/systemusers?filter=email:$eq:{email}&limit=100")["results"]
    [user] = [user for user in found if user["email"] == email]
    kept = [{"name": each["name"], "value": each["value"]} for each in user["attributes"]]
    attributes = kept + [{"name": "SecondaryEmail", "value": email + ALIAS}]
    primary("PUT", f"/api/systemusers/{user['_id']}", {"attributes": attributes})
    return user


def corresponding_user_in_the_secondary(user):
    email = user["email"] + ALIAS
    body = {
        "username": user["username"],
        "email": email,
        "firstname": user["firstname"],
        "lastname": user["lastname"],
        "attributes": [{"name": "SecondaryEmail", "value": email}],
    }
    return secondary("POST", "/api/systemusers", body)["_id"]


def user_group_in_the_secondary():
    query = {"queryType": "Search", "searchFilters": json.dumps({"filter": {"and": [f"email:$ew:{ALIAS}"]}})}
    body = {"name": "Federated Users to the Primary Org", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": query}
    return secondary("POST", "/api/v2/usergroups", body)["id"]


def user_group_in_the_primary(user):
    group = primary("POST", "/api/v2/usergroups", {"name": "May use the Secondary Org"})["id"]
    member = {"op": "add", "type": "user", "id": user["_id"]}
    primary("POST", f"/api/v2/usergroups/{group}/members", member)
    return group


def oidc_application_in_the_primary(group):
    body = {
        "name": "oidc",
        "displayLabel": "OIDC for Secondary Org",
        "config": {},
        "active": True,
        "sso": {"type": "oidc", "hidden": True},
    }
    app = primary("POST", "/api/applications", body)["_id"]
    sso = {
        "type": "oidc",
        "hidden": True,
        "oidc": {
            "redirectUris": ["https://login.jumpcloud.com/oauth/callback"],
            "grantTypes": ["authorization_code"],
            "tokenEndpointAuthMethod": "client_secret_post",
            "relyingPartyUrl": "https://console.jumpcloud.com",
            "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}],
        },
    }
    shown_once = primary("POST", f"/api/v2/applications/{app}/sso", sso)["oidc"]
    bound = {"op": "add", "type": "user_group", "id": group}
    primary("POST", f"/api/v2/applications/{app}/associations", bound)
    return shown_once["clientId"], shown_once["clientSecret"]


def identity_provider_in_the_secondary(client_id, client_secret):
    oidc = {"clientId": client_id, "clientSecret": client_secret, "url": "https://oauth.id.jumpcloud.com"}
    body = {"name": "Primary JumpCloud Org", "oidc": oidc, "type": "OIDC"}
    return secondary("POST", "/api/v2/identity-providers", body)["id"]


def routing_policy_in_the_secondary(provider, group):
    body = {"name": "To the Primary Org", "enabled": True, "identityProviderId": provider}
    policy = secondary("POST", "/api/v2/identity-provider/policies", body)["id"]
    bound = {"op": "add", "type": "user_group", "id": group}
    secondary("POST", f"/api/v2/identity-provider/policies/{policy}/associations", bound)


def password_authority_as_federated(account, provider):
    field = {"field": "password", "type": "federated_identity_provider", "id": provider}
    secondary("PUT", f"/api/systemusers/{account}", {"restrictedFields": [field]})


def log_in_to_the_user_portal(email, password):
    browser = Browser()
    form = Form(browser.open("https://login.jumpcloud.com/login"))
    form.fill("email", email + ALIAS)
    page = browser.submit(form)
    # The primary's page has the address of the secondary filled in: its end has to be taken off.
    page = log_in(browser, page, email, password)
    elsewhere = [address for address in browser.visited if ".jumpcloud.com/" not in address.split("?")[0]]
    assert not elsewhere, elsewhere
    return page.read().decode()


def main(email, password):
    user = custom_attribute_within_the_primary(email)
    account = corresponding_user_in_the_secondary(user)
    routed = user_group_in_the_secondary()
    allowed = user_group_in_the_primary(user)
    client = oidc_application_in_the_primary(allowed)
    provider = identity_provider_in_the_secondary(*client)
    routing_policy_in_the_secondary(provider, routed)
    password_authority_as_federated(account, provider)
    print(log_in_to_the_user_portal(email, password))


if __name__ == "__main__":
    main(*sys.argv[1:])
