//! What people do in the consoles while a page is told.

use jumpcloud_sim::{AppId, World, console};
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
        "relabels" => of_app(sandbox, |world, app| console::rename_app(world, app, who)),
        "redirects" => of_app(sandbox, |world, app| {
            let uris = world.app(app).and_then(|app| app.oidc.as_ref()).map(|oidc| oidc.redirect_uris.clone());
            let uris = uris.unwrap_or_default();
            let all: Vec<&str> = uris.iter().map(String::as_str).chain([who]).collect();
            console::set_redirect_uris(world, app, &all)
        }),
        "only-ours" => of_app(sandbox, |world, app| {
            let ours = world.login_callback().to_owned();
            console::set_redirect_uris(world, app, &[&ours])
        }),
        "sends-back" => of_app(sandbox, |world, app| console::set_redirect_uris(world, app, &[who])),
        "claims" => claims(sandbox, who)?,
        "deletes-app" => of_app(sandbox, console::delete_app),
        "email" => {
            let (from, to) = who.split_once(' ').ok_or("an address, and another")?;
            let target =
                format!("/api/systemusers/{}", sandbox.user(Primary, from)["_id"].as_str().unwrap_or_default());
            sandbox.api(Primary, "PUT", &target, &json!({"email": to}));
        }
        "lets-in" => sandbox.by_hand(|world| {
            let secondary = world.organizations().nth(1).expect("there are two").id;
            let account = world.user_by_email(secondary, who).expect("it was made").id;
            console::suspend_user(world, account, false);
        }),
        "unroutes" => routed(sandbox, "remove", who),
        "routes" => routed(sandbox, "add", who),
        "minutes" => {
            let minutes: u64 = who.parse().map_err(|_| format!("`{who}` is no number of minutes"))?;
            sandbox.by_hand(|world| world.advance(minutes * 60_000));
        }
        "days" => later(sandbox, who.parse().map_err(|_| format!("`{who}` is no number of days"))?),
        _ => return Err(format!("nobody knows how to do `{words}` by hand: tests/guide/hands.rs")),
    }
    sandbox.forget_requests();
    Ok(())
}

/// Gives somebody who reaches the app by themselves the attribute that opens an account.
fn claims(sandbox: &Sandbox, words: &str) -> Result<(), String> {
    let (who, account) = words.split_once(' ').ok_or("say who claims which account")?;
    let user = sandbox.user(Primary, who)["_id"].take();
    let id = user.as_str().and_then(|id| id.parse().ok()).ok_or("they have no id")?;
    sandbox.by_hand(|world| console::set_attribute(world, id, "acmetobeta", Some(account)));
    let apps = sandbox.list(Primary, "/api/applications?limit=100");
    let app = apps.iter().find(|app| app["displayLabel"] == "OIDC for Beta").and_then(|app| app["_id"].as_str());
    let target = format!("/api/v2/applications/{}/associations", app.ok_or("there is no app")?);
    sandbox.api(Primary, "POST", &target, &json!({"op": "add", "type": "user", "id": user}));
    Ok(())
}

/// To the app of the federation.
fn of_app(sandbox: &Sandbox, does: impl Fn(&mut World, AppId) -> bool) {
    sandbox.by_hand(|world| {
        let primary = world.organizations().next().expect("there are two").id;
        let app = world.apps(primary).find(|app| app.description.contains("managed by fedctl"));
        let app = app.expect("it was made").id;
        does(world, app)
    });
}

/// Takes the account of somebody out of the routing group, or puts it back.
fn routed(sandbox: &Sandbox, op: &str, person: &str) {
    sandbox.by_hand(|world| {
        let secondary = world.organizations().nth(1).expect("there are two").id;
        let group = world.groups(secondary).find(|group| group.name == "Federated from Acme").expect("it was made").id;
        let account = world.user_by_email(secondary, &format!("{person}.beta")).expect("it was made").id;
        if op == "add" {
            console::add_member(world, group, account)
        } else {
            console::remove_member(world, group, account)
        }
    });
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
