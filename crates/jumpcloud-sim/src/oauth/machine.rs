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
        let is_known = |(client_id, secret): &(String, String)| {
            let account = self.service_accounts.accounts.get(client_id);
            let account = account.filter(|account| account.organizations.iter().any(|org| self.is_known_here(*org)));
            account.is_some_and(|account| account.secret.expose() == secret)
        };
        let Some((client_id, _)) = proof.filter(is_known) else {
            return Err(OauthError::new(401, "invalid_client", "Client authentication failed."));
        };
        if form.last("scope") != Some("api") {
            return Err(OauthError::new(400, "invalid_scope", "The requested scope is invalid."));
        }
        Ok(self.issue_service_token(&client_id))
    }
}
