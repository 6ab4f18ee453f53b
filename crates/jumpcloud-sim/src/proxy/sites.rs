//! The hosts of the service by name, and what a simulator is called there.

use crate::http::Names;
use crate::{Host, Region};

/// `[observed]` for the first four, `[doc: how-to]` for the last; that the portal's name has its region in it, like the
/// others, is `[inferred]`.
const KINDS: [(&str, Host); 5] = [
    ("console", Host::Api),
    ("api", Host::Api),
    ("oauth.id", Host::Issuer),
    ("admin-oauth.id", Host::AdminOauth),
    ("login", Host::Login),
];

const REGIONS: [Region; 3] = [Region::Us, Region::Eu, Region::In];

/// The names of all hosts.
pub(super) fn names() -> Vec<String> {
    all().map(|(name, ..)| name).collect()
}

/// What a simulator is called by somebody who asks this host, if it is one of the service's.
pub(super) fn find(name: &str) -> Option<Names> {
    let name = name.to_ascii_lowercase();
    let (name, host, region) = all().find(|(known, ..)| *known == name)?;
    Some(Names {
        hosts: vec![format!("{name}:443"), name],
        host: Some(host),
        region: Some(region),
        issuer: issuer(region),
        issuers: REGIONS.map(|region| (Some(region), issuer(region))).to_vec(),
        portal: format!("https://{}", full("login", region)),
    })
}

fn all() -> impl Iterator<Item = (String, Host, Region)> {
    REGIONS.into_iter().flat_map(|region| KINDS.map(|(kind, host)| (full(kind, region), host, region)))
}

fn issuer(region: Region) -> String {
    format!("https://{}/", full("oauth.id", region))
}

fn full(kind: &str, region: Region) -> String {
    match region {
        Region::Us => format!("{kind}.jumpcloud.com"),
        Region::Eu => format!("{kind}.eu.jumpcloud.com"),
        Region::In => format!("{kind}.in.jumpcloud.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_host_is_there_in_each_region() {
        assert_eq!(names().len(), 15);
        let found = find("OAuth.id.eu.jumpcloud.com").unwrap();
        assert_eq!((found.host, found.issuer.as_str()), (Some(Host::Issuer), "https://oauth.id.eu.jumpcloud.com/"));
        assert_eq!(found.portal, "https://login.eu.jumpcloud.com");
        assert_eq!(find("console.jumpcloud.com").unwrap().issuer, "https://oauth.id.jumpcloud.com/");
    }

    #[test]
    fn nothing_else_is_a_host_of_the_service() {
        for name in ["jumpcloud.com", "console.us.jumpcloud.com", "console.jumpcloud.com.", "example.com", "127.0.0.1"]
        {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
