//! Reads one entry of `credentials`: where the key or secret comes from, and what it is for.

use super::types::{Argv, Credentials, HostOverrides, Source};
use super::words::{ClientId, FilePath};
use crate::spec::{Code, Diagnostic, FieldPath, Located, Word};
use crate::text::node::{Node, What};
use crate::text::reader::{Fields, Reader, in_backticks};

/// Sources that are done, and then those that are not yet.
pub(super) const SOURCES: &[&str] = &["env", "file", "exec", "vault", "keyring", "service_account"];

/// Where the secret of a service account can come from.
pub(super) const SECRET_SOURCES: &[&str] = &["env", "file", "exec", "vault"];

/// Where whatever opens a vault can come from.
pub(super) const LOGIN_SOURCES: &[&str] = &["env", "file", "exec"];

const KEYS: &[&str] = &["env", "file", "exec", "vault", "keyring", "service_account", "organizations", "hosts"];
const EXAMPLES: &[&str] = &["env: ACME_API_KEY", "file: /run/secrets/acme", "exec: [/usr/bin/pass, show, acme]"];

/// The most arguments of a program.
const MAX_ARGUMENTS: usize = 64;

pub(super) fn credentials(reader: &mut Reader, node: &Node, at: FieldPath) -> Option<Credentials> {
    let fields = reader.fields(Some(node), at.clone(), KEYS);
    let organizations = organizations(reader, &fields);
    let hosts = hosts(reader, &fields);
    let (source, account) = source(reader, &fields, SOURCES)?;
    Some(Credentials { source, account, organizations, hosts, at })
}

/// An empty list would open nothing, which nobody means: it is what is left when the last one is taken out.
fn organizations(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Located<crate::spec::OrganizationId>> {
    if let Some(Node { what: What::List(nodes), .. }) = fields.get("organizations")
        && nodes.is_empty()
    {
        let at = fields.at("organizations");
        let problem = Diagnostic::error(Code::EmptyValue, format!("`{at}` is empty"));
        reader.push(
            problem.at_value(&at, "this would open none").help("name one, or remove the key: then any may be opened"),
        );
    }
    reader.words(fields, "organizations")
}

/// The one source that is written, and the client id if it is a service account's.
pub(super) fn source(
    reader: &mut Reader,
    fields: &Fields<'_>,
    of: &[&str],
) -> Option<(Source, Option<Located<ClientId>>)> {
    let written: Vec<&str> = of.iter().copied().filter(|key| fields.get(key).is_some()).collect();
    let [key] = *written else {
        if fields.is_written() {
            reader.push(not_one(fields, &written));
        }
        return None;
    };
    let source = match key {
        "env" => reader.word(fields, "env").map(Source::Env),
        "file" => reader.word(fields, "file").map(Source::File),
        "exec" => exec(reader, fields).map(Source::Exec),
        "vault" => vault(reader, fields),
        "service_account" => return service_account(reader, fields),
        // On the list of what is not done yet.
        _ => None,
    };
    source.map(|source| (source, None))
}

fn vault(reader: &mut Reader, fields: &Fields<'_>) -> Option<Source> {
    let vault = reader.section(fields, "vault", &["mount", "path", "field"]);
    reader.must_have(&vault, "path", "path: fedctl/acme");
    reader.must_have(&vault, "field", "field: api_key");
    let (mount, path, field) =
        (reader.word(&vault, "mount"), reader.word(&vault, "path"), reader.word(&vault, "field"));
    Some(Source::Vault { mount, path: path?, field: field? })
}

/// Its secret comes from where a key can come from; its client id is none and stands here.
fn service_account(reader: &mut Reader, fields: &Fields<'_>) -> Option<(Source, Option<Located<ClientId>>)> {
    let account = reader.section(fields, "service_account", &["client_id", "secret"]);
    reader.must_have(&account, "client_id", "client_id: 0f8fad5b-d9cb-469f-a165-70867728950e");
    reader.must_have(&account, "secret", "secret: {env: ACME_CLIENT_SECRET}");
    let client_id = reader.word(&account, "client_id");
    let secret = reader.section(&account, "secret", SECRET_SOURCES);
    let (source, _) = source(reader, &secret, SECRET_SOURCES)?;
    Some((source, Some(client_id?)))
}

fn not_one(fields: &Fields<'_>, written: &[&str]) -> Diagnostic {
    let Some((first, others)) = written.split_first() else {
        let message = format!("`{}` does not say where it comes from", fields.at);
        return Diagnostic::error(Code::MissingKey, message)
            .at_key(&fields.at, "")
            .help(format!("write one of {}", in_backticks(EXAMPLES)));
    };
    let message = format!("`{}` says {} times where it comes from", fields.at, written.len());
    let mut problem = Diagnostic::error(Code::SeveralSources, message);
    for other in others {
        problem = problem.at_key(&fields.at(other), "again");
    }
    problem.at_key(&fields.at(first), "first here").help("keep one: which of them wins is nothing to guess at")
}

/// Neither a shell nor a search path: what runs is what is written here.
fn exec(reader: &mut Reader, fields: &Fields<'_>) -> Option<Located<Argv>> {
    program(reader, fields, "exec")
}

/// A program and its arguments.
pub(super) fn program(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<Located<Argv>> {
    let at = fields.at(key);
    let before = reader.count();
    let words: Vec<String> = reader
        .list(fields, key)?
        .into_iter()
        .filter_map(|(node, at)| reader.text(node, &at).map(str::to_owned))
        .collect();
    if reader.count() > before {
        return None;
    }
    let program = words.first().map(|program| FilePath::parse(program)).and_then(Result::ok);
    let (Some(program), 1..=MAX_ARGUMENTS) = (program.filter(FilePath::is_absolute), words.len()) else {
        let problem = Diagnostic::error(Code::InvalidPath, "a program begins with its absolute path");
        reader.push(
            problem
                .at_value(&at, "")
                .help(format!("write it as in `exec: [/usr/bin/pass, show, acme]`, with at most {MAX_ARGUMENTS} entries: there is no shell and no search path")),
        );
        return None;
    };
    Some(Located::new(Argv { program, arguments: words.into_iter().skip(1).collect() }, at))
}

fn hosts(reader: &mut Reader, fields: &Fields<'_>) -> HostOverrides {
    let fields = reader.section(fields, "hosts", &["console", "issuer", "insights", "oauth", "callback"]);
    HostOverrides {
        console: reader.word(&fields, "console"),
        issuer: reader.word(&fields, "issuer"),
        insights: reader.word(&fields, "insights"),
        oauth: reader.word(&fields, "oauth"),
        callback: reader.word(&fields, "callback"),
    }
}
