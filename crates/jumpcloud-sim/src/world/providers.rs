//! Identity providers: at most one an organisation \[observed\].

use serde::{Deserialize, Serialize};

use super::World;
use crate::id::{OrgId, ProviderId};
use crate::secret::Secret;

/// What stands behind an identity provider; all have the same settings \[observed\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProviderKind {
    /// Any OpenID provider.
    Oidc,
    /// Google.
    Google,
    /// Okta.
    Okta,
    /// Azure.
    Azure,
}

/// One identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// The id.
    pub id: ProviderId,
    /// Whose it is.
    pub organization: OrgId,
    /// The name.
    pub name: String,
    /// What stands behind it.
    pub kind: ProviderKind,
    /// The client that it signs in as, at the issuer.
    pub client_id: String,
    /// The client's secret; reads as `""` \[observed\].
    pub client_secret: Secret,
    /// The issuer, with or without its last slash.
    pub url: String,
}

impl World {
    /// The identity provider of an organisation.
    pub fn provider(&self, org: OrgId) -> Option<&Provider> {
        self.providers.values().find(|provider| provider.organization == org)
    }

    /// Gives an organisation an identity provider; with more than one nothing is checked.
    pub fn add_provider(
        &mut self,
        org: OrgId,
        name: &str,
        client_id: &str,
        client_secret: &str,
        url: &str,
    ) -> ProviderId {
        let id = self.new_id();
        let provider = Provider {
            id,
            organization: org,
            name: name.to_owned(),
            kind: ProviderKind::Oidc,
            client_id: client_id.to_owned(),
            client_secret: Secret::new(client_secret),
            url: url.to_owned(),
        };
        self.providers.insert(id, provider);
        id
    }
}
