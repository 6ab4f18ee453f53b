//! The published API descriptions: which calls there are, and what their requests and answers look like.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::schema;
use crate::traffic::Exchange;

/// Where they are, if they are there.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/api/openapi");
const FILES: [&str; 3] = ["v1.json", "v2.json", "insights.json"];

/// Everything that is published.
pub(crate) struct Descriptions(Vec<Operation>);

struct Operation {
    /// Method and path, `{}` for each argument.
    call: String,
    /// Parameters as `query limit` or `header x-…`, with the values that are published.
    parameters: BTreeMap<String, Parameter>,
    request: Option<Validator>,
    answers: BTreeMap<u16, Option<Validator>>,
}

struct Parameter {
    is_required: bool,
    /// Empty where any value will do.
    values: Vec<Value>,
}

/// Where something that was said is not what is published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Method and path, `{}` for each argument.
    pub(crate) call: String,
    /// What is wrong with it.
    pub(crate) what: String,
}

impl Descriptions {
    /// Reads them.
    ///
    /// # Panics
    /// Where they are not there: nothing can be checked then, and that must not pass for a check.
    pub(crate) fn read() -> Self {
        let folder = Path::new(FOLDER);
        assert!(folder.is_dir(), "NOT CHECKED: the published descriptions are not there ({FOLDER})");
        Self(FILES.iter().flat_map(|file| operations(&read(&folder.join(file)))).collect())
    }

    /// Every call that is published.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|operation| operation.call.as_str())
    }

    /// Where an exchange is not what is published.
    pub(crate) fn findings(&self, exchange: &Exchange) -> Vec<Finding> {
        let (call, whats) = match self.find(exchange) {
            None => (exchange.call(), vec!["call is not published".to_owned()]),
            Some(operation) => (operation.call.clone(), operation.differences(exchange)),
        };
        whats.into_iter().map(|what| Finding { call: call.clone(), what }).collect()
    }

    fn find(&self, exchange: &Exchange) -> Option<&Operation> {
        let call = exchange.call();
        self.0.iter().find(|operation| operation.call == call)
    }
}

impl Operation {
    fn parameter_differences(&self, exchange: &Exchange) -> Vec<String> {
        let sent = sent_parameters(exchange);
        let unpublished = sent.iter().filter_map(|(name, value)| match self.parameters.get(name) {
            None => Some(format!("{name} is not published")),
            Some(Parameter { values, .. }) if !values.is_empty() && !values.contains(&json!(value)) => {
                Some(format!("{name} is another: {value}"))
            }
            Some(_) => None,
        });
        let required = self.parameters.iter().filter(|(_, parameter)| parameter.is_required);
        let missing = required.filter(|(name, _)| !sent.iter().any(|(sent, _)| sent == *name));
        unpublished.chain(missing.map(|(name, _)| format!("{name} is missing"))).collect()
    }

    fn differences(&self, exchange: &Exchange) -> Vec<String> {
        let mut whats = self.parameter_differences(exchange);
        match (&self.request, &exchange.request) {
            (Some(valid), Some(body)) => whats.extend(wrong(valid, body).map(|what| format!("request {what}"))),
            (None, Some(_)) => whats.push("request body is not published".to_owned()),
            (_, None) => {}
        }
        match (self.answers.get(&exchange.status), &exchange.answer) {
            (None, body) => {
                whats.push(format!("status {} is not published", exchange.status));
                whats
                    .extend(body.as_ref().filter(|body| !says_why(body)).map(|_| "answer does not say why".to_owned()));
            }
            (Some(Some(valid)), Some(body)) => whats.extend(wrong(valid, body).map(|what| format!("answer {what}"))),
            (Some(Some(_)), None) => whats.push("answer is empty".to_owned()),
            (Some(None), _) => {}
        }
        whats
    }
}

/// Whether a refusal has one of the texts that refusals have.
fn says_why(body: &Value) -> bool {
    ["message", "error"].iter().any(|name| body.get(*name).is_some_and(Value::is_string))
}

/// The parameters of a request and their values; those with an index are published without it.
fn sent_parameters(exchange: &Exchange) -> Vec<(String, String)> {
    let query = form_urlencoded::parse(exchange.query.as_bytes())
        .map(|(name, value)| (format!("query {}", name.split('[').next().unwrap_or_default()), value.into_owned()));
    query.chain(exchange.headers.iter().map(|name| (format!("header {name}"), String::new()))).collect()
}

fn wrong(valid: &Validator, body: &Value) -> impl Iterator<Item = String> {
    let errors = valid.iter_errors(body).flat_map(|error| {
        let at = error.instance_path().as_str().split('/').map(|part| match part.parse::<usize>() {
            Ok(_) => "*",
            Err(_) => part,
        });
        let at = at.collect::<Vec<_>>().join("/");
        if let ValidationErrorKind::Required { property } = error.kind() {
            vec![format!("lacks {at}/{}", property.as_str().unwrap_or_default())]
        } else if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
            unexpected.iter().map(|name| format!("has {at}/{name}")).collect()
        } else {
            vec![format!("{} of {at} is another: {}", error.kind().keyword(), shown(error.instance()))]
        }
    });
    errors.collect::<BTreeSet<_>>().into_iter()
}

/// A value for people, as far as it is not something of its own in each run.
fn shown(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.len() < 24 => value.to_string(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn operations(description: &Value) -> Vec<Operation> {
    let base = description["basePath"].as_str().unwrap().trim_end_matches('/');
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        let path = format!("{base}{}", segments.collect::<Vec<_>>().join("/"));
        for method in ["get", "post", "put", "patch", "delete"] {
            if let Some(operation) = methods.get(method) {
                let call = format!("{} {path}", method.to_uppercase());
                let shared = methods.get("parameters").and_then(Value::as_array).into_iter().flatten();
                all.push(described(description, call, shared, operation));
            }
        }
    }
    all
}

fn described<'a>(
    description: &'a Value,
    call: String,
    shared: impl Iterator<Item = &'a Value>,
    operation: &'a Value,
) -> Operation {
    let own = operation["parameters"].as_array().into_iter().flatten();
    let resolved = shared.chain(own).map(|parameter| match parameter["$ref"].as_str() {
        Some(path) => description.pointer(path.trim_start_matches('#')).unwrap(),
        None => parameter,
    });
    let (bodies, others): (Vec<&Value>, Vec<&Value>) = resolved.partition(|parameter| parameter["in"] == "body");
    let definitions = description["definitions"].as_object().unwrap();
    let name =
        |parameter: &Value| format!("{} {}", parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
    let answers = operation["responses"].as_object().unwrap();
    Operation {
        call,
        parameters: others.iter().map(|of| (name(of), parameter(of))).collect(),
        request: bodies.first().map(|body| compiled(&body["schema"], definitions)),
        answers: answers
            .iter()
            .map(|(status, answer)| (status.parse().unwrap(), answer.get("schema").map(|of| compiled(of, definitions))))
            .collect(),
    }
}

fn parameter(parameter: &Value) -> Parameter {
    let values = parameter.get("enum").or_else(|| parameter.pointer("/items/enum"));
    Parameter {
        // What is in the path is always there.
        is_required: parameter["required"] == true && parameter["in"] != "path",
        values: values.and_then(Value::as_array).cloned().unwrap_or_default(),
    }
}

fn compiled(schema: &Value, definitions: &Map<String, Value>) -> Validator {
    let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
    options.build(&schema::whole(schema, definitions)).unwrap()
}
