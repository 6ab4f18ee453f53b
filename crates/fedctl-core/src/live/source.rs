//! Another directory that keeps some of a user.

/// Which directory, and what it keeps. The identity provider is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is, in words of the service: `active_directory`, `scim`. `[spec]`
    pub kind: Box<str>,
    /// The fields that it keeps, as far as the answer says which.
    pub fields: Box<[Box<str>]>,
}

impl Source {
    /// By the entries of `restrictedFields`, each a kind and a field, else by the older `externally_managed` with the name of
    /// its source, if it has one: that keeps all that the other would name. `[spec]`
    pub(super) fn of<'a>(
        kept: impl Iterator<Item = (&'a str, Option<&'a str>)>,
        external: Option<Option<&str>>,
    ) -> Option<Self> {
        let kept: Vec<_> = kept.filter(|(kind, _)| matches!(*kind, "active_directory" | "scim")).collect();
        let by_entry = kept.first().map(|(kind, _)| *kind);
        let kind = by_entry.or_else(|| external.map(|name| name.unwrap_or("another directory")))?;
        Some(Self { kind: kind.into(), fields: kept.iter().filter_map(|(_, field)| Some((*field)?.into())).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_say_more_than_the_older_flag_and_the_identity_provider_keeps_nothing() {
        let of = |kept: &[(&'static str, Option<&'static str>)], external| Source::of(kept.iter().copied(), external);
        assert_eq!(of(&[("federated_identity_provider", Some("password"))], None), None);
        let scim =
            of(&[("federated_identity_provider", Some("password")), ("scim", Some("email"))], Some(None)).unwrap();
        assert_eq!((&*scim.kind, &*scim.fields), ("scim", &["email".into()][..]));
        let older = of(&[], Some(Some("GSUITE"))).unwrap();
        assert_eq!((&*older.kind, older.fields.len()), ("GSUITE", 0));
        assert_eq!(&*of(&[], Some(None)).unwrap().kind, "another directory");
    }
}
