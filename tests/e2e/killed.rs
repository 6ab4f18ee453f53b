//! I4 with a real process: `fedctl apply` is killed at a write that the simulator never answers, whether that was carried out
//! or not; two runs later everything is as after a run that nobody killed, judged by what the simulator knows.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::thread;

use jumpcloud_sim::{OrgId, User, World};
use serde_json::json;

use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const APPLY: &str = "apply demo.yaml --auto-approve";

/// A write by which to kill: the calls it looks like, which of them, and whether it is carried out all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Point {
    method: String,
    pattern: String,
    nth: usize,
    carried_out: bool,
}

/// What is ours and who opens what, without ids, for these differ from run to run.
fn picture(sandbox: &Sandbox) -> Vec<String> {
    let world = World::import(sandbox.world()).expect("the simulator knows its own world");
    let org = |side| sandbox.id(side).parse::<OrgId>().expect("an id");
    let (primary, secondary) = (org(Primary), org(Secondary));
    let groups = [primary, secondary]
        .into_iter()
        .flat_map(|org| world.groups(org))
        .map(|group| format!("group {} {} {}", group.name, group.description, group.member_count()));
    let apps = world.apps(primary).map(|app| format!("app {} {} {}", app.display_label, app.description, app.active));
    let policies = world.policies(secondary).map(|policy| {
        let groups = policy.groups().count();
        format!("policy {} {} {} {groups}", policy.name, policy.description, policy.enabled)
    });
    let opens = |user: &User| {
        let people = world.users(primary).filter(|person| world.sign_in(secondary, &user.email, person.id).is_ok());
        let people: Vec<&str> = people.map(|person| &*person.email).collect();
        let by_password = world.local_sign_in(secondary, &user.email).is_ok();
        format!("account {} {:?} {:?} {people:?} {by_password}", user.email, user.state, user.attribute("fedctl"))
    };
    let mapped = world.users(primary).map(|user| format!("person {} {:?}", user.email, user.attribute("AcmeToBeta")));
    let mut all: Vec<String> = groups.chain(apps).chain(policies).chain(mapped).collect();
    all.extend(world.users(secondary).map(opens));
    all.extend(world.provider(secondary).map(|provider| format!("provider {}", provider.name)));
    all.sort();
    all
}

/// Every write of a first apply as a point to kill at, with what the world is after it.
fn points() -> (Vec<(String, String, usize)>, Vec<String>) {
    let sandbox = Sandbox::start();
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let count = |(method, path): (String, String)| {
        let key = (method, pattern(&path));
        let nth = seen.entry(key.clone()).or_default();
        *nth += 1;
        (key.0, key.1, *nth)
    };
    let points = sandbox.writes().into_iter().map(count).collect();
    (points, picture(&sandbox))
}

/// A path with its ids left out.
fn pattern(path: &str) -> String {
    let is_id = |part: &str| part.len() == 24 && part.bytes().all(|digit| digit.is_ascii_hexdigit());
    path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// Kills an apply at a point; the world it leaves behind.
fn killed_at(point: &Point) -> Sandbox {
    let sandbox = Sandbox::start();
    let when = json!({"method": point.method, "path": point.pattern, "nth": point.nth});
    let never = json!({"timeout": {"after_commit": point.carried_out}});
    sandbox.control("PUT", "faults", &json!([{"name": "never", "when": when, "do": never}]).to_string());
    let mut run = sandbox.command(APPLY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    while sandbox.control("GET", "faults", "").json()[0]["fired"] == 0 {
        assert_eq!(run.try_wait().expect("it is a child"), None, "{point:?} was never reached");
        thread::yield_now();
    }
    run.kill().expect("it is a child");
    let status = run.wait().expect("it is a child");
    assert_eq!(status.code(), None, "it was killed before it ended");
    sandbox.control("DELETE", "faults", "");
    sandbox
}

/// Two runs after a kill: all is as without it, and a third writes nothing.
fn is_healed(point: &Point, clean: &[String]) {
    let sandbox = killed_at(point);
    for _ in 0..2 {
        let _run = sandbox.fedctl(APPLY).exits_with(0);
    }
    assert_eq!(picture(&sandbox), clean, "{point:?}");
    sandbox.forget_requests();
    let _plan = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    sandbox.nothing_was_written();
    let _verified = sandbox.fedctl("verify demo.yaml").exits_with(0);
    assert_eq!(sandbox.outbox(), [0; 0], "{point:?}");
}

/// So many points, over all writes, half of them carried out.
fn sample(many: usize) -> usize {
    let (writes, clean) = points();
    for number in 0..many {
        let (method, pattern, nth) = writes[number * writes.len() / many].clone();
        is_healed(&Point { method, pattern, nth, carried_out: number % 2 == 1 }, &clean);
    }
    writes.len()
}

#[test]
fn i4_a_process_that_is_killed_at_a_write_is_healed_by_two_others() {
    sample(4);
}

#[test]
#[ignore = "long: cargo xtask crash-matrix"]
fn i4_fifty_processes_are_killed() {
    let writes = sample(50);
    println!("crash-matrix: 50 processes killed at writes out of {writes}, 0 not healed by two runs");
}
