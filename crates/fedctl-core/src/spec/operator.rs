//! What a spec may not hold, because a spec comes from a pull request and must not reach outside the two organisations.

use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::path::FieldPath;

/// Keys that say where a key or a secret comes from.
const CREDENTIALS: &[&str] = &[
    "api_key",
    "apikey",
    "key",
    "keys",
    "secret",
    "secrets",
    "client_id",
    "client_secret",
    "password",
    "passphrase",
    "token",
    "env",
    "file",
    "exec",
    "command",
    "vault",
    "keyring",
    "service_account",
    "service_accounts",
];

/// Keys that say how requests leave this machine, and how far a run may go.
const MACHINE: &[&str] = &[
    "host",
    "hosts",
    "url",
    "base_url",
    "endpoint",
    "proxy",
    "ca",
    "ca_file",
    "insecure",
    "lease",
    "journal",
    "escrow",
    "settle",
    "limit",
    "limits",
    "concurrency",
    "allow",
    "ceilings",
    "protected",
    "forms",
    "wire_forms",
    "operator",
    "state_dir",
    "issuer",
];

/// The problem with a key, if only the operator file may hold it. Its value is never part of a message.
pub(super) fn belongs_to_operator(key: &str, at: &FieldPath) -> Option<Diagnostic> {
    let folded = key.to_lowercase().replace('-', "_");
    let is_secret = ["secret", "api_key", "apikey", "token"].iter().any(|word| folded.contains(word));
    let help = if is_secret || CREDENTIALS.contains(&folded.as_str()) {
        "a spec only names credentials, as in `credentials: acme`; where their key comes from is said in the operator file \
         (`--operator`) or in the environment"
    } else if MACHINE.contains(&folded.as_str()) {
        "say it in the operator file (`--operator`), which belongs to whoever runs fedctl and is no part of a spec"
    } else {
        return None;
    };
    let message = format!("`{key}` belongs to the operator file");
    Some(Diagnostic::error(Code::BelongsToOperator, message).at_key(at, "not in a spec").help(help))
}
