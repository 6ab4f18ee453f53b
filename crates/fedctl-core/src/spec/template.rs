//! Addresses and usernames as templates: parsed once, rendered for each person.

use crate::text::diagnostic::Code;
use crate::text::nearest::nearest;
use crate::text::word::Refused;

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// What a placeholder can take from a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonFacts<'a> {
    /// The primary e-mail.
    pub email: &'a str,
    /// The primary username.
    pub username: &'a str,
    /// The name of the federation.
    pub federation: &'a str,
}

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// `{email}`: the primary e-mail.
    Email,
    /// `{local}`: what is before its `@`.
    Local,
    /// `{domain}`: what is behind it.
    Domain,
    /// `{username}`: the primary username.
    Username,
    /// `{federation}`: the federation's name.
    Federation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Of(Placeholder),
}

impl Placeholder {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Email, Self::Local, Self::Domain, Self::Username, Self::Federation];

    /// The words of all of them.
    pub(super) const NAMES: &'static [&'static str] = &["email", "local", "domain", "username", "federation"];

    /// The word between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Local => "local",
            Self::Domain => "domain",
            Self::Username => "username",
            Self::Federation => "federation",
        }
    }

    /// The placeholder with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|placeholder| placeholder.name() == name)
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Every brace and placeholder that is wrong.
    pub fn parse(text: &str) -> Result<Self, Vec<Refused>> {
        let mut pieces = Vec::new();
        let mut problems = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (before, from_brace) = rest.split_at(open);
            pieces.push(Piece::Text(before.to_owned()));
            let name_and_rest = from_brace.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let Some((name, behind)) = name_and_rest else {
                problems
                    .push(Refused::new(Code::InvalidTemplate, format!("`{text}` has a brace without its other half")));
                break;
            };
            match Placeholder::named(name) {
                Some(placeholder) => pieces.push(Piece::Of(placeholder)),
                None => problems.push(unknown(name)),
            }
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        if problems.is_empty() { Ok(Self { pieces }) } else { Err(problems) }
    }

    /// A text without placeholders.
    pub(super) fn literal(text: &str) -> Self {
        Self { pieces: vec![Piece::Text(text.to_owned())] }
    }

    /// Whether the placeholder is in it.
    pub fn uses(&self, placeholder: Placeholder) -> bool {
        self.pieces.contains(&Piece::Of(placeholder))
    }

    /// What everybody's text ends with, in lower case.
    pub(super) fn constant_end(&self, federation: &str) -> String {
        let end: Vec<&str> = self
            .pieces
            .iter()
            .rev()
            .map_while(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Of(Placeholder::Federation) => Some(federation),
                Piece::Of(Placeholder::Email | Placeholder::Local | Placeholder::Domain | Placeholder::Username) => {
                    None
                }
            })
            .collect();
        end.into_iter().rev().collect::<String>().to_lowercase()
    }

    /// Whether two people can get two texts from it.
    pub fn tells_people_apart(&self) -> bool {
        [Placeholder::Email, Placeholder::Local, Placeholder::Username].into_iter().any(|one| self.uses(one))
    }

    /// The text for one person, in lower case.
    pub fn render(&self, person: &PersonFacts<'_>) -> String {
        let (local, domain) = person.email.rsplit_once('@').unwrap_or((person.email, ""));
        let mut out = String::new();
        for piece in &self.pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Of(Placeholder::Email) => person.email,
                Piece::Of(Placeholder::Local) => local,
                Piece::Of(Placeholder::Domain) => domain,
                Piece::Of(Placeholder::Username) => person.username,
                Piece::Of(Placeholder::Federation) => person.federation,
            });
        }
        out.to_lowercase()
    }
}

fn unknown(name: &str) -> Refused {
    let names: Vec<&str> = Placeholder::ALL.iter().map(|placeholder| placeholder.name()).collect();
    let help = match nearest(name, &names) {
        Some(near) => format!("did you mean `{{{near}}}`?"),
        None => {
            format!("there are {}", names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", "))
        }
    };
    Refused::new(Code::UnknownPlaceholder, format!("there is no placeholder `{{{name}}}`")).help(help)
}
