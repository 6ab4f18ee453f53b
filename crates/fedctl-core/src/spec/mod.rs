//! The spec: from text to a valid [`Spec`], or to everything that is wrong with it.
//!
//! ```text
//! text ──► document ──► Node (as written) ──► reader, one function per section ──► Spec (valid, defaults filled in)
//!             └───────────────┴─────────────────────────┴──► Diagnostics, each with the path it is about
//! ```
//!
//! A spec may stand in a folder with a `fleet.yaml` ([`FleetText`]): it is merged into the `Node` before anything is read.
//!
//! Pure: no file is opened here and nothing is asked of an organisation. What only the live organisations show (a group
//! that does not exist) is the planner's to say; it cites the [`FieldPath`] of the entry that asked for it.

mod consistency;
pub mod domain;
mod fleet;
mod name;
mod objects;
mod operator;
mod population;
mod rest;
pub(crate) mod sides;
pub mod template;
#[cfg(test)]
mod tests;
mod types;

use crate::text::Format;
use crate::text::node::{Node, Order};
use crate::text::reader::{Fields, Reader};
use objects::Sides;

pub use crate::text::MAX_FILE_BYTES;
pub use crate::text::diagnostic::{At, Code, Diagnostic, Label, Origin, Severity};
pub use crate::text::locate::{Position, locate, locate_key};
pub use crate::text::path::{FieldPath, Located, Segment};
pub use crate::text::word::{Refused, Word, is_hidden};
pub use fleet::{FleetText, parse_with};
pub use name::{AttributeName, CredentialsName, Domain, Email, FederationName, Name, OrganizationId, Username};
pub use rest::rest_of;
pub use types::{
    Access, Adopt, AdoptObject, App, CopyField, IdentityProvider, Mapping, OnEmailChange, OnLeave, Override,
    PasswordAuthority, PasswordAuthorityRule, People, Region, RoutingGroup, RoutingMembers, RoutingPolicy, Safety,
    Sandbox, Side, Spec,
};

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The spec, if no problem is an error.
    pub spec: Option<Spec>,
    /// Everything that is wrong, in the order of the text; at most a thousand.
    pub problems: Vec<Diagnostic>,
}

const KEYS: &[&str] = &[
    "version",
    "federation",
    "primary",
    "secondary",
    "sandbox",
    "people",
    "app",
    "routing_group",
    "identity_provider",
    "routing_policy",
    "adopt",
    "safety",
    "formerly",
];

/// What messages say of a spec.
static FORMAT: Format = Format {
    a: "a spec",
    the: "the spec",
    example: "`specs/` has examples of a spec",
    one: "write one federation per file",
    shorter: "name a group of the primary organisation in place of so many people",
    placeholders: template::Placeholder::NAMES,
    elsewhere: operator::belongs_to_operator,
};

/// Reads a spec that stands alone, and reports every problem at once.
pub fn parse(text: &str) -> Parsed {
    parse_with(None, text)
}

fn parse_node(node: &Node, problems: Vec<Diagnostic>) -> Parsed {
    let mut reader = Reader::new(&FORMAT, problems);
    let top = reader.fields(Some(node), FieldPath::root(), KEYS);
    let spec = top.is_written().then(|| read_spec(&mut reader, &top, None)).flatten();
    let mut problems = reader.into_problems();
    Order::of(node).sort(&mut problems);
    let is_valid = problems.iter().all(|problem| problem.severity < Severity::Error);
    Parsed { spec: spec.filter(|_| is_valid), problems }
}

/// Reads a spec. `instead` stands in for a primary organisation that cannot be read.
fn read_spec(reader: &mut Reader, top: &Fields<'_>, instead: Option<fn(&Side) -> Side>) -> Option<Spec> {
    sides::version(reader, top);
    reader.must_have(top, "federation", "federation: acme-to-beta");
    let federation = reader.word::<FederationName>(top, "federation");
    let primary = sides::side(reader, top, "primary");
    let secondary = sides::side(reader, top, "secondary");
    if let (Some(primary), Some(secondary)) = (&primary, &secondary) {
        sides::different(reader, primary, secondary);
    }
    let sandbox = sides::sandbox(reader, top);
    let credentials = |side: &Option<Side>| side.as_ref().map(|side| side.credentials.to_string()).unwrap_or_default();
    let (from, to) = (credentials(&primary), credentials(&secondary));
    let primary = primary.or_else(|| instead.zip(secondary.as_ref()).map(|(instead, secondary)| instead(secondary)));
    let wishes = read_wishes(reader, top, federation.as_ref(), Sides { primary: &from, secondary: &to });
    let Wishes { people, app, routing_group, identity_provider, routing_policy, adopt, safety, formerly } = wishes;
    Some(Spec {
        federation: federation?,
        primary: primary?,
        secondary: secondary?,
        sandbox,
        people,
        app,
        routing_group,
        identity_provider,
        routing_policy,
        adopt,
        safety,
        formerly,
    })
}

fn read_wishes(
    reader: &mut Reader,
    top: &Fields<'_>,
    federation: Option<&Located<FederationName>>,
    sides: Sides<'_>,
) -> Wishes {
    let name = federation.map(|name| name.as_str()).unwrap_or_default();
    let people = population::people(reader, top, name);
    let wishes = Wishes {
        people,
        app: objects::app(reader, top, sides),
        routing_group: objects::routing_group(reader, top, sides),
        identity_provider: objects::identity_provider(reader, top, sides),
        routing_policy: objects::routing_policy(reader, top, sides),
        adopt: objects::adopt(reader, top),
        safety: objects::safety(reader, top),
        formerly: objects::formerly(reader, top, federation),
    };
    // An entry that is wrong is missing here, and who is not in an incomplete list may well have been meant.
    let from = FieldPath::of(&["people", "from"]);
    let from_is_clean = !reader.is_wrong(&from);
    let Wishes { people, adopt, .. } = &wishes;
    reader.extend(consistency::check(people, adopt, name, from_is_clean));
    let has_default = top.get("people").and_then(|people| people.get("mapping")?.get("email")).is_none();
    reader.extend(domain::check(people, has_default, federation));
    wishes
}

/// A spec without its name and sides.
#[derive(Clone, Debug)]
struct Wishes {
    people: People,
    app: App,
    routing_group: RoutingGroup,
    identity_provider: IdentityProvider,
    routing_policy: RoutingPolicy,
    adopt: Adopt,
    safety: Safety,
    formerly: Vec<Located<FederationName>>,
}
