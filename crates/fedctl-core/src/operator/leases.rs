//! Reads `lease` and `journal`: where one run tells others that it writes, and where it writes down what it does.

use super::seconds;
use super::sources::{SECRET_SOURCES, source};
use super::types::{Lease, Source, Store};
use super::words::FilePath;
use crate::spec::{Code, Diagnostic, Located};
use crate::text::reader::{Fields, Reader};

const STORE: &[&str] = &["url", "endpoint", "region", "access_key_id", "secret_access_key", "session_token", "expiry"];

/// The least seconds after which a lease may be taken by another: a store tells times in whole seconds.
const LEAST_EXPIRY: u32 = 5;

pub(super) fn journal(reader: &mut Reader, top: &Fields<'_>) -> Option<Located<FilePath>> {
    let fields = reader.section(top, "journal", &["dir"]);
    if fields.is_written() {
        reader.must_have(&fields, "dir", "dir: /var/lib/fedctl/journal");
    }
    reader.word(&fields, "dir")
}

pub(super) fn lease(reader: &mut Reader, top: &Fields<'_>) -> Option<Lease> {
    let fields = reader.section(top, "lease", &["file", "store"]);
    match (fields.get("file"), fields.get("store")) {
        (Some(_), None) => reader.word(&fields, "file").map(Lease::Files),
        (None, Some(_)) => store(reader, &fields).map(|store| Lease::Store(Box::new(store))),
        (Some(_), Some(_)) => {
            let problem = Diagnostic::error(Code::SeveralSources, "`lease` says twice where leases are");
            reader.push(
                problem
                    .at_key(&fields.at("store"), "again")
                    .at_key(&fields.at("file"), "first here")
                    .help("keep one: runs that look in different places do not see each other"),
            );
            None
        }
        (None, None) => {
            if fields.is_written() {
                reader.must_have(&fields, "file", "file: /var/lib/fedctl/leases");
            }
            None
        }
    }
}

fn store(reader: &mut Reader, fields: &Fields<'_>) -> Option<Store> {
    let store = reader.section(fields, "store", STORE);
    reader.must_have(&store, "url", "url: s3://acme-fedctl/leases");
    reader.must_have(&store, "access_key_id", "access_key_id: {env: LEASE_ACCESS_KEY_ID}");
    reader.must_have(&store, "secret_access_key", "secret_access_key: {env: LEASE_SECRET_ACCESS_KEY}");
    let url = reader.word(&store, "url");
    let endpoint = reader.word(&store, "endpoint");
    let region = reader.word(&store, "region");
    let access_key_id = secret(reader, &store, "access_key_id");
    let secret_access_key = secret(reader, &store, "secret_access_key");
    let session_token = secret(reader, &store, "session_token");
    let expiry = seconds(reader, &store, "expiry", LEAST_EXPIRY);
    Some(Store {
        url: url?,
        endpoint,
        region,
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?,
        session_token,
        expiry,
    })
}

/// Where a secret comes from: from where the secret of a service account can come.
fn secret(reader: &mut Reader, store: &Fields<'_>, key: &str) -> Option<Source> {
    let fields = reader.section(store, key, SECRET_SOURCES);
    source(reader, &fields, SECRET_SOURCES).map(|(source, _)| source)
}
