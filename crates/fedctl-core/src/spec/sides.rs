//! Reads `primary`, `secondary` and `sandbox`.

use super::types::{Region, Sandbox, Side};
use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::path::{FieldPath, Located};
use crate::text::reader::{Fields, Reader};
use crate::text::word::{Refused, Word};

const REGIONS: &[(&str, Region)] = &[("us", Region::Us), ("eu", Region::Eu), ("in", Region::In)];

impl Region {
    /// The word of the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::In => "in",
        }
    }
}

impl Word for Sandbox {
    fn parse(text: &str) -> Result<Self, Refused> {
        let host = text.strip_prefix("http://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let port =
            host.and_then(|host| ["127.0.0.1", "[::1]"].into_iter().find_map(|literal| host.strip_prefix(literal)));
        let is_port = |port: &str| {
            port.is_empty()
                || port.strip_prefix(':').is_some_and(|digits| {
                    digits.bytes().all(|byte| byte.is_ascii_digit())
                        && digits.parse::<u16>().is_ok_and(|port| port != 0)
                })
        };
        match (host, port) {
            (Some(host), Some(port)) if is_port(port) => Ok(Self(format!("http://{host}"))),
            (Some(_) | None, Some(_) | None) => {
                Err(Refused::new(Code::InvalidSandbox, format!("`{text}` is not the simulator on this machine")).help(
                    "write `http://127.0.0.1:8480` or `http://[::1]:8480`: a name can be made to mean another machine, and with a sandbox nothing may leave this machine",
                ))
            }
        }
    }
}

/// Reads one side.
pub(super) fn side(reader: &mut Reader, top: &Fields<'_>, key: &str) -> Option<Side> {
    reader.must_have(top, key, &format!("{key}: {{organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}}"));
    let fields = reader.section(top, key, &["organization", "region", "credentials"]);
    reader.must_have(&fields, "organization", "organization: \"5f0c0d3e9b1e8a0001a1b2c3\"");
    reader.must_have(&fields, "credentials", "credentials: acme");
    let organization = reader.word(&fields, "organization");
    let region = reader.choice_or(&fields, "region", REGIONS, Region::Us);
    let credentials = reader.word(&fields, "credentials");
    Some(Side { organization: organization?, region, credentials: credentials? })
}

/// Reports two sides that are one organisation.
pub(super) fn different(reader: &mut Reader, primary: &Side, secondary: &Side) {
    if primary.organization.value == secondary.organization.value {
        reader.push(
            Diagnostic::error(Code::EqualOrganizations, "primary and secondary are the same organisation")
                .at_value(&secondary.organization.at, "the same again")
                .at_value(&primary.organization.at, "first here")
                .help("people authenticate in the primary and want to sign in to the secondary: these are two organisations"),
        );
    }
}

/// Reads the simulator's address.
pub(super) fn sandbox(reader: &mut Reader, top: &Fields<'_>) -> Option<Located<Sandbox>> {
    reader.word(top, "sandbox")
}

/// The version of the format that this program reads.
const VERSION: &str = "1";

/// Refuses other versions of the format.
pub(crate) fn version(reader: &mut Reader, top: &Fields<'_>) {
    let at = FieldPath::of(&["version"]);
    let Some(text) = top.get("version").and_then(|node| reader.text(node, &at)) else { return };
    if text != VERSION {
        let message = format!("version `{text}` of the format is not known to this fedctl");
        let problem = Diagnostic::error(Code::UnsupportedVersion, message).at_value(&at, "");
        reader.push(problem.help(format!("this fedctl reads version {VERSION}; a newer file needs a newer fedctl")));
    }
}
