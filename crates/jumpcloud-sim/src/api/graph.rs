//! The graph: objects of a list of bindings, and the operation that changes one.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::query::filter::Fielded;
use crate::query::page::Page;
use crate::query::v2;

/// What a graph operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Remove,
    Update,
}

/// `{"op": "add", "type": "user_group", "id": "…"}` \[spec\].
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) op: Op,
    pub(crate) kind: String,
    pub(crate) id: String,
}

impl Operation {
    pub(crate) fn read(call: &Call<'_>) -> Result<Operation, Reply> {
        let body = call.object()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let op = match text("op").as_str() {
            "add" => Op::Add,
            "remove" => Op::Remove,
            "update" => Op::Update,
            _ => return Err(Reply::v2_refusal("op must be one of add, remove, update")),
        };
        Ok(Operation { op, kind: text("type"), id: text("id") })
    }
}

/// An object at the end of a path through the graph.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    /// A group's attributes, which come along as `compiledAttributes` \[observed\].
    pub(crate) attributes: Option<Map<String, Value>>,
    /// What lies between, on each way that leads there; a direct one has nothing between.
    pub(crate) ways: Vec<Vec<(&'static str, String)>>,
}

impl Fielded for Node {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "object_id" | "id" => Some(Cow::Borrowed(&self.id)),
            "type" => Some(Cow::Borrowed(self.kind)),
            _ => None,
        }
    }
}

impl Node {
    pub(crate) fn direct(kind: &'static str, id: String) -> Node {
        Node { kind, id, attributes: None, ways: vec![Vec::new()] }
    }

    fn to_json(&self) -> Value {
        let step =
            |kind: &str, id: &str| json!({"attributes": null, "to": {"attributes": null, "id": id, "type": kind}});
        let path = |way: &Vec<(&'static str, String)>| -> Vec<Value> {
            let between = way.iter().map(|(kind, id)| step(kind, id));
            between.chain([step(self.kind, &self.id)]).collect()
        };
        let paths: Vec<Vec<Value>> = self.ways.iter().map(path).collect();
        json!({"id": self.id, "type": self.kind, "compiledAttributes": self.attributes, "paths": paths})
    }
}

/// Answers with objects and the paths to them; all are made, so this is for short lists and filtered ones.
pub(crate) fn nodes(call: &Call<'_>, page: Page, nodes: &[Node]) -> Answer {
    let query = v2::parse(&call.params, page).map_err(|text| Reply::v2_refusal(&text))?;
    let (nodes, total) = query.selection.select(nodes.iter());
    let rows: Vec<Value> = nodes.into_iter().map(Node::to_json).collect();
    Ok(Reply::list(&rows, total))
}

/// Answers with objects that are made only for the page, unless the request filters or sorts.
pub(crate) fn page_of_nodes<T: Copy>(call: &Call<'_>, page: Page, ends: &[T], node: impl Fn(T) -> Node) -> Answer {
    if call.params.iter().any(|(name, _)| name.starts_with("filter") || name == "sort") {
        let all: Vec<Node> = ends.iter().map(|end| node(*end)).collect();
        return nodes(call, page, &all);
    }
    connections(page, ends, |end| node(*end).to_json())
}

/// Answers with a page of bindings, made only for the page.
pub(crate) fn connections<T>(page: Page, ends: &[T], connection: impl Fn(&T) -> Value) -> Answer {
    let rows: Vec<Value> = page.slice(ends).iter().map(connection).collect();
    Ok(Reply::list(&rows, ends.len()))
}
