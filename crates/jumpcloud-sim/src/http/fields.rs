//! What a request carries beside its path: form and query fields, headers, cookies.

use std::collections::BTreeMap;

use crate::Request;

/// The fields of a query string or of a form body; the first of a name counts.
pub(super) fn parse(encoded: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(encoded) {
        fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    fields
}

/// A query string or a form body from fields.
pub(super) fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A cookie that the browser sent back.
pub(super) fn cookie(request: &Request, name: &str) -> Option<String> {
    let all = request.header("cookie")?;
    let pairs = all.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
}

/// The `Set-Cookie` line of a cookie that scripts cannot read and other sites cannot send along with a form.
pub(super) fn set_cookie(name: &str, value: &str) -> (String, String) {
    ("set-cookie".to_owned(), format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;

    fn request(headers: &[(&str, &str)], body: &str) -> Request {
        let empty = Request { body: body.into(), ..Request::to(Host::Issuer, "POST", "/") };
        headers.iter().fold(empty, |request, (name, value)| request.with_header(name, value))
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let request = request(&[("cookie", "a=1; sim=two; b=3")], "");
        assert_eq!(cookie(&request, "sim").as_deref(), Some("two"));
        assert_eq!(cookie(&request, "si"), None);
    }
}
