//! Faults as the world decides them: what reaches the client, and what was carried out.

use jumpcloud_sim::fault::{self, Delivery, Fate};
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Request, Response, World, console};
use serde_json::{Value, json};

struct Faulty {
    world: World,
    key: String,
    group: String,
}

impl Faulty {
    fn with(faults: &Value) -> Faulty {
        let Pair { mut world, primary, primary_key: key, .. } = fixture::demo(1, 60);
        let group = world.groups(primary).find(|group| group.name == "Everyone").unwrap().id.to_string();
        world.set_faults(fault::parse(faults).unwrap());
        Faulty { world, key, group }
    }

    fn of(when: Value, effect: Value) -> Faulty {
        Faulty::with(&json!([{"name": "f", "when": when, "do": effect}]))
    }

    fn send(&mut self, method: &str, target: &str, body: &Value) -> (Response, Fate) {
        let request = Request::api(method, target).with_header("x-api-key", &self.key);
        self.world.meet(&if body.is_null() { request } else { request.with_json(body) })
    }

    fn get(&mut self, target: &str) -> Response {
        self.send("GET", target, &Value::Null).0
    }

    fn make_group(&mut self, name: &str) -> (Response, Fate) {
        self.send("POST", "/api/v2/usergroups", &json!({"name": name}))
    }

    fn has_group(&self, name: &str) -> bool {
        self.world.organizations().any(|org| self.world.groups(org.id).any(|group| group.name == name))
    }

    fn counts(&self) -> (u64, u64) {
        let (_, count) = self.world.faults().next().unwrap();
        (count.matched, count.fired)
    }
}

#[test]
fn the_same_seed_meets_the_same_faults() {
    let faults = json!([
        {"name": "slow", "do": {"latency": {"exponential": 80}}},
        {"name": "storm", "when": {"rate": 0.3}, "do": {"fail": {"status": 429}}},
        {"name": "hostile", "when": {"rate": 0.5}, "do": {"hostile": {"how": ["control", "missing", "null"]}}},
    ]);
    let (mut one, mut other) = (Faulty::with(&faults), Faulty::with(&faults));
    for skip in 0..50 {
        let target = format!("/api/systemusers?limit=5&skip={skip}");
        let met = one.send("GET", &target, &Value::Null);
        assert_eq!(met, other.send("GET", &target, &Value::Null));
    }
    let fired: Vec<u64> = one.world.faults().map(|(_, count)| count.fired).collect();
    assert!(fired[0] == 50 && (5..25).contains(&fired[1]) && (15..40).contains(&fired[2]), "{fired:?}");
}

#[test]
fn a_fault_keeps_to_its_method_its_path_its_organization_and_its_number() {
    let mut faulty = Faulty::of(json!({"method": "POST", "path": "/api/v2/*", "nth": 2}), json!("html-403"));
    let org = faulty.world.organizations().next().unwrap().id;
    faulty.get("/api/v2/usergroups");
    let statuses = ["A", "B", "C"].map(|name| faulty.make_group(name).0.status);
    assert_eq!(statuses, [201, 403, 201]);
    assert_eq!(faulty.counts(), (3, 1));
    let of = |org: &str| Faulty::of(json!({"organization": org}), json!("html-403"));
    assert_eq!(of(&org.to_string()).get("/api/v2/usergroups").status, 403);
    assert_eq!(of("5f0c0d3e9b1e8a0001a1b2c3").get("/api/v2/usergroups").status, 200);
}

#[test]
fn a_status_comes_before_the_commit_or_after_it() {
    for (after_commit, is_made) in [(false, false), (true, true)] {
        let effect = json!({"fail": {"status": 503, "after_commit": after_commit, "retry_after_s": 7}});
        let mut faulty = Faulty::of(json!({}), effect);
        let (response, _) = faulty.make_group("A");
        assert_eq!((response.status, response.header("retry-after")), (503, Some("7")));
        assert_eq!(faulty.has_group("A"), is_made);
        assert_eq!(faulty.world.requests().len(), 1, "it is remembered once");
    }
    let (response, _) = Faulty::of(json!({}), json!({"fail": {"status": 429}})).make_group("A");
    assert_eq!((response.status, response.header("retry-after")), (429, None));
}

