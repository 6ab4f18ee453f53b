//! Why no spec can be written for what was made by hand.

use crate::object_id::ObjectId;

/// What stands in the way, or what only a person can say. Names come from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// Nothing in the secondary organisation leads anywhere.
    #[error("the secondary organisation has no identity provider, so no federation was made by hand")]
    NoProvider,
    /// It leads to somebody else.
    #[error("the identity provider `{name}` leads to {url}, and JumpCloud's issuer is {issuer}")]
    OtherIssuer {
        /// Its name.
        name: Box<str>,
        /// Where it leads.
        url: Box<str>,
        /// Where it would have to lead.
        issuer: Box<str>,
    },
    /// The app is in another organisation, or gone.
    #[error("no app of the primary organisation has the client id of the identity provider `{name}` ({client_id})")]
    NoApp {
        /// The name of the provider.
        name: Box<str>,
        /// The client id it has.
        client_id: Box<str>,
    },
    /// It is under management already.
    #[error("the {what} `{name}` carries the mark of federation `{federation}`")]
    Managed {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: Box<str>,
        /// Whose it is.
        federation: Box<str>,
    },
    /// Not exactly one claim can be an address.
    #[error("the app `{app}` sends {} claims named `email`, and exactly one says which account opens", values.len())]
    Claims {
        /// Its label.
        app: Box<str>,
        /// Where each comes from.
        values: Vec<Box<str>>,
    },
    /// Nobody reaches it by a group.
    #[error("no group of the primary organisation may use the app `{app}`")]
    NoAppGroup {
        /// Its label.
        app: Box<str>,
    },
    /// Nothing routes anybody.
    #[error("no routing policy leads to the identity provider `{provider}`")]
    NoPolicy {
        /// Its name.
        provider: Box<str>,
    },
    /// It routes nobody.
    #[error("the routing policy `{policy}` applies to no group")]
    NoGroup {
        /// Its name.
        policy: Box<str>,
    },
    /// Only a person knows which one is meant.
    #[error("{why}: {}", listed(candidates))]
    Several {
        /// What they have in common.
        why: String,
        /// The option that says which.
        option: &'static str,
        /// All of them.
        candidates: Vec<(Box<str>, ObjectId)>,
    },
    /// Somebody named one that is not among those that could be meant.
    #[error("`{said}` is none of those that could be meant: {}", listed(candidates))]
    NotAmong {
        /// What was said.
        said: Box<str>,
        /// The option that said it.
        option: &'static str,
        /// All of them.
        candidates: Vec<(Box<str>, ObjectId)>,
    },
    /// A spec names groups, and this name means two.
    #[error("two groups of the {organization} organisation are named `{name}`: {one} and {two}")]
    Namesakes {
        /// Which organisation.
        organization: &'static str,
        /// The name.
        name: Box<str>,
        /// One of them.
        one: ObjectId,
        /// Another.
        two: ObjectId,
    },
    /// People come into the routing group in a way that a spec cannot say.
    #[error("the members of the routing group `{group}` come by a rule that a spec cannot say: {rule}")]
    Rule {
        /// Its name.
        group: Box<str>,
        /// The rule as it is stored.
        rule: Box<str>,
    },
    /// Nobody is there to be taken over.
    #[error(
        "nobody signs in through it: none of {members} members of the groups of the app has an attribute `{attribute}` \
         that names a usable account in the routing group `{group}`"
    )]
    Nobody {
        /// How many could.
        members: usize,
        /// The attribute.
        attribute: Box<str>,
        /// The name of the routing group.
        group: Box<str>,
    },
}

impl Unclear {
    /// What a person does about it.
    pub fn hint(&self) -> String {
        match self {
            Unclear::NoProvider => "are primary and secondary swapped? else start from `specs/minimal.yaml`".to_owned(),
            Unclear::OtherIssuer { .. } => {
                "it belongs to another login than JumpCloud's; are primary and secondary swapped, or is the region \
                 another one?"
                    .to_owned()
            }
            Unclear::NoApp { .. } => {
                "name the organisation whose app it is; if the app was deleted, nobody can sign in, and a spec with the \
                 name of this provider repairs it: start from `specs/minimal.yaml`"
                    .to_owned()
            }
            Unclear::Managed { federation, .. } => {
                format!("it has a spec with `federation: {federation}`, or had one: write it anew under that name")
            }
            Unclear::Claims { values, .. } if values.is_empty() => {
                "add the claim `email` in the attribute mapping of the app, from the custom attribute of people".to_owned()
            }
            Unclear::Claims { values, .. } => {
                format!("leave one of them in the attribute mapping of the app; they come from {}", values.join(", "))
            }
            Unclear::NoAppGroup { .. } => {
                "give the app to the group whose members sign in, in the console of the primary organisation".to_owned()
            }
            Unclear::NoPolicy { .. } | Unclear::Nobody { .. } => {
                "finish it by hand, or start from `specs/minimal.yaml`: `fedctl adopt` prints the lines that take over \
                 what is there"
                    .to_owned()
            }
            Unclear::NoGroup { .. } => "assign it to the group whose members are routed, in the console".to_owned(),
            Unclear::Several { option, .. } | Unclear::NotAmong { option, .. } => {
                format!("say which with {option} NAME, or {option} ID where names are alike")
            }
            Unclear::Namesakes { .. } => "rename one of them in the console".to_owned(),
            Unclear::Rule { .. } => {
                "set its membership to static in the console, or give it the one condition that the address ends with \
                 something; its members stay as they are"
                    .to_owned()
            }
        }
    }
}

fn listed(candidates: &[(Box<str>, ObjectId)]) -> String {
    candidates.iter().map(|(name, id)| format!("`{name}` ({id})")).collect::<Vec<_>>().join(", ")
}
