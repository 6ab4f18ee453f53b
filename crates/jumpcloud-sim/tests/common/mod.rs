//! What the tests of this crate share: a client of the simulator that is no more than a loop over a world.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Request, Response, World};
use serde_json::Value;

/// A key, and what can be sent with it.
pub struct Client<'a> {
    pub world: &'a mut World,
    pub key: &'a str,
}

impl Client<'_> {
    pub fn get(&mut self, target: &str) -> Response {
        self.world.answer(&Request::api("GET", target).with_header("x-api-key", self.key))
    }

    pub fn send(&mut self, method: &str, target: &str, body: &Value) -> Response {
        self.world.answer(&Request::api(method, target).with_header("x-api-key", self.key).with_json(body))
    }

    pub fn post(&mut self, target: &str, body: &Value) -> Response {
        self.send("POST", target, body)
    }

    pub fn put(&mut self, target: &str, body: &Value) -> Response {
        self.send("PUT", target, body)
    }

    pub fn delete(&mut self, target: &str) -> Response {
        self.world.answer(&Request::api("DELETE", target).with_header("x-api-key", self.key))
    }
}

/// A group as an answer has it, without what a PUT may not have.
pub fn writable(mut group: Value) -> Value {
    for name in ["id", "type", "organizationObjectId", "suggestionCounts", "memberQueryErrorFlags"] {
        group.as_object_mut().expect("a group has fields").remove(name);
    }
    group
}

/// A client of the primary of two empty organisations, for the length of a test.
pub fn with_client(test: impl FnOnce(&mut Client<'_>)) {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    test(&mut Client { world: &mut world, key: &primary_key });
}

/// The text of a field.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}")).to_owned()
}
