//! What is known about the client secret that both organisations hold.

/// What is known about the client secret that both organisations hold. For machines it is one word, for people the reason too.
///
/// Nothing is published about events of identity providers: that somebody wrote another secret into the provider shows in no
/// answer and in no log until somebody signs in, or cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pair {
    /// There is no identity provider yet.
    None,
    /// The identity provider has a client id that no app has.
    Broken,
    /// The identity provider is not of this federation.
    Foreign,
    /// Both sides have one client id; whether they have one secret, no answer shows.
    Unproved,
    /// The same, and the log of sign-ins cannot be read.
    #[serde(rename = "unproved")]
    Unlogged,
    /// The same, and the token endpoint takes the secret that is in the escrow.
    #[serde(rename = "unproved")]
    Escrowed,
    /// This run wrote the provider, after the token endpoint had accepted the secret.
    Probed,
    /// Somebody signed in later than the last change that is known of either.
    Proved,
    /// Somebody worked on the app in the console, and nobody was seen to sign in since.
    #[serde(rename = "suspect")]
    Changed,
    /// The last who was let through at the primary organisation did not get in at the secondary.
    #[serde(rename = "suspect")]
    Failing,
    /// The token endpoint does not take the secret that is in the escrow.
    #[serde(rename = "suspect")]
    Refused,
}

impl Pair {
    /// The state as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Pair::None => "not made yet",
            Pair::Broken => {
                "broken: the identity provider has the client id of an app that is gone, so nobody can sign in; \
                 `fedctl plan` shows how that is repaired"
            }
            Pair::Foreign => "not ours: the identity provider is not of this federation",
            Pair::Unproved => {
                "unproved: both sides name one client id; that they share one secret, only a sign-in shows"
            }
            Pair::Unlogged => {
                "unproved: both sides name one client id, and the log of sign-ins cannot be read with this key"
            }
            Pair::Escrowed => {
                "unproved: the token endpoint takes the secret in the escrow; that the identity provider has the same one, \
                 only a sign-in shows"
            }
            Pair::Probed => "probed: this run wrote it after the token endpoint accepted it",
            Pair::Proved => "proved: somebody has signed in since the last change, as far as the log shows",
            Pair::Changed => {
                "suspect: somebody changed the app in the console, and the log shows no sign-in since; try one"
            }
            Pair::Failing => {
                "suspect: the last who authenticated at the primary organisation did not get into the secondary one; try one"
            }
            Pair::Refused => {
                "suspect: the token endpoint refuses the secret in the escrow, so the app has another one now; try a sign-in"
            }
        }
    }

    /// Whether something speaks against it, so that nobody may call the federation sound.
    pub fn is_suspect(self) -> bool {
        matches!(self, Pair::Changed | Pair::Failing | Pair::Refused)
    }

    /// The same with what the token endpoint says to the secret in the escrow: that it refuses it speaks against the pair, whatever
    /// the log shows.
    #[must_use]
    pub fn weighed(self, is_taken: Option<bool>) -> Self {
        match (is_taken, self) {
            (_, Pair::None | Pair::Broken | Pair::Foreign) | (None, _) => self,
            (Some(false), _) => Pair::Refused,
            (Some(true), Pair::Unproved | Pair::Unlogged) => Pair::Escrowed,
            (
                Some(true),
                Pair::Escrowed | Pair::Probed | Pair::Proved | Pair::Changed | Pair::Failing | Pair::Refused,
            ) => self,
        }
    }

    /// The same after a run that wrote the provider with a secret that the token endpoint had accepted. What the log shows
    /// since weighs more.
    #[must_use]
    pub fn after_probe(self) -> Self {
        match self {
            Pair::Unproved | Pair::Unlogged | Pair::Escrowed => Pair::Probed,
            Pair::None
            | Pair::Broken
            | Pair::Foreign
            | Pair::Probed
            | Pair::Proved
            | Pair::Changed
            | Pair::Failing
            | Pair::Refused => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pair;

    const ALL: [Pair; 10] = [
        Pair::None,
        Pair::Broken,
        Pair::Unproved,
        Pair::Unlogged,
        Pair::Probed,
        Pair::Proved,
        Pair::Changed,
        Pair::Failing,
        Pair::Escrowed,
        Pair::Refused,
    ];

    #[test]
    fn the_word_for_machines_is_the_first_that_people_read() {
        for pair in ALL {
            let word = serde_json::to_value(pair).unwrap();
            let word = word.as_str().unwrap();
            assert!(pair == Pair::None || pair.as_str().starts_with(&format!("{word}: ")), "{pair:?} {word}");
            assert_eq!(pair.is_suspect(), word == "suspect");
        }
    }

    #[test]
    fn a_probe_says_more_than_nothing_and_less_than_the_log() {
        let probed = ALL.iter().filter(|pair| pair.after_probe() == Pair::Probed);
        assert_eq!(probed.collect::<Vec<_>>(), [&Pair::Unproved, &Pair::Unlogged, &Pair::Probed, &Pair::Escrowed]);
    }
    #[test]
    fn what_the_token_endpoint_refuses_weighs_more_than_what_it_takes() {
        for pair in ALL {
            let is_ours = !matches!(pair, Pair::None | Pair::Broken);
            assert_eq!(pair.weighed(None), pair);
            assert_eq!(pair.weighed(Some(false)), if is_ours { Pair::Refused } else { pair });
            let more = matches!(pair, Pair::Unproved | Pair::Unlogged);
            assert_eq!(pair.weighed(Some(true)), if more { Pair::Escrowed } else { pair });
        }
        assert_eq!(Pair::Foreign.weighed(Some(false)), Pair::Foreign);
    }
}
