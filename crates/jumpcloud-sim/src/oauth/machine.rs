//! Tokens for service accounts: the token endpoint of `admin-oauth.id.jumpcloud.com`, a host of its own \[observed\].

use super::OauthError;
use super::token::decode_basic;
use crate::message::Request;
use crate::query::Params;
use crate::world::World;

impl World {
    /// Gives a token for a client id and secret in the `Authorization` header, with `grant_type=client_credentials` and
    /// `scope=api` \[observed\]. Refusals are those of the OAuth standard \[inferred\].
    pub(crate) fn client_credentials(&mut self, request: &Request) -> Result<String, OauthError> {
        let form = Params::parse(&String::from_utf8_lossy(&request.body));
        if form.last("grant_type") != Some("client_credentials") {
            return Err(OauthError::new(400, "unsupported_grant_type", "The grant type is not supported."));
        }
        let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let proof = basic.and_then(decode_basic);
        if form.last("scope") != Some("api") {
            return Err(OauthError::new(400, "invalid_scope", "The requested scope is invalid."));
        }
        let token = proof.and_then(|(client_id, secret)| self.issue_service_token(&client_id, &secret));
        token.ok_or_else(|| OauthError::new(401, "invalid_client", "Client authentication failed."))
    }
}