#[test]
fn a_rate_limit_counts_in_windows_of_the_clock() {
    let limit = json!({"rate-limit": {"requests": 2, "per_ms": 1000, "retry_after_s": 1}});
    let mut faulty = Faulty::of(json!({}), limit);
    faulty.world.freeze(true);
    let mut statuses = || [(); 3].map(|()| faulty.get("/api/organizations").status);
    assert_eq!(statuses(), [200, 200, 429]);
    faulty.world.advance(1000);
    assert_eq!([(); 3].map(|()| faulty.get("/api/organizations").status), [200, 200, 429]);
    assert_eq!(faulty.counts(), (6, 2));
}

#[test]
fn what_ends_without_an_answer_is_carried_out_or_not() {
    for (effect, delivery, is_made) in [
        (json!({"cut": {"at_byte": 9}}), Delivery::Cut(9), true),
        (json!({"timeout": {}}), Delivery::Never, false),
        (json!({"timeout": {"after_commit": true}}), Delivery::Never, true),
        (json!({"late-commit": {"requests": {"fixed": 1}}}), Delivery::Cut(0), false),
    ] {
        let mut faulty = Faulty::of(json!({}), effect.clone());
        let (_, fate) = faulty.make_group("A");
        assert_eq!((fate.delivery, faulty.has_group("A")), (delivery, is_made), "{effect}");
    }
}

#[test]
fn what_came_first_may_be_carried_out_last() {
    let mut faulty =
        Faulty::of(json!({"method": "POST", "first": 1}), json!({"late-commit": {"requests": {"fixed": 1}}}));
    faulty.make_group("A");
    faulty.make_group("B");
    assert!(faulty.has_group("B") && !faulty.has_group("A"));
    faulty.get("/api/v2/usergroups");
    assert!(faulty.has_group("A"));

    let mut faulty = Faulty::of(json!({"method": "POST"}), json!({"late-commit": {"ms": {"fixed": 60_000}}}));
    faulty.make_group("A");
    let mut moved = World::import(faulty.world.export()).unwrap();
    faulty.world.set_faults(Vec::new());
    faulty.world.advance(59_000);
    assert!(!faulty.has_group("A"));
    faulty.world.advance(2_000);
    assert!(faulty.has_group("A"), "what is under way arrives, although the fault is over");
    moved.advance(61_000);
    faulty.world = moved;
    assert!(faulty.has_group("A"), "and in a world that was moved");
}

#[test]
fn a_blocked_address_gets_a_page_and_an_empty_body_hides_what_was_made() {
    let mut faulty = Faulty::of(json!({}), json!("html-403"));
    let (response, _) = faulty.make_group("A");
    assert_eq!((response.status, response.header("content-type")), (403, Some("text/html; charset=UTF-8")));
    assert!(response.body.starts_with(b"<!DOCTYPE html>") && !faulty.has_group("A"));
    let mut faulty = Faulty::of(json!({}), json!("empty-body"));
    let (response, _) = faulty.make_group("A");
    assert_eq!((response.status, response.body.len(), faulty.has_group("A")), (200, 0, true));
}

#[test]
fn lists_show_what_was_written_only_later_and_objects_at_once() {
    let mut faulty = Faulty::of(json!({"method": "GET"}), json!({"delayed-visibility": {"ms": 5_000}}));
    faulty.world.freeze(true);
    let made = faulty.make_group("A").0.json()["id"].as_str().unwrap().to_owned();
    let members = format!("/api/v2/usergroups/{made}/members");
    let user = faulty.get("/api/systemusers?limit=1").json()["results"][0]["_id"].clone();
    let added = faulty.send("POST", &members, &json!({"op": "add", "type": "user", "id": user})).0;
    assert_eq!(added.status, 204);
    let seen = |faulty: &mut Faulty| {
        let listed = faulty.get("/api/v2/usergroups?filter=name:eq:A");
        let (total, of_group) = (listed.header("x-total-count").map(str::to_owned), faulty.get(&members));
        (listed.json().as_array().unwrap().len(), total.unwrap(), of_group.json().as_array().unwrap().len())
    };
    assert_eq!(seen(&mut faulty), (0, "0".to_owned(), 0));
    assert_eq!(faulty.get(&format!("/api/v2/usergroups/{made}")).status, 200, "the object itself");
    faulty.world.advance(5_000);
    assert_eq!(seen(&mut faulty), (1, "1".to_owned(), 1));
    // What is gone is seen for as long.
    faulty.send("DELETE", &format!("/api/v2/usergroups/{made}"), &Value::Null);
    assert_eq!(faulty.get("/api/v2/usergroups?filter=name:eq:A").json().as_array().unwrap().len(), 1);
    faulty.world.advance(5_000);
    assert_eq!(faulty.get("/api/v2/usergroups?filter=name:eq:A").json().as_array().unwrap().len(), 0);
}

