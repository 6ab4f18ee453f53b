//! What the issuer says to probes, and who opens what is not theirs: for people and for machines.

use fedctl_core::probe::{Finding, Probe, State};
use fedctl_core::trace::{Impersonation, Verification};
use schemars::JsonSchema;
use serde::Serialize;

use super::text::visible;

/// What the issuer of the primary organisation says of the client that people come through.
#[derive(Serialize, JsonSchema)]
pub struct IssuerRow<'a> {
    /// The issuer that was asked.
    issuer: &'a str,
    /// What was asked, what came, and what that shows.
    probes: Vec<ProbeRow<'a>>,
}

/// One probe.
#[derive(Serialize, JsonSchema)]
struct ProbeRow<'a> {
    /// `discovery`, `keys`, `client`, `redirect-uri`, `client-secret`, and others that later versions may know.
    #[schemars(with = "String")]
    probe: Probe,
    /// `proved`, `refuted`, or `unknown`: then the answer shows nothing, or nothing was asked.
    #[schemars(with = "String")]
    state: State,
    /// What was asked; empty where nothing was.
    asked: &'a str,
    /// What came, in words of ours and, cut short, of the issuer; empty where nothing was asked.
    came: &'a str,
    /// What that means.
    means: &'a str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

/// Somebody who may use the app and whose attribute names an account that is not theirs.
#[derive(Serialize, JsonSchema)]
pub struct ImpersonationRow<'a> {
    /// The address in the primary organisation.
    user: &'a str,
    /// The address of the account.
    account: &'a str,
    /// Whose account it is by the spec, by the address in the primary organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    owner: Option<&'a str>,
    /// They can sign in to it today, as far as can be known.
    opens: bool,
    /// What keeps them out today.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<&'static str>,
    /// What to do about it.
    fix: &'static str,
}

/// The issuer's row.
pub fn issuer(found: &Verification) -> IssuerRow<'_> {
    IssuerRow { issuer: &found.issuer, probes: found.probes.iter().map(probe).collect() }
}

fn probe(finding: &Finding) -> ProbeRow<'_> {
    let Finding { probe, state, asked, came, means } = finding;
    ProbeRow { probe: *probe, state: *state, asked, came, means, fix: fix(finding) }
}

/// Everybody who may open what is not theirs.
pub fn impersonations(found: &Verification) -> Vec<ImpersonationRow<'_>> {
    found.impersonations.iter().map(claim).collect()
}

fn claim(one: &Impersonation) -> ImpersonationRow<'_> {
    let Impersonation { user, account, owner, stopped_by } = one;
    let stopped_by = stopped_by.map(|hop| hop.name());
    let opens = stopped_by.is_none();
    ImpersonationRow { user, account, owner: owner.as_deref(), opens, stopped_by, fix: IMPERSONATION }
}

/// What to do about an attribute that names another's account.
const IMPERSONATION: &str = "remove the attribute from them in the primary organisation; if the account is theirs, bring them \
                             in by the spec and take it over under `adopt.people`";

/// What to do about a group that gives its members the attribute.
pub const INHERITED: &str =
    "remove the attribute from the group, or give the federation another one under `people.mapping.attribute`";

/// What to do about something that is refuted.
pub fn fix(finding: &Finding) -> Option<&'static str> {
    (finding.state == State::Refuted).then_some(match finding.probe {
        Probe::Discovery | Probe::Keys => {
            "it is the service's own: see whether it is disturbed, and whether the operator file names the right issuer under `hosts`"
        }
        Probe::Client => "`fedctl plan` says whether the app is there and active, and how that is set right",
        Probe::RedirectUri => "give the app this redirect URI in the console, and no other",
        Probe::ClientSecret => "`fedctl rotate` gives both organisations a new secret",
    })
}

/// Who opens, or would open, what.
pub fn impersonation(one: &Impersonation) -> String {
    let whose = match &one.owner {
        Some(owner) => format!("that of {}", visible(owner)),
        None => "nobody's by the spec".to_owned(),
    };
    let today = match one.stopped_by {
        None => "and can sign in to it today".to_owned(),
        Some(hop) => format!("and is kept out only by this: {}", hop.broken()),
    };
    let (user, account) = (visible(&one.user), visible(&one.account));
    format!("{user} claims {account}, which is {whose}, {today}")
}

/// What is to be said of a group that gives its members the attribute.
pub fn inherited(group: &str) -> String {
    format!("the group {} may use the app and has the attribute, which all of its members may inherit", visible(group))
}

/// Whoever may open what is not theirs, as text.
pub fn impersonations_text(found: &Verification) -> String {
    let of = |what: String, fix: &str| format!("  x {what}\n      fix: {fix}\n");
    let people = found.impersonations.iter().map(|one| of(impersonation(one), IMPERSONATION));
    people.chain(found.inherited.iter().map(|group| of(inherited(group), INHERITED))).collect()
}

/// What the issuer says, as text; nothing where it was not asked.
pub fn issuer_text(found: &Verification) -> String {
    if found.probes.is_empty() {
        return String::new();
    }
    let mut text = format!("Asked of the issuer {}\n", visible(&found.issuer));
    for finding in &found.probes {
        let sign = match finding.state {
            State::Proved => '+',
            State::Refuted => 'x',
            State::Unknown => '?',
        };
        text.push_str(&format!("  {sign} {}: {}\n", finding.probe.name(), visible(&finding.means)));
        if !finding.asked.is_empty() {
            text.push_str(&format!(
                "      asked: {}\n      came:  {}\n",
                visible(&finding.asked),
                visible(&finding.came)
            ));
        }
        text.extend(fix(finding).map(|fix| format!("      fix:   {fix}\n")));
    }
    text
}
