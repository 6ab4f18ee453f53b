//! Reads `vault` and `escrow`: how a vault is opened, and where client secrets are kept.

use super::sources::{LOGIN_SOURCES, program, source};
use super::types::{Argv, Escrow, Login, Source, Vault};
use crate::spec::{Code, Diagnostic, Located};
use crate::text::reader::{Fields, Reader};

/// What stands for the client id in the arguments of a program.
pub const CLIENT_ID: &str = "{client_id}";

pub(super) fn vault(reader: &mut Reader, top: &Fields<'_>) -> Option<Vault> {
    let fields = reader.section(top, "vault", &["address", "namespace", "login"]);
    if !fields.is_written() {
        return None;
    }
    reader.must_have(&fields, "address", "address: https://vault.example.com:8200");
    reader.must_have(&fields, "login", "login: {token: {env: VAULT_TOKEN}}");
    let (address, namespace) = (reader.word(&fields, "address"), reader.word(&fields, "namespace"));
    let login = login(reader, &fields);
    Some(Vault { address: address?, namespace, login: login? })
}

fn login(reader: &mut Reader, fields: &Fields<'_>) -> Option<Login> {
    let login = reader.section(fields, "login", &["token", "app_role"]);
    match (login.get("token"), login.get("app_role")) {
        (Some(_), None) => secret(reader, &login, "token").map(Login::Token),
        (None, Some(_)) => {
            let role = reader.section(&login, "app_role", &["mount", "role_id", "secret_id"]);
            reader.must_have(&role, "role_id", "role_id: 6f0a9b1c-2d3e-4f50-8a7b-9c0d1e2f3a4b");
            reader.must_have(&role, "secret_id", "secret_id: {file: secrets/secret-id}");
            let (mount, role_id) = (reader.word(&role, "mount"), reader.word(&role, "role_id"));
            let secret_id = secret(reader, &role, "secret_id");
            Some(Login::AppRole { mount, role_id: role_id?, secret_id: secret_id? })
        }
        (Some(_), Some(_)) => {
            twice(reader, &login, ["token", "app_role"], "`vault.login` says twice what opens the vault");
            None
        }
        (None, None) => {
            if login.is_written() {
                reader.must_have(&login, "token", "token: {env: VAULT_TOKEN}");
            }
            None
        }
    }
}

fn secret(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<Source> {
    let fields = reader.section(fields, key, LOGIN_SOURCES);
    source(reader, &fields, LOGIN_SOURCES).map(|(source, _)| source)
}

pub(super) fn escrow(reader: &mut Reader, top: &Fields<'_>) -> Option<Escrow> {
    let fields = reader.section(top, "escrow", &["vault", "exec"]);
    match (fields.get("vault"), fields.get("exec")) {
        (Some(_), None) => {
            let place = reader.section(&fields, "vault", &["mount", "path"]);
            reader.must_have(&place, "path", "path: fedctl/escrow");
            let (mount, path) = (reader.word(&place, "mount"), reader.word(&place, "path"));
            Some(Escrow::Vault { mount, path: path? })
        }
        (None, Some(_)) => {
            let programs = reader.section(&fields, "exec", &["put", "get"]);
            let (put, get) = (named(reader, &programs, "put"), named(reader, &programs, "get"));
            Some(Escrow::Exec { put: put?, get: get? })
        }
        (Some(_), Some(_)) => {
            twice(reader, &fields, ["vault", "exec"], "`escrow` says twice where client secrets are kept");
            None
        }
        (None, None) => {
            if fields.is_written() {
                reader.must_have(&fields, "vault", "vault: {path: fedctl/escrow}");
            }
            None
        }
    }
}

/// A program that is told which secret is meant: without that, one secret would take the place of another.
fn named(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<Located<Argv>> {
    reader.must_have(fields, key, &format!("{key}: [/usr/local/bin/escrow, {key}, \"{CLIENT_ID}\"]"));
    fields.get(key)?;
    let argv = program(reader, fields, key)?;
    if argv.value.arguments.iter().any(|argument| argument.contains(CLIENT_ID)) {
        return Some(argv);
    }
    let message = format!("`{}` does not say which secret is meant", argv.at);
    let help = format!("write `{CLIENT_ID}` into an argument: every client has a secret of its own");
    reader.push(Diagnostic::error(Code::MissingKey, message).at_value(&argv.at, "").help(help));
    None
}

fn twice(reader: &mut Reader, fields: &Fields<'_>, [first, again]: [&str; 2], message: &str) {
    let problem = Diagnostic::error(Code::SeveralSources, message);
    reader.push(
        problem
            .at_key(&fields.at(again), "again")
            .at_key(&fields.at(first), "first here")
            .help("keep one: which of them wins is nothing to guess at"),
    );
}

/// Whatever comes from a vault needs one.
pub(super) fn is_missing(reader: &mut Reader, top: &Fields<'_>, escrow: Option<&Escrow>, sources: &[&Source]) {
    let of_source = sources.iter().find_map(|source| match source {
        Source::Vault { path, .. } => Some(path.at.clone()),
        Source::Env(_) | Source::File(_) | Source::Exec(_) => None,
    });
    let of_escrow = match escrow {
        Some(Escrow::Vault { path, .. }) => Some(path.at.clone()),
        Some(Escrow::Exec { .. }) | None => None,
    };
    let Some(at) = of_source.or(of_escrow).filter(|_| top.get("vault").is_none()) else { return };
    let problem = Diagnostic::error(Code::MissingKey, "this is in a vault, and the file does not say in which");
    reader.push(problem.at_value(&at, "").help(
        "write `vault: {address: https://vault.example.com:8200, login: {token: {env: VAULT_TOKEN}}}` at the top of the file",
    ));
}
