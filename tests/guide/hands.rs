//! What people do in the consoles while a page is told.

use jumpcloud_sim::console;
use serde_json::json;

use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

/// Does what the words say.
pub(crate) fn make(sandbox: &Sandbox, words: &str) -> Result<(), String> {
    let (what, who) = words.split_once(' ').unwrap_or((words, ""));
    match what {
        "joins" => sandbox.change_member(Primary, "add", "Contractors", &sandbox.user(Primary, who)),
        "leaves" => sandbox.change_member(Primary, "remove", "Contractors", &sandbox.user(Primary, who)),
        "password" => {
            let user = sandbox.user(Secondary, who);
            let target = format!("/api/systemusers/{}", user["_id"].as_str().unwrap_or_default());
            sandbox.api(Secondary, "PUT", &target, &json!({"password": "simulated password"}));
        }
        "passwords" => passwords(sandbox),
        "days" => later(sandbox, who.parse().map_err(|_| format!("`{who}` is no number of days"))?),
        _ => return Err(format!("nobody knows how to do `{words}` by hand: tests/guide/hands.rs")),
    }
    sandbox.forget_requests();
    Ok(())
}

/// Everybody whose account is ours has a password of their own.
fn passwords(sandbox: &Sandbox) {
    sandbox.by_hand(|world| {
        let accounts = world.organizations().nth(1).map(|org| org.id);
        let accounts = accounts.into_iter().flat_map(|org| world.users(org));
        let ours: Vec<_> = accounts.filter(|user| user.attribute("fedctl").is_some()).map(|user| user.id).collect();
        for user in ours {
            assert!(console::set_password(world, user, Some("simulated password")));
        }
    });
}

fn later(sandbox: &Sandbox, days: u64) {
    sandbox.change_world(|world| {
        let now = world["now_ms"].as_u64().unwrap_or_default();
        world["now_ms"] = json!(now + days * 24 * 60 * 60 * 1000);
    });
}
