//! Marks without a spec are said, never removed; and a federation that is called otherwise now takes its marks along.

use insta::assert_snapshot;
use serde_json::json;

use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const APPLY: &str = "apply demo.yaml --auto-approve";

/// What a plan says of other federations.
#[track_caller]
fn others(sandbox: &Sandbox) -> String {
    let plan = sandbox.fedctl("plan demo.yaml").exits_with(0);
    let part = plan.stdout.split("\n\n").find(|part| part.starts_with("Of other federations"));
    part.unwrap_or_else(|| panic!("{plan}")).to_owned()
}

#[test]
fn a_mark_is_an_orphan_as_long_as_no_spec_of_the_folder_has_its_name() {
    let sandbox = Sandbox::applied();
    let group = json!({"name": "Federated from Gone", "description": "managed by fedctl: gone/routing-group"});
    sandbox.api(Secondary, "POST", "/api/v2/usergroups", &group);
    sandbox.forget_requests();
    assert_snapshot!(others(&sandbox));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    sandbox.nothing_was_written();
    // A spec of that name, whatever else is wrong with it, or one that had the name.
    let text = sandbox.home.read("demo.yaml");
    let other = text.replace("federation: acme-to-beta", "federation: gone\npeeple: 1");
    sandbox.home.write("gone.yaml", &other);
    assert!(others(&sandbox).contains("gone: 1 object and 0 accounts carry its mark; its spec is gone.yaml"));
    sandbox.home.write("gone.yaml", &text.replace("acme-to-beta", "new-name\nformerly: [gone]"));
    assert!(!others(&sandbox).contains("orphan"));
}

#[test]
fn whoever_forgets_the_name_that_a_federation_had_is_told_of_it() {
    let sandbox = Sandbox::applied();
    let run = sandbox.fedctl_with("plan demo.yaml", "federation: acme-to-beta", "federation: acme-beta").exits_with(4);
    assert!(run.stdout.contains("! acme-to-beta: orphan: 3 objects and 10 accounts carry its mark"), "{run}");
    assert!(run.stdout.contains("formerly: [acme-to-beta]"), "{run}");
}

#[test]
fn a_new_name_takes_every_mark_along_and_nobody_notices() {
    let sandbox = Sandbox::applied();
    let _run = sandbox.fedctl("rotate demo.yaml --auto-approve").exits_with(0);
    let new = "federation: acme-beta\nformerly: [acme-to-beta]";
    sandbox.change_spec("federation: acme-to-beta", new);
    sandbox.change_spec("mapping:", "mapping:\n    attribute: acmetobeta");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let groups = [Primary, Secondary].map(|side| sandbox.list(side, "/api/v2/usergroups?limit=100")).concat();
    let apps = sandbox.list(Primary, "/api/applications?limit=100");
    let policies = sandbox.list(Secondary, "/api/v2/identity-provider/policies");
    let all = [groups, apps, policies, sandbox.list(Secondary, "/api/systemusers?limit=100")].concat();
    let all: String = all.iter().map(ToString::to_string).collect();
    assert!(!all.contains("acme-to-beta/"), "{all}");
    assert!(all.contains("managed by fedctl: acme-beta/app, generation 2"), "the app is still the second: {all}");
    assert!(all.contains("managed by fedctl: acme-beta/app, retired 20"), "and the first is still retired: {all}");
    let end = crate::portal::sign_in(sandbox.address(), "ben.fischer@acme.com.beta", "ben.fischer@acme.com");
    assert_eq!(end["signed_in"], true, "{end}");
    // The line may go then.
    sandbox.change_spec("formerly: [acme-to-beta]\n", "");
    let plan = sandbox.fedctl("plan demo.yaml").exits_with(0);
    assert!(!plan.stdout.contains("Of other federations"), "{plan}");
    assert_eq!(sandbox.members(Primary, "Contractors").len(), 12);
}
