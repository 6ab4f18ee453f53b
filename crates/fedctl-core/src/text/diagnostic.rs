//! What is wrong with a spec, as facts: no colours, no terminal, no bytes unless YAML itself was broken.

use std::fmt;

use super::locate::{Position, locate, locate_key};
use super::path::FieldPath;

/// One problem of a text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which problem it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One line: lower case, no final period, what was typed in backticks.
    pub message: String,
    /// The places it is about; the first is the main one.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The spec is used all the same.
    Warning,
    /// The file is not used.
    Error,
}

/// A place that a [`Diagnostic`] points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub at: At,
    /// What is the matter there; may be empty.
    pub text: String,
    /// In which file.
    pub origin: Origin,
}

/// Which of the files that are read together a [`Label`] points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The file itself: a spec, or an operator file.
    File,
    /// The `fleet.yaml` beside a spec.
    Fleet,
}

/// How a [`Label`] says where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The value at a path.
    Value(FieldPath),
    /// The key that leads to the value at a path.
    Key(FieldPath),
    /// A place in a text that has no paths, because it is not YAML or because a key is there twice.
    Position(Position),
}

macro_rules! codes {
    ($($(#[$of:meta])+ $group:ident { $($(#[$doc:meta])+ $name:ident = $text:literal,)+ })+) => {
        /// Every kind of problem that a spec or an operator file can have. Its text is what people search for, so it never
        /// changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($($(#[$doc])+ $name,)+)+ }

        impl Code {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            $($(#[$of])+ pub const $group: &'static [Self] = &[$(Self::$name,)+];)+

            /// The code as it is printed, in kebab-case.
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $text,)+)+ }
            }
        }
    };
}

