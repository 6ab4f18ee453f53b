//! Words of the operator file. What is wrong with them is said without repeating them where people put secrets.

use crate::spec::{Code, Refused, Word};
use crate::text::word::{made_of, words};

words! {
    /// The name of a variable of the environment: upper-case letters, digits and underscores, at most 128.
    Variable,
    /// The client id of a service account: at most 128 visible characters of ASCII.
    ClientId,
    /// The path of a file; one that is not absolute begins at the folder of the operator file.
    FilePath,
    /// An address that begins with `https://` and holds no user name or password.
    HttpsUrl,
    /// The address of a proxy, `http://` or `https://`, without a user name or password.
    ProxyUrl,
    /// An object store: `s3://`, the name of a bucket and, if there is one, a prefix.
    BucketUrl,
    /// Where an object store answers: `https://`, or `http://` and a literal of the loopback interface.
    StoreEndpoint,
    /// Where a vault answers: `https://`, or `http://` and a literal of the loopback interface.
    VaultUrl,
    /// A place in a vault: names of letters, digits, `-`, `_` and `.` with slashes between them, at most 256.
    VaultPath,
    /// The field of a secret: letters, digits, `-`, `_` and `.`, at most 64.
    VaultField,
    /// The id of a role: at most 128 visible characters of ASCII.
    VaultName,
    /// The region of an object store: lower-case letters, digits and hyphens, at most 64.
    StoreRegion,
}

impl FilePath {
    /// Whether it means the same wherever fedctl is started.
    pub fn is_absolute(&self) -> bool {
        let drive = self.0.get(1..3).is_some_and(|colon| colon == ":\\" || colon == ":/");
        self.0.starts_with('/') || (drive && self.0.starts_with(|c: char| c.is_ascii_alphabetic()))
    }
}

impl Word for Variable {
    fn parse(text: &str) -> Result<Self, Refused> {
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if made_of(text, 128, fits) && !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        // The text is not shown: people put keys here.
        Err(Refused::new(Code::InvalidVariable, "this cannot be the name of a variable").help(
            "name the variable that holds the key, as in `env: ACME_API_KEY`: upper-case letters, digits and underscores",
        ))
    }
}

impl Word for ClientId {
    fn parse(text: &str) -> Result<Self, Refused> {
        if made_of(text, 128, |c| c.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidName, "this is no client id")
            .help("copy it from the service account in the console; its secret does not belong here"))
    }
}

impl Word for FilePath {
    fn parse(text: &str) -> Result<Self, Refused> {
        if text.starts_with('~') {
            return Err(Refused::new(Code::InvalidPath, "nobody replaces the `~` at the start of this path")
                .help("write the whole path, or one that begins at the folder of the operator file"));
        }
        if text.len() > 4096 {
            return Err(Refused::new(Code::InvalidPath, "this path is longer than 4096 bytes"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Word for HttpsUrl {
    fn parse(text: &str) -> Result<Self, Refused> {
        match is_url(text, &["https://"]) {
            true => Ok(Self(text.to_owned())),
            false => Err(Refused::new(Code::InvalidUrl, "this is no address of a host that gets a key").help(
                "write `https://` and the host, without a user name or password, as in `https://console.example.com`",
            )),
        }
    }
}

impl Word for ProxyUrl {
    fn parse(text: &str) -> Result<Self, Refused> {
        match is_url(text, &["http://", "https://"]) {
            true => Ok(Self(text.to_owned())),
            false => Err(Refused::new(Code::InvalidUrl, "this is no address of a proxy").help(
                "write `http://` or `https://`, the host and the port, without a user name or password, as in `http://proxy.example.com:3128`",
            )),
        }
    }
}

impl BucketUrl {
    /// The name of the bucket.
    pub fn bucket(&self) -> &str {
        self.parts().0
    }

    /// What every name in it begins with; empty if nothing.
    pub fn prefix(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix("s3://").unwrap_or_default();
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        (bucket, prefix.trim_end_matches('/'))
    }
}

impl Word for BucketUrl {
    fn parse(text: &str) -> Result<Self, Refused> {
        let url = Self(text.to_owned());
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        let is_prefix = |c: char| c.is_ascii_alphanumeric() || "-_./=".contains(c);
        let prefix = url.prefix();
        if text.starts_with("s3://")
            && made_of(url.bucket(), 63, is_name)
            && (prefix.is_empty() || made_of(prefix, 512, is_prefix))
            && !prefix.split('/').any(|part| part == "." || part == ".." || (part.is_empty() && !prefix.is_empty()))
        {
            return Ok(url);
        }
        Err(Refused::new(Code::InvalidUrl, "this is no bucket of an object store")
            .help("write the bucket and, if there is one, a prefix, as in `s3://acme-fedctl/leases`"))
    }
}

impl StoreEndpoint {
    /// Whether it answers without TLS, on this machine.
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http://")
    }
}

impl Word for StoreEndpoint {
    fn parse(text: &str) -> Result<Self, Refused> {
        if is_secure(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidUrl, "this is no address of an object store").help(
            "write `https://` and the host, without a user name or password; `http://` is for `127.0.0.1` and `[::1]` alone",
        ))
    }
}

impl Word for VaultUrl {
    fn parse(text: &str) -> Result<Self, Refused> {
        if is_secure(text) {
            return Ok(Self(text.trim_end_matches('/').to_owned()));
        }
        Err(Refused::new(Code::InvalidUrl, "this is no address of a vault").help(
            "write `https://` and the host, without a user name or password; `http://` is for `127.0.0.1` and `[::1]` alone",
        ))
    }
}

impl Word for VaultPath {
    fn parse(text: &str) -> Result<Self, Refused> {
        let is_part = |part: &str| made_of(part, 128, is_of_name) && part != "." && part != "..";
        if text.len() <= 256 && text.split('/').all(is_part) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidPath, "this is no place in a vault")
            .help("write names with slashes between them, as in `fedctl/acme`: the engine is `mount`, without `data/`"))
    }
}

impl Word for VaultField {
    fn parse(text: &str) -> Result<Self, Refused> {
        if made_of(text, 64, is_of_name) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidName, "this cannot be the field of a secret")
            .help("name the field that holds the key, as in `field: api_key`; the key itself does not belong here"))
    }
}

impl Word for VaultName {
    fn parse(text: &str) -> Result<Self, Refused> {
        if made_of(text, 128, |c| c.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidName, "this is no id of a role")
            .help("write what `vault read auth/approle/role/NAME/role-id` shows; its secret does not belong here"))
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

impl Word for StoreRegion {
    fn parse(text: &str) -> Result<Self, Refused> {
        if made_of(text, 64, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidName, "this is no region of an object store")
            .help("write it as its console does, as in `eu-central-1`"))
    }
}

/// An address with TLS, or on this machine, by a literal that nobody else can answer to.
fn is_secure(text: &str) -> bool {
    let host = text.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    let is_port = |port: &str| {
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| made_of(port, 5, |c| c.is_ascii_digit()))
    };
    let is_loopback = host.is_some_and(|host| {
        ["127.0.0.1", "[::1]"].iter().any(|literal| host.strip_prefix(literal).is_some_and(is_port))
    });
    is_url(text, &["https://"]) || (is_loopback && is_url(text, &["http://"]))
}

/// The shape alone: the program reads the address again with the rules of browsers.
fn is_url(text: &str, schemes: &[&str]) -> bool {
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_graphic() && !"@\\\"<>^`{|}?#".contains(c);
    text.len() <= 2048
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && rest.chars().all(is_plain)
}
