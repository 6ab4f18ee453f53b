//! The published schemas of what the program prints for machines.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use fedctl_engine::journal;

use super::{drift, findings, fleet, people, plan_json, report, status, trace};

/// Where the schemas are published.
const BASE: &str = "https://raw.githubusercontent.com/fedctl/fedctl/main/docs/schemas/";

/// Every document, by the name and version of its format.
pub fn all() -> [(&'static str, String); 9] {
    [
        (plan_json::SCHEMA, of::<plan_json::Document<'static>>(plan_json::SCHEMA)),
        (report::SCHEMA, of::<report::Document<'static>>(report::SCHEMA)),
        (findings::SCHEMA, of::<findings::Document<'static>>(findings::SCHEMA)),
        (journal::SCHEMA, of::<journal::Line<'static>>(journal::SCHEMA)),
        (trace::SCHEMA, of::<trace::Document<'static>>(trace::SCHEMA)),
        (status::SCHEMA, of::<status::Document<'static>>(status::SCHEMA)),
        (drift::SCHEMA, of::<drift::Document<'static>>(drift::SCHEMA)),
        (people::SCHEMA, of::<people::Document<'static>>(people::SCHEMA)),
        (fleet::SCHEMA, of::<fleet::Document<'static>>(fleet::SCHEMA)),
    ]
}

fn of<D: JsonSchema>(name: &str) -> String {
    let written = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = written.into_generator().into_root_schema_for::<D>();
    schema.insert("$id".to_owned(), format!("{BASE}{name}.json").into());
    schema.insert("title".to_owned(), name.into());
    plan_json::to_text(&schema)
}