codes! {
    /// Those that the text of a spec shows, and mostly that of an operator file too.
    OF_TEXT {
        /// The file is larger than a spec may be.
        FileTooLarge = "file-too-large",
        /// Nothing is in the file.
        EmptyFile = "empty-file",
        /// The text is not YAML.
        YamlSyntax = "yaml-syntax",
        /// A placeholder without quotes, which YAML takes for a mapping.
        UnquotedTemplate = "unquoted-template",
        /// A second document in one file.
        SeveralDocuments = "several-documents",
        /// Aliases that repeat each other until there is no end.
        AliasBomb = "alias-bomb",
        /// A `!tag`.
        YamlTag = "yaml-tag",
        /// A `<<` merge.
        MergeKey = "merge-key",
        /// One key twice in one mapping.
        DuplicateKey = "duplicate-key",
        /// A key that a spec does not have there.
        UnknownKey = "unknown-key",
        /// Something that only the operator file may hold.
        BelongsToOperator = "belongs-to-operator",
        /// A key that must be there.
        MissingKey = "missing-key",
        /// A mapping where a list belongs, and the like.
        WrongType = "wrong-type",
        /// A key with nothing behind it, or blanks.
        EmptyValue = "empty-value",
        /// A control, bidirectional or zero-width character.
        HiddenCharacter = "hidden-character",
        /// A word that is not one of those allowed.
        UnknownValue = "unknown-value",
        /// A version of the format that this program does not know.
        UnsupportedVersion = "unsupported-version",
        /// A name with characters or a length it may not have.
        InvalidName = "invalid-name",
        /// An organisation id that is none.
        InvalidOrganization = "invalid-organization",
        /// Both sides are one organisation.
        EqualOrganizations = "equal-organizations",
        /// A sandbox that is not on this machine.
        InvalidSandbox = "invalid-sandbox",
        /// Not an e-mail address.
        InvalidEmail = "invalid-email",
        /// Not a domain.
        InvalidDomain = "invalid-domain",
        /// An attribute name that JumpCloud refuses, or that is fedctl's own.
        InvalidAttribute = "invalid-attribute",
        /// A username outside the safe characters.
        InvalidUsername = "invalid-username",
        /// A template that cannot be read, or that makes no address.
        InvalidTemplate = "invalid-template",
        /// A placeholder that does not exist.
        UnknownPlaceholder = "unknown-placeholder",
        /// A template that gives everybody the same.
        SameForEverybody = "same-for-everybody",
        /// A duration that is none.
        InvalidDuration = "invalid-duration",
        /// A number that is none, or too large.
        InvalidNumber = "invalid-number",
        /// A suffix that captures more than a suffix should.
        InvalidSuffix = "invalid-suffix",
        /// A suffix rule whose risk nobody accepted.
        CaptureNotAccepted = "capture-not-accepted",
        /// One entry twice.
        DuplicateEntry = "duplicate-entry",
        /// Nobody can be in the population.
        NobodySelected = "nobody-selected",
        /// Somebody who is asked for and excepted.
        ExceptedPerson = "excepted-person",
        /// Somebody who cannot be in the population.
        NotInPeople = "not-in-people",
        /// An override that overrides nothing.
        EmptyOverride = "empty-override",
        /// Two people with one address or username in the secondary organisation.
        AliasCollision = "alias-collision",
        /// A secondary address whose domain somebody else can own, and with it the account.
        ForeignDomain = "foreign-domain",
    }
    /// Those of a file that is no text.
    OF_BYTES {
        /// The bytes are not UTF-8.
        NotText = "not-text",
    }
    /// Those that only an operator file has.
    OF_OPERATOR {
        /// A source of credentials, twice.
        SeveralSources = "several-sources",
        /// Not the name of a variable.
        InvalidVariable = "invalid-variable",
        /// A path that leads nowhere, or depends on where fedctl is started.
        InvalidPath = "invalid-path",
        /// Not an address that fedctl may speak to.
        InvalidUrl = "invalid-url",
        /// Part of the format, and not done by this version.
        NotYet = "not-yet",
    }
    /// Those that only the live organisations show; no text alone has them.
    OF_LIVE {
        /// A group that does not exist.
        UnknownGroup = "unknown-group",
        /// A name that several groups have.
        AmbiguousGroup = "ambiguous-group",
        /// An address that nobody has.
        UnknownPerson = "unknown-person",
        /// An address that the rule of the routing group does not find.
        AliasOutsideSuffix = "alias-outside-suffix",
        /// Somebody who is asked for and cannot authenticate at the primary organisation. Only a warning: they are held.
        CannotAuthenticate = "cannot-authenticate",
        /// A key that opens another organisation than the spec names.
        WrongOrganization = "wrong-organization",
    }
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, at: At, text: impl Into<String>) -> Self {
        self.labels.push(Label { at, text: text.into(), origin: Origin::File });
        self
    }

    /// Adds the value at a path as a place.
    #[must_use]
    pub fn at_value(self, path: &FieldPath, text: impl Into<String>) -> Self {
        self.at(At::Value(path.clone()), text)
    }

    /// Adds the key at a path as a place.
    #[must_use]
    pub fn at_key(self, path: &FieldPath, text: impl Into<String>) -> Self {
        self.at(At::Key(path.clone()), text)
    }

    /// Says that all its places are in one file.
    pub(crate) fn comes_from(&mut self, origin: Origin) {
        self.labels.iter_mut().for_each(|label| label.origin = origin);
    }

    /// Whether its main place is a value or in it.
    pub(crate) fn is_about(&self, path: &FieldPath) -> bool {
        match self.labels.first().map(|label| &label.at) {
            Some(At::Value(at) | At::Key(at)) => at.segments().starts_with(path.segments()),
            Some(At::Position(_)) | None => false,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl At {
    /// Where it is in the text; if the thing itself is not there (a default), what would hold it.
    pub fn locate(&self, text: &str) -> Option<Position> {
        match self {
            Self::Position(position) => Some(*position),
            // The entries of a list have no keys; they stand for themselves.
            Self::Key(path) => {
                locate_key(text, path).or_else(|| locate(text, path)).or_else(|| Self::locate_above(text, path))
            }
            Self::Value(path) => locate(text, path).or_else(|| Self::locate_above(text, path)),
        }
    }

    fn locate_above(text: &str, path: &FieldPath) -> Option<Position> {
        let mut above = path.parent();
        while let Some(path) = above {
            if let Some(found) = locate_key(text, &path).or_else(|| locate(text, &path)) {
                return Some(found);
            }
            above = path.parent();
        }
        None
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(path) | Self::Key(path) => path.fmt(f),
            Self::Position(Position { line, column, .. }) => write!(f, "{line}:{column}"),
        }
    }
}
