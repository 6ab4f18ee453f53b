//! What stops a take-down: somebody who gets in by nothing else, somebody who is protected, others who hang on what goes.

use super::Takedown;
use super::accounts::{self, Account};
use super::found::{Found, OurGroup};
use crate::address::Org;
use crate::kinds::oidc_app;
use crate::live::Needs;
use crate::mark::Origin;
use crate::plan::Plan;
use crate::plan::guard::{Guard, Refusal};

pub(super) fn refuse(
    this: &Takedown<'_>,
    needs: &mut Needs,
    (found, accounts): (&Found<'_>, &[Account<'_>]),
    plan: &mut Plan,
) {
    let stranded: Vec<&Account<'_>> = accounts.iter().filter(|account| account.has_no_other_way_in()).collect();
    plan.refusals.extend(no_other_way_in(this, &stranded));
    plan.refusals.extend(stranded.iter().filter_map(|account| protected(this, found, account)));
    let goes = found.groups.iter().filter(|group| group.origin == Origin::Created);
    let hanging: Vec<Refusal> = goes.filter_map(|group| dependants(this, needs, found, group)).collect();
    plan.refusals.extend(hanging);
}

/// They lose their only way in.
fn no_other_way_in(this: &Takedown<'_>, stranded: &[&Account<'_>]) -> Option<Refusal> {
    let names = stranded.iter().map(|account| account.account.email.to_string());
    let first = accounts::address(stranded.first()?);
    let about = oidc_app::address(this.spec);
    let about = if stranded.len() == 1 { &first } else { &about };
    let why = format!(
        "people who have no password in the secondary organisation would lose their only way in: {}",
        super::super::guards::some(names, stranded.len())
    );
    let way_out = "write `people: {password_authority: none}` and apply it, so that their passwords are their own again; let \
                   them set one in the secondary organisation; then take the federation down";
    Some(Refusal::new(Guard::NoOtherWayIn, about, why, way_out).about_so_many(stranded.len()))
}

fn protected(this: &Takedown<'_>, found: &Found<'_>, account: &Account<'_>) -> Option<Refusal> {
    let (rules, live) = (&this.terms.rules, account.account);
    let is_named = this.spec.safety.protect_secondary.iter().any(|email| email.as_str() == &*live.email);
    let why = if rules.protects(Org::Secondary, &live.email) {
        "the operator says so"
    } else if is_named {
        "`safety.protect` says so"
    } else if found.protected.contains(&live.id) {
        "it is in the group `fedctl-protected`"
    } else if live.is_admin {
        "it belongs to an administrator"
    } else {
        return None;
    };
    let text = format!("sign-in would be taken from it, and it is protected: {why}");
    let way_out = "give it a password, or protect it no longer";
    Some(Refusal::new(Guard::Protected, &accounts::address(account), text, way_out))
}

/// Something else is bound to a group that goes.
fn dependants(this: &Takedown<'_>, needs: &mut Needs, found: &Found<'_>, group: &OurGroup<'_>) -> Option<Refusal> {
    let ours: Vec<_> = found.apps.iter().map(|app| app.app.id).collect();
    let (mut said, mut count) = (Vec::new(), 0);
    for target in super::super::guards::TARGETS {
        let Some(known) = needs.group_bindings(this.live, group.org, group.group.id, target) else { continue };
        let foreign = known.map(|ids| ids.iter().filter(|id| !ours.contains(id)).count());
        match foreign {
            Ok(0) => continue,
            Ok(some) => {
                said.push(format!("{some} x {target}"));
                count += some;
            }
            Err(why) => {
                said.push(format!("{target}: {}", why.as_str()));
                count += 1;
            }
        }
    }
    let why = format!("it would be removed, and others hang on it: {}", said.join(", "));
    let way_out = "unbind them in the console first, or take the mark out of its description to keep it";
    (count > 0).then(|| Refusal::new(Guard::ForeignDependants, &group.address, why, way_out).about_so_many(count))
}
