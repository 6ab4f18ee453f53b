//! Which requests a fault meets.

use serde::{Deserialize, Serialize};

use crate::id::OrgId;
use crate::message::{Host, Request};
use crate::secret::Dice;

/// Which requests a fault meets: all that is said must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The method, in capital letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path as sent, without the query; `*` stands for one segment, `**` at the end for all that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
    /// The organisation that the request is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrgId>,
    /// The part of matching requests, between 0 and 1, drawn by the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Only this one of the matching requests, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only so many of the matching requests, the first ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
}

impl When {
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(rate) = self.rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return Err(format!("`rate` is a part between 0 and 1, not {rate}"));
        }
        if self.nth == Some(0) {
            return Err("`nth` counts from 1".to_owned());
        }
        if self.path.as_ref().is_some_and(|path| !path.starts_with('/')) {
            return Err("`path` begins with a slash".to_owned());
        }
        if self.method.as_ref().is_some_and(|method| !method.bytes().all(|letter| letter.is_ascii_uppercase())) {
            return Err("`method` is in capital letters".to_owned());
        }
        Ok(())
    }

    /// Whether the request is of this kind, however many came before.
    pub(super) fn matches(&self, request: &Request, organization: Option<OrgId>) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.host.is_none_or(|host| host == request.host)
            && self.organization.is_none_or(|wanted| Some(wanted) == organization)
            && self.path.as_ref().is_none_or(|pattern| fits(pattern, &request.path))
    }

    /// Whether the `count`-th request of this kind, counted from 1, is one that the fault meets.
    pub(super) fn selects(&self, count: u64, dice: &mut Dice) -> bool {
        self.nth.is_none_or(|nth| nth == count)
            && self.first.is_none_or(|first| count <= first)
            && self.rate.is_none_or(|rate| unit(dice) < rate)
    }
}

/// A number from 0 to below 1.
pub(super) fn unit(dice: &mut Dice) -> f64 {
    // The 53 bits that a float keeps.
    (dice.roll() >> 11) as f64 / (1_u64 << 53) as f64
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut rest = path.split('/');
    for part in pattern.split('/') {
        match (part, rest.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (literal, Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_segments() {
        assert!(fits("/api/systemusers", "/api/systemusers"));
        assert!(!fits("/api/systemusers", "/api/systemusers/1"));
        assert!(fits("/api/v2/usergroups/*/members", "/api/v2/usergroups/1/members"));
        assert!(!fits("/api/v2/usergroups/*/members", "/api/v2/usergroups/1/2/members"));
        assert!(fits("/api/**", "/api/v2/usergroups") && !fits("/api/**", "/insights/directory"));
    }

    #[test]
    fn a_rate_is_kept_about_and_the_nth_exactly() {
        let mut dice = Dice::new(7);
        let rated = When { rate: Some(0.25), ..When::default() };
        let met = (1..=4000).filter(|count| rated.selects(*count, &mut dice)).count();
        assert!((900..1100).contains(&met), "{met}");
        let third = When { nth: Some(3), ..When::default() };
        assert_eq!((1..9).filter(|count| third.selects(*count, &mut dice)).collect::<Vec<_>>(), [3]);
        let early = When { first: Some(2), ..When::default() };
        assert_eq!((1..9).filter(|count| early.selects(*count, &mut dice)).collect::<Vec<_>>(), [1, 2]);
    }
}
