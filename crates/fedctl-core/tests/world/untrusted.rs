//! Answers that were written to lead the executor astray.

use fedctl_core::address::Kind;
use fedctl_core::apply::End;
use fedctl_core::plan::Verb;
use fedctl_core::request::Outcome;

use crate::conversation::{Conversation, answer, only, plan};

#[test]
fn an_id_that_is_none_leads_no_request_elsewhere() {
    let made = only(plan(), |action| {
        let is_group = action.target.kind == Kind::UserGroup && action.verb == Verb::Create;
        is_group || action.target.kind == Kind::GroupMember
    });
    for id in ["..", ".", "../systemusers", "%2e%2e", "", "6500000000000000000000d?x", "\u{202e}"] {
        let mut talk = Conversation::new(made.clone());
        let body = serde_json::json!({"id": id, "_id": id, "name": "Federated from acme"}).to_string();
        let ends = talk.go_on(|line| match line {
            line if line.starts_with("GET ") => Outcome::Answered(answer(200, "[]")),
            _ => Outcome::Answered(answer(201, &body)),
        });
        assert!(ends.iter().all(|end| *end != End::Applied), "{id:?}: {ends:?}");
        let strange = |line: &&String| line.contains("%2E") || line.contains("..") || line.contains("%25");
        assert_eq!(talk.said.iter().find(strange), None, "{id:?}");
    }
}
