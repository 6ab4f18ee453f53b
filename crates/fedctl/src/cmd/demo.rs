//! `fedctl demo`: the whole story on two simulated organisations, each step shown.

use std::path::PathBuf;
use std::sync::Arc;

use fedctl_client::Url;
use fedctl_core::plan::{Fate, Plan};
use fedctl_engine::journal::Journal;
use jumpcloud_sim::{World, fixture, http};
use secrecy::SecretString;

use super::{apply, plan};
use crate::access::Access;
use crate::args::Demo;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{findings, text::visible};
use crate::session::Session;
use crate::simulated::browser::Browser;
use crate::simulated::world::{self, Opened};
use crate::source::Source;
use crate::ui::Ui;
use crate::writing::Writing;

/// Tells the story, and ends with a person signed in.
///
/// # Errors
/// The step that did not go as it should.
pub async fn run(args: &Demo, ui: &mut Ui) -> Result<Exit, Failure> {
    let served = world::of_pair(fixture::demo(args.seed, args.people));
    let organizations = served.organizations;
    ui.out(&before(&served.world, &organizations))?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let handle = http::serve(listener, served.world, http::Options::default())
        .map_err(|error| Failure::new(Exit::Failed, "the simulator cannot start").because(&error))?;
    let session = session(handle.base_url(), &organizations, ui)?;
    let exit = story(&session, handle.base_url(), ui).await?;
    handle.stop().await?;
    Ok(exit)
}

/// What is there before anything is done.
fn before(world: &World, organizations: &[Opened]) -> String {
    let mut text = title(1, "Two organisations, simulated on this machine");
    for organization in world.organizations() {
        let groups: Vec<String> =
            world.groups(organization.id).map(|group| format!("{} ({})", group.name, group.member_count())).collect();
        text.push_str(&format!(
            "{}: {} users\n",
            visible(&organization.display_name),
            world.users(organization.id).count()
        ));
        text.push_str(&format!("  groups: {}\n", visible(&groups.join(", "))));
        let apps: Vec<_> = world.apps(organization.id).map(|app| app.display_label.to_string()).collect();
        text.push_str(&format!("  apps: {}\n", visible(&apps.join(", "))));
    }
    let names: Vec<_> = organizations.iter().map(|organization| organization.name.as_str()).collect();
    text.push_str(&format!(
        "The contractors of {} are to sign in to {} with their own password.\n",
        names[0], names[1]
    ));
    text
}

fn title(number: usize, text: &str) -> String {
    format!("\n--- {number}. {text} {}\n\n", "-".repeat(70_usize.saturating_sub(text.len())))
}

fn session(base_url: &str, organizations: &[Opened], ui: &mut Ui) -> Result<Session, Failure> {
    let text = world::spec(base_url, organizations);
    ui.out(&title(2, "What is wanted: demo.yaml"))?;
    ui.out(&text)?;
    let source = Source::of(PathBuf::from("demo.yaml"), text);
    let spec = source.spec(ui)?;
    let key = |name: &str| {
        let found = organizations.iter().find(|organization| organization.credentials == name);
        found.map(|organization| SecretString::from(organization.key.as_str()))
    };
    Session::of(source, spec, &Access::new(None, &key))
}

async fn story(session: &Session, base_url: &str, ui: &mut Ui) -> Result<Exit, Failure> {
    ui.out(&title(3, "fedctl plan demo.yaml"))?;
    let planned = session.plan(ui).await?;
    let (rehearsed, first) = (planned.rehearsed, Arc::new(planned.plan));
    ui.out(&plan::view(session, &first, rehearsed.as_ref(), false).text())?;

    ui.out(&title(4, "fedctl apply demo.yaml"))?;
    let report = apply::apply(session, &first, &mut Writing::alone()?, &mut Journal::none(), ui).await;
    ui.out(&report.text())?;
    if report.exit() != Exit::Done {
        return Ok(report.exit());
    }

    ui.out(&title(5, "fedctl plan demo.yaml, again"))?;
    let second = session.plan(ui).await?.plan;
    ui.out(&plan::view(session, &second, None, false).text())?;
    if !second.is_empty() {
        return Err(Failure::new(Exit::Failed, "the second plan is not empty"));
    }

    ui.out(&title(6, "fedctl verify demo.yaml"))?;
    let found = session.prove(ui).await?;
    ui.out(&findings::text(&found, &session.source))?;

    let exit = sign_in(&first, base_url, ui).await?;
    if exit == Exit::Done {
        ui.out(&title(8, "fedctl verify demo.yaml, again"))?;
        let found = session.prove(ui).await?;
        ui.out(&findings::text(&found, &session.source))?;
    }
    Ok(exit)
}

/// Somebody signs in over HTTP: portal, issuer, password, and back.
async fn sign_in(plan: &Plan, base_url: &str, ui: &mut Ui) -> Result<Exit, Failure> {
    let Some(person) = plan.people.iter().find(|person| person.fate == Fate::Gains) else {
        return Err(Failure::new(Exit::Failed, "nobody gained sign-in"));
    };
    ui.out(&title(7, "Somebody signs in"))?;
    ui.out(&format!(
        "{} types {} at the portal of the secondary organisation.\n",
        visible(&person.email),
        visible(&person.account)
    ))?;
    let failed =
        |error: &dyn std::error::Error| Failure::new(Exit::Unproven, "the sign-in did not go through").because(error);
    let base = Url::parse(base_url).map_err(|error| failed(&error))?;
    let mut browser = Browser::new(base).map_err(|error| failed(&error))?;
    let signed_in = browser.sign_in(&person.account, &person.email, fixture::PASSWORD).await;
    let signed_in = signed_in.map_err(|error| failed(&error))?;
    for hop in &signed_in.hops {
        ui.out(&format!("  {}\n", visible(hop)))?;
    }
    ui.out(&format!(
        "\nSigned in as {} <{}> to {}, with the password of the primary organisation.\n",
        visible(&signed_in.name),
        visible(&signed_in.email),
        visible(&signed_in.organization_name),
    ))?;
    let right = signed_in.signed_in && signed_in.email == *person.account;
    Ok(if right { Exit::Done } else { Exit::Unproven })
}
