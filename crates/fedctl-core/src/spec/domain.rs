//! Domains that somebody else can own.
//!
//! Whoever owns the domain of an address can receive its mail, and mail is a way into an account. So a secondary address is
//! under a domain of one's own, or under one that nobody can register.

use std::collections::BTreeSet;

use super::name::{Email, FederationName};
use super::template::{PersonFacts, Template};
use super::types::People;
use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::path::{FieldPath, Located};

/// Whether somebody else can come to own the domain of an address: it ends in a public suffix, and is neither the person's
/// own domain nor a declared one nor below one of these.
///
/// A domain whose last label is on no list (`.beta`, `.internal`) cannot be registered by anybody. What is no address can
/// be owned by others, for nothing is known of it.
pub fn can_be_owned_by_others<D: AsRef<str>>(address: &str, own_domain: &str, declared: &[D]) -> bool {
    let Some((_, domain)) = address.rsplit_once('@') else { return true };
    let (domain, own) = (folded(domain), folded(own_domain));
    let mut ours = declared.iter().map(|declared| folded(declared.as_ref())).chain([own.clone()]);
    let is_ours = domain == own || ours.any(|ours| is_below(&domain, &ours) && !is_public_suffix(&ours));
    !is_ours && ends_in_public_suffix(&domain)
}

/// A domain as it is compared: with the point that mail servers see, wherever and however it was written.
fn folded(domain: &str) -> String {
    let domain = Email::fold(domain).replace('\u{3002}', ".");
    domain.strip_suffix('.').map(str::to_owned).unwrap_or(domain)
}

/// Whether everybody can register names directly below a domain.
pub(super) fn is_public_suffix(domain: &str) -> bool {
    psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == domain.as_bytes())
}

fn ends_in_public_suffix(domain: &str) -> bool {
    psl::suffix(domain.as_bytes()).is_none_or(|suffix| suffix.is_known())
}

/// Whether a domain is another or below it.
fn is_below(domain: &str, other: &str) -> bool {
    !other.is_empty() && domain.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Reports a template and overrides whose addresses others could receive. `federation` is `None` when it is itself wrong.
pub(super) fn check(
    people: &People,
    is_default: bool,
    federation: Option<&Located<FederationName>>,
) -> Vec<Diagnostic> {
    let People { mapping, overrides, emails, .. } = people;
    let declared: Vec<&str> = mapping.domains.iter().map(|domain| domain.as_str()).collect();
    let named: BTreeSet<&str> = emails.iter().map(|person| person.domain()).collect();
    let of_template = federation.and_then(|federation| {
        let address = foreign_sample(&mapping.email, federation.as_str(), &declared, named)?;
        Some(report(&address, if is_default { &federation.at } else { &mapping.email.at }, SAMPLE))
    });
    let of_overrides = overrides.iter().filter_map(|one| {
        let (person, email) = (&one.person, one.email.as_ref()?);
        let is_foreign = can_be_owned_by_others(email.as_str(), person.domain(), &declared);
        is_foreign.then(|| report(email.as_str(), &email.at, person.as_str()))
    });
    of_template.into_iter().chain(of_overrides).collect()
}

const SAMPLE: &str = "ann@example.com";

/// What a template makes of a sample person, if others can own it whoever the person is.
fn foreign_sample(template: &Template, federation: &str, declared: &[&str], named: BTreeSet<&str>) -> Option<String> {
    let (local, own) = SAMPLE.split_once('@')?;
    let address = template.render(&PersonFacts { email: SAMPLE, username: local, federation });
    let end = template.constant_end(federation);
    let is_constant = end.contains('@');
    // Some people's addresses may be under a declared domain though the sample's is not: that is known per person.
    if !address.contains('@') || (!is_constant && declared.iter().any(|domain| domain.ends_with(&end))) {
        return None;
    }
    // The same goes for one domain for everybody, which may be the own one of those who are named.
    let ours: Vec<&str> = declared.iter().copied().chain(named.into_iter().filter(|_| is_constant)).collect();
    can_be_owned_by_others(&address, own, &ours).then_some(address)
}

fn report(address: &str, at: &FieldPath, person: &str) -> Diagnostic {
    let domain = address.rsplit('@').next().unwrap_or_default();
    Diagnostic::error(Code::ForeignDomain, format!("`{address}` is under a domain that others can own"))
        .at_value(at, format!("for `{person}`"))
        .help(format!(
            "whoever owns `{domain}` receives the mail of this account: use an end that nobody can register, such as \
             `.beta`, or say in `people.mapping.domains` which domain is yours"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(address: &str, declared: &[&str]) -> bool {
        can_be_owned_by_others(address, "acme.com", declared)
    }

    #[test]
    fn an_end_that_can_be_registered_is_somebody_elses() {
        for address in ["ann@acme.com.dev", "ann@beta.com", "ann@acme.co.uk", "ann@acme.github.io", "ann@xacme.com"] {
            assert!(foreign(address, &[]), "{address}");
        }
        // International domains in both spellings, and every spelling of the point.
        for address in
            ["ann@acme.рф", "ann@acme.xn--p1ai", "ann@acme\u{3002}dev", "ann@acme\u{ff0e}DEV", "ann@acme.dev."]
        {
            assert!(foreign(address, &[]), "{address}");
        }
        assert!(foreign("nothing", &[]) && foreign("ann@", &[]));
    }

    #[test]
    fn ones_own_domain_and_what_is_below_it_is_ones_own() {
        for address in ["ann@acme.com", "ANN@ACME.com", "ann@beta.acme.com"] {
            assert!(!foreign(address, &[]), "{address}");
        }
        // Somebody whose address is directly at a public suffix does not own what is registered below it.
        assert!(!can_be_owned_by_others("ann@github.io", "github.io", &[""; 0]));
        assert!(can_be_owned_by_others("ann@eve.github.io", "github.io", &[""; 0]));
    }

    #[test]
    fn a_declared_domain_is_ones_own_unless_it_is_a_public_suffix() {
        assert!(!foreign("ann@beta.com", &["beta.com"]) && !foreign("ann@x.beta.com", &["beta.com"]));
        assert!(foreign("ann@xbeta.com", &["beta.com"]) && foreign("ann@beta.co.uk", &["co.uk", ""]));
    }

    #[test]
    fn what_nobody_can_register_is_safe() {
        for address in ["ann@acme.com.beta", "ann@acme.com.acme-to-beta", "ann@acme.internal", "ann@acme.example"] {
            assert!(!foreign(address, &[]), "{address}");
        }
    }
}
