//! The values of the switches that are more than a yes or no or a number.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::value::SettingValue;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $text),+ })
            }
        }

        impl SettingValue for $name {
            const VALUES: &'static [&'static str] = &[$($text),+];

            fn read(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

choices! {
    /// What a GET of a user that does not exist answers.
    MissingUser {
        /// `404 {"message":"Not Found"}` \[observed\].
        NotFound = "not-found",
        /// `200` with an empty body \[observed, older\].
        Empty = "empty",
    }
    /// What a second user of one e-mail or username answers \[unknown\].
    Duplicate {
        /// `400 {"status":400,"error":"…"}`, the form of other validation errors of that API.
        BadRequest = "bad-request",
        /// `409 {"message":"Already Exists"}`.
        Conflict = "conflict",
        /// It is made.
        Allow = "allow",
    }
    /// What stands in `queryType`-less rules for "ends with" \[unknown\].
    EndsWith {
        /// No spelling is known: the rule is accepted and matches nobody.
        None = "none",
        /// `ends_with`.
        Snake = "ends_with",
        /// `endsWith`.
        Camel = "endsWith",
        /// `ends with`.
        Words = "ends with",
    }
    /// What "ends with" is in a rule that is a search \[inferred: other operators of searches were tried there\].
    SearchEndsWith {
        /// It takes whoever has that end.
        Takes = "takes",
        /// It is accepted and matches nobody.
        Nobody = "nobody",
        /// `400`.
        Refuse = "refuse",
    }
    /// The wire form of routing policies \[unknown\].
    PolicyForm {
        /// Flat: name, description, enabled, identityProviderId; a wrapped list; PUT.
        A = "a",
        /// As A, and the groups stand in the body.
        B = "b",
        /// As the policies of another service: disabled, effect, targets; a bare list; PATCH.
        C = "c",
    }
    /// The key that a wrapped list of routing policies stands under \[unknown\].
    PolicyListKey {
        /// As identity providers have it \[inferred\].
        Long = "identityProviderPolicies",
        /// Without the first words.
        Short = "policies",
        /// As other lists of that age.
        Results = "results",
    }
    /// What a key may do with identity providers, or with routing policies \[doc: needs an administrator with billing\].
    Access {
        /// Everything.
        Open = "open",
        /// Read: a write is `403`.
        ReadOnly = "read-only",
        /// Nothing: `403`.
        Forbidden = "forbidden",
        /// They are not there: `404`.
        Absent = "absent",
    }
    /// Whether something that nobody knows is taken, left out or refused.
    Unasked {
        /// It is stored and answered.
        Keep = "keep",
        /// It is left out without a word.
        Drop = "drop",
        /// `400`.
        Refuse = "refuse",
    }
    /// What an update does to a secret it does not bring \[unknown\].
    AbsentSecret {
        /// The secret becomes empty.
        Wipe = "wipe",
        /// The secret stays.
        Keep = "keep",
    }
    /// What an update does with a secret that it brings \[unknown\].
    SentSecret {
        /// It replaces the secret.
        Replace = "replace",
        /// The secret stays as it was.
        Keep = "keep",
        /// The secret becomes empty.
        Wipe = "wipe",
    }
    /// How a second identity provider is refused: `409` \[observed\], with a body that nobody saw.
    SecondProvider {
        /// `{"message": …}`.
        Message = "message",
        /// As the services behind the second generation: `{"code": 6, "message": …, "details": []}`.
        Rpc = "rpc",
        /// Nothing.
        Empty = "empty",
    }
    /// Whom something routes that names nobody \[unknown\].
    Reach {
        /// Nobody.
        Nobody = "nobody",
        /// Everybody of the organisation.
        Everybody = "everybody",
    }
    /// Deleting an identity provider that a routing policy names \[unknown\].
    ProviderInUse {
        /// `409`.
        Refuse = "refuse",
        /// The policy stays and names what is gone.
        Dangle = "dangle",
        /// The policies go with it.
        Cascade = "cascade",
    }
    /// Deleting what groups are bound to \[unknown\].
    InUse {
        /// The bindings go with it.
        Cascade = "cascade",
        /// `409`.
        Refuse = "refuse",
    }
    /// Whether members of a group that has the attribute of a claim inherit it \[doc: for SAML\] \[unknown: for OIDC\].
    GroupAttributes {
        /// Only the user's own counts.
        Ignored = "ignored",
        /// The user's own, else the group's.
        OwnFirst = "own-first",
        /// The group's, else the user's own.
        GroupFirst = "group-first",
    }
    /// What `state/activate` does with an `email` of `false`: prose has it, the type is text \[spec\].
    ActivateSilently {
        /// No mail is written.
        Silent = "silent",
        /// The mail is written all the same.
        Mails = "mails",
        /// `400`.
        Refuse = "refuse",
    }
    /// Which form `restrictedFields` has in bulk.
    BulkRestrictions {
        /// One restriction \[spec\].
        Object = "object",
        /// Any number, as in single calls \[inferred\].
        Array = "array",
        /// As it comes.
        Either = "either",
    }
    /// Which organisation a key of several means that names none; sources contradict each other.
    Unnamed {
        /// None: `401` \[spec\].
        Refuse = "refuse",
        /// The key's first \[observed by one\].
        First = "first",
    }
    /// How a claim mapping names a custom attribute.
    AttributeSource {
        /// By its bare name \[inferred from the console\].
        Bare = "bare",
        /// As `attributes.<name>` \[unknown\].
        Prefixed = "prefixed",
    }
    /// Which of two mappings of one claim wins \[unknown\].
    DoubleClaim {
        /// The last.
        Last = "last",
        /// The first.
        First = "first",
    }
    /// A second POST of an app's OIDC settings \[unknown\].
    SecondSettings {
        /// `409`.
        Conflict = "conflict",
        /// New settings, a new client id and a new secret.
        Replace = "replace",
    }
}
