//! The rows of a list in an answer, whatever wraps them.

use serde_json::{Map, Value};

/// The records of an answer: the rows of a list, or one object.
pub(super) fn records(body: &mut Value) -> &mut [Value] {
    if is_list(body) {
        return rows(body).map_or(&mut [], Vec::as_mut_slice);
    }
    std::slice::from_mut(body)
}

/// The rows, if it is a list: a bare array, or an object that wraps one.
pub(super) fn rows(body: &mut Value) -> Option<&mut Vec<Value>> {
    match body {
        Value::Array(rows) => Some(rows),
        Value::Object(object) => {
            let key = list_key(object)?;
            object.get_mut(&key)?.as_array_mut()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Whether it is a list.
pub(super) fn is_list(body: &Value) -> bool {
    body.is_array() || body.as_object().is_some_and(|object| list_key(object).is_some())
}

/// A list counts its rows beside them, or has nothing beside them; a record with an array in it has other fields too.
fn list_key(object: &Map<String, Value>) -> Option<String> {
    let beside = usize::from(object.contains_key("totalCount"));
    let mut arrays = object.iter().filter(|(_, value)| value.is_array());
    let (key, _) = arrays.next().filter(|_| object.len() == beside + 1)?;
    Some(key.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_told_from_records() {
        for list in [json!([1]), json!({"totalCount": 1, "results": [1]}), json!({"identityProviders": [1]})] {
            assert_eq!(rows(&mut list.clone()).map(|rows| rows.len()), Some(1), "{list}");
        }
        for other in [json!({"_id": "1", "attributes": []}), json!("x"), json!({"totalCount": 1}), json!(null)] {
            assert!(!is_list(&other), "{other}");
        }
    }
}
