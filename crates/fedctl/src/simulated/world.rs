//! Worlds for the simulator, and the spec that federates them.

use std::path::Path;

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{OrgId, World};
use serde::Serialize;
use serde_json::Value;

use crate::args::Sandbox;
use crate::config;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::simulated::settings;

/// An organisation of a sandbox, and a key to it.
#[derive(Debug, Clone, Serialize)]
pub struct Opened {
    /// The name of its credentials in the spec.
    pub credentials: &'static str,
    /// What it is called.
    pub name: String,
    /// Its id.
    pub organization: String,
    /// A key, of the simulator only.
    pub key: String,
}

/// A world to serve, and its first two organisations: the primary and the secondary.
pub struct Served {
    /// The world.
    pub world: World,
    /// Primary and secondary.
    pub organizations: Vec<Opened>,
}

const CREDENTIALS: [&str; 2] = ["acme", "beta"];

/// The world that the arguments ask for, as it is served there.
///
/// # Errors
/// A file that is no world, or a setting that the simulator does not have.
pub fn build(args: &Sandbox, base_url: &str) -> Result<Served, Failure> {
    let mut served = match args.world.as_str() {
        "demo" => of_pair(fixture::demo(args.seed, args.people)),
        "by-hand" => of_pair(fixture::by_hand(args.seed, args.people, base_url)),
        "empty" => of_pair(fixture::pair(args.seed)),
        file => of_file(Path::new(file))?,
    };
    for setting in &args.settings {
        settings::set(&mut served.world, setting)?;
    }
    Ok(served)
}

/// A world of two organisations with a key each.
pub fn of_pair(pair: Pair) -> Served {
    let open = |at: usize, org: OrgId, key: String| Opened {
        credentials: CREDENTIALS[at],
        name: pair.world.organization(org).map(|org| org.display_name.clone()).unwrap_or_default(),
        organization: org.to_string(),
        key,
    };
    let organizations =
        vec![open(0, pair.primary, pair.primary_key.clone()), open(1, pair.secondary, pair.secondary_key.clone())];
    Served { organizations, world: pair.world }
}

fn of_file(path: &Path) -> Result<Served, Failure> {
    let name = path.display();
    let unreadable = |error: &dyn std::error::Error| {
        Failure::new(Exit::Usage, format!("`{name}` is no world"))
            .because(error)
            .hint("say `demo`, `by-hand`, `empty`, or a file that GET /__sim/world wrote")
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    let keys: Vec<(String, Vec<String>)> = keys_of(&value);
    let world = World::import(value).map_err(|error| unreadable(&error))?;
    let organizations = world.organizations().zip(CREDENTIALS).filter_map(|(organization, credentials)| {
        let id = organization.id.to_string();
        // The key that opens the fewest: an administrator's rather than a provider's.
        let key = keys.iter().filter(|(_, opens)| opens.contains(&id)).min_by_key(|(_, opens)| opens.len())?;
        Some(Opened { credentials, name: organization.display_name.clone(), organization: id, key: key.0.clone() })
    });
    Ok(Served { organizations: organizations.collect(), world })
}

fn keys_of(world: &Value) -> Vec<(String, Vec<String>)> {
    let opens = |key: &Value| -> Vec<String> {
        let list = key.get("organizations").and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|id| id.as_str().map(str::to_owned)).collect()
    };
    let keys = world.get("keys").and_then(Value::as_object).into_iter().flatten();
    keys.map(|(secret, key)| (secret.clone(), opens(key))).collect()
}

/// A spec that federates the first two organisations of a sandbox.
pub fn spec(base_url: &str, organizations: &[Opened]) -> String {
    let side = |at: usize| {
        let id = organizations.get(at).map_or("", |org| &org.organization);
        format!("{{organization: \"{id}\", credentials: {}}}", CREDENTIALS[at])
    };
    format!(
        r#"version: 1
federation: acme-to-beta
sandbox: {base_url}             # both organisations are simulated
primary:   {primary}
secondary: {secondary}

people:
  from:
    groups: [Contractors]                   # everybody in this group of the primary organisation
  mapping:
    email: "{{email}}.beta"                   # ann@acme.com opens ann@acme.com.beta

app:               {{label: OIDC for Beta}}
routing_group:     {{name: Federated from Acme}}
identity_provider: {{name: Acme JumpCloud}}
routing_policy:    {{name: Acme people sign in at Acme}}
"#,
        primary = side(0),
        secondary = side(1),
    )
}

/// The keys as lines that a shell reads.
pub fn exports(organizations: &[Opened]) -> String {
    organizations.iter().map(|org| format!("export {}={}\n", config::key_variable(org.credentials), org.key)).collect()
}
