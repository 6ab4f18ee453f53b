//! The template by which somebody gave people their second address.

use std::collections::BTreeMap;

/// A person and the account that is theirs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The address in the primary organisation.
    pub email: Box<str>,
    /// The username there.
    pub username: Box<str>,
    /// The address of the account.
    pub account: Box<str>,
}

/// The template that gives most of these people the address they have, and how many. Where the routing group takes in
/// whoever's address has some end, everybody's has it.
pub(super) fn template(taken: &[Taken], end: Option<&str>) -> Option<(String, usize)> {
    let end = end.unwrap_or_default();
    let mut fits: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for candidate in taken.iter().flat_map(candidates).filter(|(_, template)| template.ends_with(end)) {
        *fits.entry(candidate).or_default() += 1;
    }
    // Of several that fit as many people, the one that says most of a person.
    let best = fits.into_iter().max_by(|((rank, a), one), ((other, b), two)| {
        one.cmp(two).then(other.cmp(rank)).then(b.len().cmp(&a.len())).then(b.cmp(a))
    });
    let by_end = || match end.chars().next()? {
        '@' => Some((format!("{{local}}{end}"), 0)),
        _ => Some((format!("{{email}}{end}"), 0)),
    };
    best.map(|((_, template), count)| (template, count)).or_else(by_end)
}

/// Every template that gives a person the address, the one that says most of them first. What stands in braces would be
/// read as something else.
pub(super) fn candidates(person: &Taken) -> Vec<(usize, String)> {
    let Taken { email, username, account } = person;
    let local = email.split('@').next().unwrap_or_default();
    let username = username.to_lowercase();
    let parts = [("{email}", &**email), ("{local}", local), ("{username}", &*username)];
    let fills = |(rank, (placeholder, part)): (usize, (&str, &str))| {
        let (before, after) = account.split_once(part).filter(|_| !part.is_empty())?;
        let is_plain = |text: &str| !text.contains(['{', '}']);
        (is_plain(before) && is_plain(after)).then(|| (rank, format!("{before}{placeholder}{after}")))
    };
    parts.into_iter().enumerate().filter_map(fills).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(email: &str, username: &str, account: &str) -> Taken {
        Taken { email: email.into(), username: username.into(), account: account.into() }
    }

    #[test]
    fn the_template_of_most_is_found_and_says_most_of_a_person() {
        let people = [
            taken("ann@acme.com", "ann", "ann@acme.com.beta"),
            taken("bob@acme.com", "bob", "bob@acme.com.beta"),
            taken("eve@acme.com", "eve", "eva@beta.com"),
        ];
        assert_eq!(template(&people, None), Some(("{email}.beta".to_owned(), 2)));
        let people =
            [taken("ann@acme.com", "A.Lee", "a.lee@beta.com"), taken("bob@acme.com", "b.fox", "b.fox@beta.com")];
        assert_eq!(template(&people, None), Some(("{username}@beta.com".to_owned(), 2)));
        assert_eq!(template(&[taken("ann@acme.com", "x", "eva@beta.com")], None), None);
        let people = [taken("ann@acme.com", "x", "eva@beta.com")];
        assert_eq!(template(&people, Some("@beta.com")), Some(("{local}@beta.com".to_owned(), 0)));
    }
}
