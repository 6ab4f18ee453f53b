"""An OpenID provider made of a library that knows nothing of this repository, for `fedctl verify` to judge.

What it says of clients, redirect URIs, secrets and codes is the library's. ISSUER is what it calls itself; CLIENTS are the clients
that it knows, as JSON. It prints its address.
"""

import json
import os

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oidc.core import grants as oidc
from flask import Flask, jsonify, redirect, request
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server


class Client(ClientMixin):
    def __init__(self, known):
        self.known = known

    def get_client_id(self):
        return self.known["client_id"]

    def get_default_redirect_uri(self):
        return self.known["redirect_uris"][0]

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.known["redirect_uris"]

    def check_client_secret(self, client_secret):
        return self.known["client_secret"] == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return self.known["token_endpoint_auth_method"] == method

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def query_authorization_code(self, code, client):
        return None


class OpenIDCode(oidc.OpenIDCode):
    def exists_nonce(self, nonce, request):
        return False


def provider(issuer, clients):
    app = Flask(__name__)
    server = AuthorizationServer(app, query_client=clients.get, save_token=lambda *_: None)
    server.register_grant(CodeGrant, [OpenIDCode()])
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})

    @app.get("/.well-known/openid-configuration")
    def discovery():
        return jsonify(
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            jwks_uri=f"{issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
            token_endpoint_auth_methods_supported=CodeGrant.TOKEN_ENDPOINT_AUTH_METHODS,
        )

    @app.get("/keys")
    def keys():
        return jsonify(keys=[key.as_dict(private=False)])

    @app.get("/authorize")
    def authorize():
        try:
            server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return server.handle_error_response(server.create_oauth2_request(request), error)
        return redirect("/sign-in")

    @app.post("/token")
    def token():
        return server.create_token_response()

    return app


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    known = {client["client_id"]: Client(client) for client in json.loads(os.environ["CLIENTS"])}
    server = make_server("127.0.0.1", 0, provider(os.environ["ISSUER"], known))
    print(f"127.0.0.1:{server.port}", flush=True)
    server.serve_forever()
