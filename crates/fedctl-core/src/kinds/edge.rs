//! Edges of the graph: the body that adds one or takes one away.

use serde::Serialize;

use crate::address::Address;
use crate::live::Confirmed;
use crate::plan::hole::{Body, Id, Of};

/// `{"op":"add","type":…,"id":…}`. `[spec]`: the body of every change of an edge.
#[derive(Serialize)]
pub(crate) struct Edit {
    op: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    id: Of<Id>,
}

impl Edit {
    /// Adds an edge to this object.
    pub(crate) fn add(kind: &'static str, to: &Address) -> Body {
        Body::json(&Edit { op: "add", kind, id: Of::new(to) })
    }

    /// Takes it away, which the reader has to have confirmed.
    pub(crate) fn remove<R>(_: Confirmed<R>, kind: &'static str, to: &Address) -> Body {
        Body::json(&Edit { op: "remove", kind, id: Of::new(to) })
    }
}
