//! Validated words: each can only be made from a text that passed its rule.

use unicode_normalization::UnicodeNormalization;

use super::domain::is_public_suffix;
use crate::text::diagnostic::Code;
use crate::text::word::{Refused, Word, is_hidden, made_of, words};

words! {
    /// The name of a federation: lower-case letters, digits and inner hyphens, at most 48.
    FederationName,
    /// The name of credentials: lower-case letters, digits and hyphens, at most 32.
    CredentialsName,
    /// The id of an organisation: 24 lower-case hexadecimal digits.
    OrganizationId,
    /// The name of an object in JumpCloud: not blank, no blanks around it, at most 255 characters.
    Name,
    /// The name of a custom attribute: letters and digits, at most 31, and none of fedctl's own.
    AttributeName,
    /// An e-mail address, lower-case and in Unicode normal form C.
    Email,
    /// A domain with at least one point, lower-case, below which not everybody can register names.
    Domain,
    /// A username within the characters that are safe everywhere: `a-z 0-9 . _ -`, at most 30.
    Username,
}

macro_rules! made {
    ($($name:ident,)+) => {$(
        impl $name {
            /// For defaults, which pass the rule by how they are made.
            pub(super) fn made(text: impl Into<String>) -> Self {
                Self(text.into())
            }
        }
    )+};
}

made! { AttributeName, Name, }

impl Email {
    /// An address as it is compared: Unicode normal form KC, lower case. Two addresses that fold alike are one.
    pub fn fold(text: &str) -> String {
        // Nearly every address; a hundred thousand of them are folded for one plan.
        if text.is_ascii() {
            return text.to_ascii_lowercase();
        }
        text.nfkc().collect::<String>().to_lowercase().nfkc().collect()
    }

    /// What is before the `@`.
    pub fn local(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }

    /// What is behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.split('@').nth(1).unwrap_or_default()
    }
}

impl Word for FederationName {
    fn parse(text: &str) -> Result<Self, Refused> {
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if edges && made_of(text, 48, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidName, format!("`{text}` cannot be the name of a federation"))
            .help("use at most 48 lower-case letters, digits and hyphens, with a letter or digit at both ends"))
    }
}

impl Word for CredentialsName {
    fn parse(text: &str) -> Result<Self, Refused> {
        if made_of(text, 32, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Ok(Self(text.to_owned()));
        }
        // The text is not shown: people put keys here.
        Err(Refused::new(Code::InvalidName, "this cannot be the name of credentials").help(
            "use at most 32 lower-case letters, digits and hyphens; it names credentials and never holds the key itself",
        ))
    }
}

impl Word for OrganizationId {
    fn parse(text: &str) -> Result<Self, Refused> {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if text.len() == 24 && text.chars().all(is_hex) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("`{text}` is no organisation id");
        let help =
            "an organisation id is 24 lower-case hexadecimal digits; it is under Settings > Organization Profile";
        Err(Refused::new(Code::InvalidOrganization, message).help(help))
    }
}

impl Word for Name {
    fn parse(text: &str) -> Result<Self, Refused> {
        if text.trim() != text {
            return Err(Refused::new(Code::InvalidName, format!("the name `{text}` begins or ends with a blank")));
        }
        if text.chars().count() > 255 {
            return Err(Refused::new(Code::InvalidName, "this name is longer than 255 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Word for AttributeName {
    fn parse(text: &str) -> Result<Self, Refused> {
        if !made_of(text, 31, |c| c.is_ascii_alphanumeric()) {
            return Err(Refused::new(Code::InvalidAttribute, format!("`{text}` cannot be the name of an attribute"))
                .help("JumpCloud allows letters and digits, at most 31"));
        }
        if ["fedctl", "fedctlroute"].contains(&text.to_lowercase().as_str()) {
            return Err(Refused::new(Code::InvalidAttribute, format!("the attribute `{text}` is fedctl's own"))
                .help("give another name in `people.mapping.attribute`"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Word for Email {
    fn parse(text: &str) -> Result<Self, Refused> {
        let folded = Self::fold(text);
        match fault_of_email(&folded) {
            None => Ok(Self(folded)),
            Some(fault) => Err(Refused::new(Code::InvalidEmail, format!("`{text}` is no e-mail address")).help(fault)),
        }
    }
}

impl Word for Domain {
    fn parse(text: &str) -> Result<Self, Refused> {
        let folded = Email::fold(text);
        if !is_domain(&folded) {
            return Err(Refused::new(Code::InvalidDomain, format!("`{text}` is no domain"))
                .help("write what is behind the `@`, as in `beta.com`"));
        }
        if is_public_suffix(&folded) {
            let message = format!("everybody can register names below `{text}`");
            return Err(
                Refused::new(Code::ForeignDomain, message).help("declare the domain that is yours, such as `beta.com`")
            );
        }
        Ok(Self(folded))
    }
}

impl Word for Username {
    fn parse(text: &str) -> Result<Self, Refused> {
        let first = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if first && made_of(text, 30, safe) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new(Code::InvalidUsername, format!("`{text}` is no username that is safe everywhere"))
            .help("use at most 30 of `a-z 0-9 . _ -`, beginning with a letter or digit"))
    }
}

/// What is wrong with a folded address; a small part of what the standards say, which no real address falls foul of.
fn fault_of_email(text: &str) -> Option<&'static str> {
    let Some((local, domain)) = text.split_once('@') else { return Some("it has no `@`") };
    if domain.contains('@') {
        return Some("it has more than one `@`");
    }
    if text.len() > 254 || local.len() > 64 {
        return Some("it is longer than 254 characters, or 64 before the `@`");
    }
    let odd = |c: char| c.is_whitespace() || is_hidden(c) || r#""(),:;<>[\]{}"#.contains(c);
    if text.contains(odd) {
        return Some("it has a blank or one of `\"(),:;<>[\\]{}`");
    }
    if local.split('.').any(str::is_empty) {
        return Some("what is before the `@` is empty, or has a point at an end or two in a row");
    }
    (!is_domain(domain)).then_some("what is behind the `@` is no domain with a point in it")
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
}
