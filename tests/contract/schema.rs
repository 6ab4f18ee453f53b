//! The schemas of Swagger 2.0 as JSON Schema.
//!
//! What is published of an object is taken at its word: a key that is not listed is a finding. The branches of an `allOf`
//! list the keys of one object, so they are put into one.

use serde_json::{Map, Value, json};

/// Keywords that mean the same in both.
const SAME: [&str; 9] =
    ["type", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "format"];

/// A schema that can be compiled: with everything it refers to.
pub(crate) fn whole(schema: &Value, definitions: &Map<String, Value>) -> Value {
    let all: Map<String, Value> =
        definitions.iter().map(|(name, definition)| (name.clone(), converted(definition, definitions))).collect();
    json!({"allOf": [converted(schema, definitions)], "definitions": all})
}

fn converted(schema: &Value, definitions: &Map<String, Value>) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"$ref": schema["$ref"]});
    }
    let mut out: Map<String, Value> =
        SAME.iter().filter_map(|word| Some(((*word).to_owned(), schema.get(*word)?.clone()))).collect();
    if let Some(items) = schema.get("items") {
        out.insert("items".to_owned(), converted(items, definitions));
    }
    let mut object = Object::default();
    object.add(schema, definitions);
    object.finish(&mut out);
    if schema.get("x-nullable") == Some(&Value::Bool(true)) {
        return json!({"anyOf": [out, {"type": "null"}]});
    }
    out.into()
}

/// What is said of the keys of an object, in all its branches.
#[derive(Default)]
struct Object {
    /// Each with everything that is said of it.
    keys: Map<String, Value>,
    required: Vec<Value>,
    /// What is said of keys that are not listed.
    others: Option<Value>,
}

impl Object {
    fn add(&mut self, schema: &Value, definitions: &Map<String, Value>) {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/definitions/"));
        if let Some(definition) = name.and_then(|name| definitions.get(name)) {
            return self.add(definition, definitions);
        }
        for branch in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.add(branch, definitions);
        }
        for (name, of) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let all = self.keys.entry(name.clone()).or_insert_with(|| json!({"allOf": []}));
            all["allOf"].as_array_mut().unwrap().push(converted(of, definitions));
        }
        self.required.extend(schema.get("required").and_then(Value::as_array).into_iter().flatten().cloned());
        if let Some(others) = schema.get("additionalProperties") {
            self.others = Some(if others.is_object() { converted(others, definitions) } else { others.clone() });
        }
    }

    fn finish(self, out: &mut Map<String, Value>) {
        let others = self.others.or_else(|| (!self.keys.is_empty()).then_some(Value::Bool(false)));
        if let Some(others) = others {
            out.insert("properties".to_owned(), self.keys.into());
            out.insert("additionalProperties".to_owned(), others);
        }
        if !self.required.is_empty() {
            out.insert("required".to_owned(), self.required.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(schema: &Value, instance: &Value) -> bool {
        let definitions = json!({
            "Base": {"properties": {"id": {"type": "string"}}, "required": ["id"]},
            "More": {"allOf": [{"$ref": "#/definitions/Base"}, {"properties": {"name": {"type": "string"}}}]},
        });
        let schema = whole(schema, definitions.as_object().unwrap());
        jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(&schema).unwrap().is_valid(instance)
    }

    #[test]
    fn keys_may_be_listed_in_any_branch_and_no_others_are_taken() {
        let more = json!({"$ref": "#/definitions/More"});
        assert!(accepts(&more, &json!({"id": "1", "name": "n"})));
        assert!(!accepts(&more, &json!({"name": "n"})));
        assert!(!accepts(&more, &json!({"id": "1", "other": 1})));
        assert!(!accepts(&more, &json!({"id": 1})));
        let list = json!({"type": "array", "items": {"$ref": "#/definitions/Base"}});
        assert!(accepts(&list, &json!([{"id": "1"}])) && !accepts(&list, &json!([{"id": "1", "name": "n"}])));
    }

    #[test]
    fn null_is_taken_where_it_is_said() {
        let date = json!({"properties": {"at": {"type": "string", "x-nullable": true}, "by": {"type": "string"}}});
        assert!(accepts(&date, &json!({"at": null})));
        assert!(!accepts(&date, &json!({"by": null})));
        let open = json!({"properties": {"at": {"type": "string"}}, "additionalProperties": true});
        assert!(accepts(&open, &json!({"other": 1})));
    }
}
