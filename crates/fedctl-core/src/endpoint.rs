//! The one table of calls. What reads and what writes are different types, so that code which may only read cannot
//! even name a call that writes (invariant I2).
//!
//! Each entry says where the call is known from: `spec` (published description), `observed`, `documented`, `inferred`.

use std::fmt;

use crate::address::Address;
use crate::live::Confirmed;
use crate::plan::action::{Arg, Call, Then, Undo};

/// The server a call goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// `console.*`: API v1 and v2, with the key of the organisation.
    Console,
    /// `oauth.id.*`: the issuer of the primary organisation, without any key.
    Issuer,
    /// `api.*`: Directory Insights, with the key of the organisation. `[observed]`: the console host does not serve it.
    Insights,
    /// The escrow of client secrets, which the operator names and the service never sees.
    Escrow,
}

/// How surely a call is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// In the published API description.
    Spec,
    /// Seen by people who ran it against the service.
    Observed,
    /// In a help page.
    Documented,
    /// Deduced from its siblings.
    Inferred,
    /// No fact about the service: the call is between us.
    Ours,
}

/// One call: method, host and path with `{}` where an argument goes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The server.
    pub host: Host,
    /// The path, `{}` for each argument.
    pub path: &'static str,
    /// How surely it is known.
    pub certainty: Certainty,
}

/// A call that changes nothing. Not every one is a `GET`: searching is a `POST`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading(Endpoint);

/// A call that changes something, or carries a secret.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Writing(Endpoint, Again);

/// A call that removes an object. It can be made only of what the reader confirmed: the object was read by itself, and the
/// reason why it is no longer wanted, too (invariant I7).
///
/// ```compile_fail,E0308
/// use fedctl_core::{endpoint, plan::action::Call};
/// // No such call can be written like any other.
/// Call { endpoint: &endpoint::DELETE_APP, args: Box::new([]), body: None };
/// ```
///
/// ```
/// use fedctl_core::{endpoint, plan::action::Call};
/// Call { endpoint: &endpoint::CREATE_APP, args: Box::new([]), body: None };
/// ```
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removing(Writing);

/// Whether a call may be sent again when nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Again {
    /// At once: a second one changes nothing and is answered 409, or is answered like the first.
    AtOnce,
    /// After a look that shows that it did nothing: the service takes no second one of the kind, or sending it twice
    /// comes to the same.
    AfterALook,
    /// Never: a second one makes a second object. It is looked for until it shows.
    Never,
}

impl Reading {
    /// The call itself.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0
    }
}

impl Writing {
    /// The call itself.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0
    }

    /// Whether it may be sent again when nobody knows whether it arrived.
    pub fn again(&self) -> Again {
        self.1
    }
}

impl Removing {
    const fn of(endpoint: Endpoint, again: Again) -> Self {
        Self(Writing(endpoint, again))
    }

    /// The call itself.
    pub fn endpoint(&self) -> &Endpoint {
        self.0.endpoint()
    }

    /// The call as an action sends it.
    pub fn call<R>(&'static self, _: Confirmed<R>, args: Box<[Arg]>) -> Call {
        Call { endpoint: &self.0, args, body: None }
    }

    /// The call by which an action that makes an object takes it back when it is not what was asked for. Nothing else can
    /// be removed by it: the plan knows no id of what is still to be made, and the run has it from its own request.
    pub(crate) fn undo(&'static self, made: &Address, then: Then) -> Undo {
        Undo { call: Call { endpoint: &self.0, args: Box::new([Arg(made.clone())]), body: None }, then }
    }
}

