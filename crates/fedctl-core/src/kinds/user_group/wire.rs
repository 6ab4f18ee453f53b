//! Groups on the wire (API v2).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::object_id::ObjectId;

/// A group as lists show it. `[observed]`: lists leave out how people come into it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: ObjectId,
    /// Its name. `[unknown]` whether it is unique.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub name: Box<str>,
    /// Its description, where the mark is.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub description: Box<str>,
    /// What the group gives its members, as JSON text.
    #[serde(default)]
    pub attributes: Option<Attributes>,
    /// The organisation it belongs to.
    #[serde(rename = "organizationObjectId", default)]
    pub organization: Option<Box<str>>,
}

/// The attributes of a group. Their shape is known of a few kinds only, so they are kept as they come.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Attributes(Box<RawValue>);

impl Attributes {
    /// As they came.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }

    /// Whether a text stands anywhere in them, as a key or as a value.
    pub fn name(&self, text: &str) -> bool {
        let quoted = serde_json::Value::from(text).to_string();
        self.0.get().contains(&quoted)
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for Attributes {}

/// How people come into a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// In which way.
    pub method: Method,
    /// The rule as it is stored, as JSON text, if there is one.
    pub query: Option<Box<str>>,
}

/// In which way people come into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// One by one.
    Static,
    /// By a rule; adding a member is accepted and does nothing. `[observed]`
    Rule,
    /// A rule suggests, and somebody agrees. `[documented]`
    Review,
}

#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(rename = "membershipMethod", borrow, default)]
    method: Option<std::borrow::Cow<'a, str>>,
    #[serde(rename = "memberQuery", borrow, default)]
    query: Option<&'a RawValue>,
}

/// Reads how people come into a group from its own record. `[observed]`: `NOTSET` is static.
pub(crate) fn membership(record: &[u8]) -> Result<Membership, crate::decode::Undecoded> {
    let detail: Detail<'_> = crate::decode::decode(record)?;
    let method = match detail.method.as_deref() {
        None | Some("STATIC" | "NOTSET" | "") => Method::Static,
        Some("DYNAMIC_REVIEW_REQUIRED") => Method::Review,
        Some(_) => Method::Rule,
    };
    Ok(Membership { method, query: detail.query.map(|query| query.get().into()) })
}

/// The way of a group whose rule adds people by itself. `[spec]`
pub(crate) const BY_RULE: &str = "DYNAMIC_AUTOMATED";

/// The body that makes a group.
#[derive(Serialize)]
pub(crate) struct Create<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) membership: Option<ByRule>,
}

/// The part of it that gives it a rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ByRule {
    membership_method: &'static str,
    member_query: Search,
}

/// A rule in the form of a search, with the search as JSON in a string. `[spec]`
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    query_type: Box<str>,
    search_filters: Box<str>,
}

impl ByRule {
    /// Whoever this search finds.
    pub(crate) fn search(filters: String) -> Self {
        let member_query = Search { query_type: "Search".into(), search_filters: filters.into() };
        Self { membership_method: BY_RULE, member_query }
    }
}

#[derive(Serialize)]
struct Filters<'a> {
    filter: And<'a>,
}

#[derive(Serialize)]
struct And<'a> {
    and: [&'a str; 1],
}

/// The search for one condition, as JSON text.
pub(crate) fn search_filters(condition: &str) -> String {
    serde_json::to_string(&Filters { filter: And { and: [condition] } }).unwrap_or_default()
}

/// The search of a rule, if it is one.
pub(crate) fn search_of(query: &str) -> Option<String> {
    let search: Search = serde_json::from_str(query).ok()?;
    (&*search.query_type == "Search").then(|| search.search_filters.into())
}

#[derive(Deserialize)]
struct OneFilter {
    filter: OneAnd,
}

#[derive(Deserialize)]
struct OneAnd {
    and: [String; 1],
}

/// The condition of a search that has one.
pub(crate) fn condition_of(filters: &str) -> Option<String> {
    let OneFilter { filter: OneAnd { and: [condition] } } = serde_json::from_str(filters).ok()?;
    Some(condition)
}

/// Whether two searches are the same, however they are spelt. `[inferred]`: answers may order keys anew.
pub(crate) fn same_search(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    read(one).is_some_and(|one| Some(one) == read(other))
}
