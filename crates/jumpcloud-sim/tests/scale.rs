//! A hundred thousand people: loaded in seconds, and a page costs a page.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a test is to end it")]

mod common;

use std::time::{Duration, Instant};

use common::Client;
use jumpcloud_sim::World;
use jumpcloud_sim::fixture::{self, Pair};
use serde_json::json;

/// Far above what it takes, so that only a wrong order of growth is found.
const SECONDS: Duration = Duration::from_secs(60);

#[test]
fn a_hundred_thousand_people_are_listed_page_by_page() {
    let start = Instant::now();
    let Pair { mut world, primary, primary_key, .. } = fixture::demo(5, 100_000);
    let loaded = start.elapsed();
    let first = world.users(primary).next().unwrap().email.clone();
    let group = world.groups(primary).find(|group| group.name == "Everyone").unwrap().id;
    let mut client = Client { world: &mut world, key: &primary_key };
    let mut seen = 0;
    for page in 0.. {
        let list = client.get(&format!("/api/systemusers?limit=100&skip={}&sort=_id&fields=email", page * 100)).json();
        let rows = list["results"].as_array().unwrap().len();
        assert_eq!(list["totalCount"], json!(100_000));
        seen += rows;
        if rows < 100 {
            break;
        }
    }
    assert_eq!(seen, 100_000);
    for page in 0..1000 {
        let members = client.get(&format!("/api/v2/usergroups/{group}/members?limit=100&skip={}", page * 100));
        assert_eq!(members.header("x-total-count"), Some("100000"));
    }
    let body = json!({"filter": {"or": [{"email": first}, {"email": "nobody@acme.com"}]}, "limit": 100});
    for _ in 0..1000 {
        assert_eq!(client.post("/api/search/systemusers", &body).json()["totalCount"], json!(1));
    }
    println!("loaded in {loaded:?}, all in {:?}", start.elapsed());
    assert!(start.elapsed() < SECONDS, "{:?}", start.elapsed());

    let imported = World::import(world.export()).unwrap();
    assert_eq!(imported.users(primary).count(), 100_000);
    println!("with export and import in {:?}", start.elapsed());
}
