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

/// The shape alone: the program reads the address again with the rules of browsers.
fn is_url(text: &str, schemes: &[&str]) -> bool {
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_graphic() && !"@\\\"<>^`{|}?#".contains(c);
    text.len() <= 2048
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && rest.chars().all(is_plain)
}