#[test]
fn pages_without_an_order_overlap_and_miss_rows() {
    let mut faulty = Faulty::of(json!({}), json!("unstable-order"));
    let ids = |faulty: &mut Faulty, query: &str| -> Vec<String> {
        let pages =
            (0..6).map(|page| faulty.get(&format!("/api/systemusers?limit=10&skip={}{query}", page * 10)).json());
        let rows = pages.flat_map(|page| page["results"].as_array().unwrap().clone());
        rows.map(|row| row["_id"].as_str().unwrap().to_owned()).collect()
    };
    let different = |mut ids: Vec<String>| {
        ids.sort();
        ids.dedup();
        ids.len()
    };
    let (unsorted, sorted) = (ids(&mut faulty, ""), ids(&mut faulty, "&sort=_id"));
    assert_eq!((unsorted.len(), sorted.len()), (60, 60));
    assert_eq!(different(sorted), 60);
    assert!(different(unsorted) < 55);
    let group = faulty.group.clone();
    let members = |faulty: &mut Faulty| faulty.get(&format!("/api/v2/usergroups/{group}/members?limit=20")).body;
    assert_ne!(members(&mut faulty), members(&mut faulty));
}

#[test]
fn pages_are_short_and_totals_lie() {
    let mut faulty = Faulty::of(json!({}), json!({"short-page": {"missing": 3}}));
    let page = faulty.get("/api/systemusers?limit=10").json();
    assert_eq!((page["results"].as_array().unwrap().len(), &page["totalCount"]), (7, &json!(60)));
    let mut faulty = Faulty::of(json!({}), json!({"false-total": {"add": -59}}));
    assert_eq!(faulty.get("/api/systemusers?limit=10").json()["totalCount"], json!(1));
    let members = faulty.get(&format!("/api/v2/usergroups/{}/members", faulty.group.clone()));
    assert_eq!(members.header("x-total-count"), Some("1"));
}

#[test]
fn records_come_with_fields_that_nobody_expects() {
    for (how, is_so) in [
        ("missing", (|row: &Value| row.get("username").is_none()) as fn(&Value) -> bool),
        ("unknown", |row| row.as_object().unwrap().keys().any(|name| name.starts_with("username\u{202e}"))),
        ("null", |row| row["username"].is_null()),
        ("wrong-type", |row| row["username"].is_object()),
        ("control", |row| row["username"].as_str().unwrap().contains('\u{1b}')),
        ("bidi", |row| row["username"].as_str().unwrap().contains('\u{202e}')),
        ("huge", |row| row["username"].as_str().unwrap().len() > 65_000),
    ] {
        let mut faulty = Faulty::of(json!({}), json!({"hostile": {"how": [how], "fields": ["username"]}}));
        let page = faulty.get("/api/systemusers?limit=2").json();
        assert!(page["results"].as_array().unwrap().iter().all(is_so), "{how}: {page}");
    }
    let mut faulty = Faulty::of(json!({}), json!({"hostile": {"how": ["deep"]}}));
    let page = faulty.get("/api/systemusers?limit=1");
    assert!(page.body.windows(200).any(|part| part.iter().all(|byte| *byte == b'[')));
}

#[test]
fn what_is_done_by_hand_is_hidden_no_longer_than_what_was_written() {
    let mut faulty = Faulty::of(json!({"method": "GET"}), json!({"delayed-visibility": {"ms": 1_000}}));
    faulty.make_group("A");
    let org = faulty.world.organizations().next().unwrap().id;
    let group = faulty.world.groups(org).find(|group| group.name == "Contractors").unwrap().id;
    console::rename_group(&mut faulty.world, group, "B");
    let names = |faulty: &mut Faulty| faulty.get("/api/v2/usergroups?limit=100&filter=name:in:A|B|Contractors").json();
    assert_eq!(names(&mut faulty).as_array().unwrap().len(), 1);
    faulty.world.advance(1_000);
    assert_eq!(names(&mut faulty).as_array().unwrap().len(), 2);
}
