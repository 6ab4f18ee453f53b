//! What a service says of its limits. `[observed]`: JumpCloud sends no such header; whoever sees one wants to know.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::HeaderMap;

/// The headers about limits of the latest answer that had any.
#[derive(Debug, Default)]
pub(crate) struct Quota(Mutex<BTreeMap<String, String>>);

impl Quota {
    pub(crate) fn hear(&self, headers: &HeaderMap) {
        let is_one = |name: &str| ["ratelimit", "rate-limit"].iter().any(|word| name.contains(word));
        let found = headers.iter().filter(|(name, _)| is_one(name.as_str()));
        let found: BTreeMap<String, String> = found
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        if let (false, Ok(mut latest)) = (found.is_empty(), self.0.lock()) {
            *latest = found;
        }
    }

    pub(crate) fn latest(&self) -> BTreeMap<String, String> {
        self.0.lock().map(|latest| latest.clone()).unwrap_or_default()
    }
}
