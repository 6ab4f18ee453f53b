//! `fedctl verify`: what the issuer says, who opens what is not theirs, and the three ways to write it.

use jumpcloud_sim::console;
use serde_json::{Value, json};

use crate::env::Run;
use crate::front::{Front, Turn};
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

/// What each probe shows, by its name.
pub(crate) fn states(run: &Run) -> Value {
    let probes = run.json()["issuer"]["probes"].as_array().expect("probes are a list").clone();
    probes.iter().map(|probe| (text(&probe["probe"]).to_owned(), probe["state"].clone())).collect()
}

/// The row of one probe.
pub(crate) fn probe(run: &Run, name: &str) -> Value {
    let probes = run.json()["issuer"]["probes"].take();
    let of = |probe: &&Value| probe["probe"] == name;
    probes.as_array().and_then(|probes| probes.iter().find(of)).expect("it is among the probes").clone()
}

#[test]
fn the_issuer_of_a_federation_that_was_applied_knows_client_and_redirect_uri_and_verify_writes_nothing() {
    let sandbox = Sandbox::applied();

    let run = sandbox.fedctl("verify demo.yaml --format json").exits_with(0);
    let expected = json!({"discovery": "proved", "keys": "proved", "client": "proved", "redirect-uri": "proved", "client-secret": "unknown"});
    assert_eq!(states(&run), expected);
    assert!(text(&probe(&run, "client-secret")["means"]).contains("no escrow keeps it"), "{run}");
    sandbox.nothing_was_written();
}