impl Endpoint {
    /// Whether a request with this method and path (without query) is an instance of this call.
    pub fn covers(&self, method: &str, path: &str) -> bool {
        let mut want = self.path.split('/');
        let mut have = path.split('/');
        method == self.method
            && loop {
                match (want.next(), have.next()) {
                    (None, None) => break true,
                    (Some("{}"), Some(segment)) if !segment.is_empty() => {}
                    (Some(want), Some(have)) if want == have => {}
                    _ => break false,
                }
            }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

macro_rules! table {
    ($wrap:ident by $make:path, $all:ident, $doc:literal: $($(#[$meta:meta])* $name:ident = $method:literal $host:ident $path:literal $certainty:ident $(, $again:ident)?;)*) => {
        $($(#[$meta])* pub static $name: $wrap = $make(Endpoint {
            method: $method, host: Host::$host, path: $path, certainty: Certainty::$certainty,
        } $(, Again::$again)?);)*
        #[doc = $doc]
        pub static $all: &[&$wrap] = &[$(&$name),*];
    };
}

table! { Reading by Reading, READING, "Every call that reads.":
    /// The organisations this key can see.
    ORGANIZATIONS = "GET" Console "/api/organizations" Spec;
    /// Users by filter, a page at a time.
    SEARCH_USERS = "POST" Console "/api/search/systemusers" Spec;
    /// One user.
    GET_USER = "GET" Console "/api/systemusers/{}" Spec;
    /// The groups that one user is in, in any way: the graph from the user's end.
    MEMBER_OF = "GET" Console "/api/v2/users/{}/memberof" Spec;
    /// What a user is bound to by themselves: systems, apps, directories.
    USER_ASSOCIATIONS = "GET" Console "/api/v2/users/{}/associations" Spec;
    /// The groups of the organisation, a page at a time, without their membership rules.
    LIST_GROUPS = "GET" Console "/api/v2/usergroups" Spec;
    /// One group with its membership rule.
    GET_GROUP = "GET" Console "/api/v2/usergroups/{}" Spec;
    /// The members of a group, also those by rule and by group in group.
    LIST_MEMBERSHIP = "GET" Console "/api/v2/usergroups/{}/membership" Spec;
    /// The direct members of a group.
    LIST_MEMBERS = "GET" Console "/api/v2/usergroups/{}/members" Spec;
    /// What a group is bound to: routing policies that apply to it, apps that it gives.
    GROUP_ASSOCIATIONS = "GET" Console "/api/v2/usergroups/{}/associations" Spec;
    /// The apps of the organisation.
    LIST_APPS = "GET" Console "/api/applications" Spec;
    /// One app.
    GET_APP = "GET" Console "/api/applications/{}" Spec;
    /// The OIDC settings of an app, without the secret.
    GET_APP_SSO = "GET" Console "/api/v2/applications/{}/sso" Observed;
    /// The groups that may use an app.
    APP_ASSOCIATIONS = "GET" Console "/api/v2/applications/{}/associations" Spec;
    /// The identity provider, in a list of at most one, its secret always empty.
    LIST_PROVIDERS = "GET" Console "/api/v2/identity-providers" Observed;
    /// One identity provider.
    GET_PROVIDER = "GET" Console "/api/v2/identity-providers/{}" Observed;
    /// The routing policies.
    LIST_POLICIES = "GET" Console "/api/v2/identity-provider/policies" Observed;
    /// One routing policy.
    GET_POLICY = "GET" Console "/api/v2/identity-provider/policies/{}" Inferred;
    /// The groups a routing policy applies to.
    POLICY_ASSOCIATIONS = "GET" Console "/api/v2/identity-provider/policies/{}/associations" Documented;
    /// What happened, as the log of the organisation has it.
    EVENTS = "POST" Insights "/insights/directory/v1/events" Spec;
}

table! { Writing by Writing, WRITING, "Every call that changes something or carries a secret.":
    /// A new user; `state` is always sent, for the default may mail the person.
    CREATE_USER = "POST" Console "/api/systemusers" Spec, AfterALook;
    /// Some fields of a user; arrays are replaced as a whole.
    UPDATE_USER = "PUT" Console "/api/systemusers/{}" Spec, AfterALook;
    /// From STAGED to ACTIVATED.
    ACTIVATE_USER = "POST" Console "/api/systemusers/{}/state/activate" Spec, AfterALook;
    /// A new group.
    CREATE_GROUP = "POST" Console "/api/v2/usergroups" Spec, Never;
    /// A group as a whole; what is left out is reset.
    REPLACE_GROUP = "PUT" Console "/api/v2/usergroups/{}" Spec, AfterALook;
    /// Adds or removes a direct member.
    CHANGE_MEMBER = "POST" Console "/api/v2/usergroups/{}/members" Spec, AtOnce;
    /// A new app, without OIDC settings.
    CREATE_APP = "POST" Console "/api/applications" Observed, Never;
    /// An app as a whole; what is left out is reset, but for its OIDC settings.
    REPLACE_APP = "PUT" Console "/api/applications/{}" Spec, AfterALook;
    /// The OIDC settings of an app as a whole; client id and secret stay.
    REPLACE_APP_SSO = "PUT" Console "/api/v2/applications/{}/sso" Observed, AfterALook;
    /// The OIDC settings of a new app; the only answer that ever holds the secret.
    CREATE_APP_SSO = "POST" Console "/api/v2/applications/{}/sso" Observed, Never;
    /// Lets a group use an app, or takes that back.
    CHANGE_APP_ACCESS = "POST" Console "/api/v2/applications/{}/associations" Spec, AtOnce;
    /// The token endpoint of the issuer.
    TOKEN = "POST" Issuer "/oauth2/token" Observed, AtOnce;
    /// The identity provider.
    CREATE_PROVIDER = "POST" Console "/api/v2/identity-providers" Documented, AfterALook;
    /// The identity provider as a whole, with its secret.
    REPLACE_PROVIDER = "PUT" Console "/api/v2/identity-providers/{}" Observed, AfterALook;
    /// A new routing policy.
    CREATE_POLICY = "POST" Console "/api/v2/identity-provider/policies" Inferred, Never;
    /// All fields of a routing policy.
    REPLACE_POLICY = "PUT" Console "/api/v2/identity-provider/policies/{}" Inferred, AfterALook;
    /// Some fields of a routing policy, if there is such a call.
    CHANGE_POLICY = "PATCH" Console "/api/v2/identity-provider/policies/{}" Inferred, AfterALook;
    /// Lets a routing policy apply to a group, or takes that back.
    CHANGE_POLICY_GROUPS = "POST" Console "/api/v2/identity-provider/policies/{}/associations" Documented, AtOnce;
}

table! { Removing by Removing::of, REMOVING, "Every call that removes an object.":
    /// Removes a user, with all memberships and bindings.
    DELETE_USER = "DELETE" Console "/api/systemusers/{}" Spec, AfterALook;
    /// Removes a group, with all its bindings.
    DELETE_GROUP = "DELETE" Console "/api/v2/usergroups/{}" Spec, AfterALook;
    /// Removes an app.
    DELETE_APP = "DELETE" Console "/api/applications/{}" Spec, AfterALook;
    /// Removes the identity provider.
    DELETE_PROVIDER = "DELETE" Console "/api/v2/identity-providers/{}" Observed, AfterALook;
    /// Removes a routing policy.
    DELETE_POLICY = "DELETE" Console "/api/v2/identity-provider/policies/{}" Inferred, AfterALook;
}

table! { Reading by Reading, ISSUER_READING, "What is asked of the issuer, as anybody may. Its discovery document can name other paths.":
    /// The discovery document.
    DISCOVERY = "GET" Issuer "/.well-known/openid-configuration" Observed;
    /// The keys that its tokens are checked with.
    KEYS = "GET" Issuer "/.well-known/jwks.json" Observed;
    /// Where people begin to sign in.
    AUTHORIZE = "GET" Issuer "/oauth2/auth" Observed;
}

table! { Reading by Reading, ESCROW_READING, "What is asked of the escrow, and brings no secret.":
    /// Whether a client's secret is kept, and whether the token endpoint takes it.
    TRY_ESCROWED = "POST" Escrow "/try" Ours;
    /// What the token endpoint says to a client's secret, in every way in which it can be asked.
    PROVE_ESCROWED = "POST" Escrow "/prove" Ours;
}

table! { Writing by Writing, ESCROW_WRITING, "What is asked of the escrow, and carries a secret or destroys one.":
    /// Keeps a client's secret, and reads it back.
    KEEP_ESCROWED = "POST" Escrow "/keep" Ours, AtOnce;
    /// Brings a client's secret.
    TAKE_ESCROWED = "POST" Escrow "/take" Ours, AtOnce;
    /// Destroys what was kept of a client's secret, or all but the newest.
    FORGET_ESCROWED = "POST" Escrow "/forget" Ours, AtOnce;
}

/// Every call that changes something or carries a secret, those that remove included.
pub fn writing() -> impl Iterator<Item = &'static Endpoint> {
    WRITING.iter().map(|call| call.endpoint()).chain(REMOVING.iter().map(|call| call.endpoint()))
}

/// Whether a request as logged by a server is one of the calls that read.
pub fn reads(method: &str, path: &str) -> bool {
    READING.iter().chain(ISSUER_READING).any(|call| call.endpoint().covers(method, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i2_no_call_stands_in_both_tables() {
        for writing in writing() {
            for reading in READING.iter().chain(ISSUER_READING) {
                let reading = reading.endpoint();
                assert!(reading.method != writing.method || reading.path != writing.path, "{reading}");
            }
        }
    }

    #[test]
    fn searching_reads_and_creating_does_not() {
        assert!(reads("POST", "/api/search/systemusers"));
        assert!(reads("POST", "/insights/directory/v1/events"));
        assert!(reads("GET", "/api/systemusers/61aa0d3e9b1e8a0001a1b2c3"));
        assert!(!reads("POST", "/api/systemusers"));
        assert!(!reads("GET", "/api/systemusers/"));
    }
}
