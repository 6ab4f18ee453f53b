//! Lists as the service wraps them: a bare array, `{"results":[…],"totalCount":N}`, or another key with the array.

use serde_json::value::RawValue;

use super::users::Undecoded;

/// The elements of a page, each as its own JSON text, and the total if the body has one.
pub(crate) fn elements(page: &[u8]) -> Result<(Vec<&RawValue>, Option<u64>), Undecoded> {
    let start = page.iter().find(|byte| !byte.is_ascii_whitespace());
    if start == Some(&b'[') {
        return Ok((decode(page)?, None));
    }
    let keys: std::collections::BTreeMap<&str, &RawValue> = decode(page)?;
    let total = keys.get("totalCount").and_then(|value| value.get().parse().ok());
    let list = keys.values().find(|value| value.get().starts_with('['));
    let list = list.ok_or_else(|| Undecoded::Shape("there is no list in it".into()))?;
    Ok((decode(list.get().as_bytes())?, total))
}

/// One object, bare or alone under one key.
pub(crate) fn decode<'a, T: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<T, Undecoded> {
    serde_json::from_slice(text).map_err(|error| Undecoded::of(&error))
}

/// Every element of a page as a `T`.
pub(crate) fn list<'a, T: serde::Deserialize<'a>>(page: &'a [u8]) -> Result<(Vec<T>, Option<u64>), Undecoded> {
    let (elements, total) = elements(page)?;
    let rows = elements.into_iter().map(|element| decode(element.get().as_bytes())).collect::<Result<_, _>>()?;
    Ok((rows, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapping_that_was_seen_is_understood() {
        for page in ["[1,2]", r#"{"results":[1,2],"totalCount":9}"#, r#"{"identityProviders":[1,2],"totalCount":9}"#] {
            let (rows, total) = list::<u8>(page.as_bytes()).unwrap();
            assert_eq!(rows, [1, 2]);
            assert_eq!(total, (!page.starts_with('[')).then_some(9));
        }
        assert!(list::<u8>(b"{}").is_err());
        assert!(list::<u8>(b"<html>").is_err());
    }
}
