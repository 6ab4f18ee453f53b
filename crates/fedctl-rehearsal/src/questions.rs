//! Questions about the service that no document answers, with the answers that are tried.

/// When an answer matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At a sign-in: every state is asked again under it.
    SigningIn,
    /// When the plan is applied: the plan is run again under it.
    Applying,
}

/// A question, as a switch of the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    /// The name of the switch.
    pub(crate) name: &'static str,
    /// The answer that is taken to be right, and the others.
    pub(crate) answers: &'static [&'static str],
    pub(crate) when: When,
    /// Some document answers it. The other answers are tried all the same: documents are wrong at times.
    pub(crate) is_documented: bool,
    /// The question in words.
    pub(crate) asks: &'static str,
}

const fn at_sign_in(name: &'static str, answers: &'static [&'static str], asks: &'static str) -> Question {
    Question { name, answers, when: When::SigningIn, is_documented: false, asks }
}

const fn applying(name: &'static str, answers: &'static [&'static str], asks: &'static str) -> Question {
    Question { name, answers, when: When::Applying, is_documented: false, asks }
}

/// What only two answers together do, where a document contradicts one of them, so that it is in no row with others: a policy
/// that comes with the provider is on and names nobody.
pub(crate) const TOGETHER: [[(&str, &str); 2]; 1] =
    [[("policy-without-groups", "everybody"), ("provider-makes-policy", "true")]];

/// The question about claims where the plan writes them with a prefix: that is taken to be right then.
pub(crate) const PREFIXED: Question =
    at_sign_in("attribute-source", &["prefixed", "bare"], "how does a claim name a custom attribute?");

/// All of them. The first answer is that of the stage.
pub(crate) const QUESTIONS: [Question; 22] = [
    at_sign_in("policy-without-groups", &["nobody", "everybody"], "whom does a routing policy without groups route?"),
    Question {
        is_documented: true,
        ..at_sign_in(
            "provider-without-policy",
            &["nobody", "everybody"],
            "whom does an identity provider without any routing policy route?",
        )
    },
    at_sign_in("attribute-source", &["bare", "prefixed"], "how does a claim name a custom attribute?"),
    at_sign_in(
        "attribute-before-field",
        &["true", "false"],
        "does a custom attribute go before a field of the same name in a claim?",
    ),
    at_sign_in("double-claim", &["last", "first"], "which of two mappings of one claim wins?"),
    at_sign_in(
        "group-attributes",
        &["ignored", "own-first", "group-first"],
        "do members of a group inherit its attributes in a claim?",
    ),
    at_sign_in("verified-email-required", &["false", "true"], "does a claim `email` need `email_verified` beside it?"),
    at_sign_in("email-case-sensitive", &["false", "true"], "is the address of a token compared with its case?"),
    at_sign_in("typed-email-must-match", &["false", "true"], "must the address of a token be the one that was typed?"),
    at_sign_in("account-must-be-routed", &["false", "true"], "must the account that opens be routed itself?"),
    at_sign_in(
        "federated-password-usable",
        &["false", "true"],
        "does a local password work where the password authority is federated and nothing routes?",
    ),
    applying("provider-sent-secret", &["replace", "keep", "wipe"], "does an update of the provider take a new secret?"),
    applying("provider-absent-secret", &["wipe", "keep"], "does an update of the provider without a secret keep it?"),
    applying("provider-url-trimmed", &["false", "true"], "does the provider keep the last slash of its url?"),
    Question {
        is_documented: true,
        ..applying("provider-makes-policy", &["false", "true"], "does making a provider make a routing policy, too?")
    },
    applying("policy-enabled-by-default", &["true", "false"], "is a routing policy on that does not say so?"),
    applying("second-settings", &["conflict", "replace"], "what does a second POST of the settings of an app do?"),
    applying("oidc-app-description", &["keep", "drop"], "does an app keep its description?"),
    applying("authority-with-id", &["true", "false"], "may a password authority name its provider?"),
    applying("authority-without-id", &["true", "false"], "may a password authority leave out its provider?"),
    applying("member-conflict", &["true", "false"], "is a second membership of one user refused?"),
    applying("wrap-single", &["false", "true"], "do single objects come in an envelope?"),
];
