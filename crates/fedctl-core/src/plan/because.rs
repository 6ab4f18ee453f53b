//! Why an action is in a plan.

use serde::Serialize;

/// Why an action is in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The spec wants it and it is not there.
    MissingInLive,
    /// It is there and a managed field differs.
    Differs,
    /// It was left half made by a run that did not end.
    HalfMade,
    /// The federation had another name before.
    Renamed,
    /// Somebody took our mark out of it, and what is ours refers to it.
    MarkLost,
    /// The spec takes it over.
    Adopted,
    /// There is a second one with our mark, and nobody uses this one.
    Duplicate,
    /// The identity provider leads to an app that is gone, and the secret went with it.
    Orphaned,
    /// Its secret was shown once, to a run that did not end.
    SecretLost,
    /// It carries our mark, and another object took its place.
    Superseded,
    /// It is made in several steps, and this is the next.
    NextStep,
    /// People go in by what it says now, and go on only when everybody has what it is to say.
    Moves,
    /// They came through the federation, so what they had before it may go.
    SignedIn,
    /// Its person is not in the population any more.
    Left,
    /// Its person left and is back, and what fedctl took from them itself is given again.
    Returned,
    /// Its secret is shown once, and the next run may need it.
    Escrowed,
    /// Somebody has signed in with the present secret, so older ones are of no use.
    Proved,
    /// A new secret is wanted, which takes a new app.
    Rotated,
    /// A new app took its place, and the identity provider leads there.
    Retired,
    /// The federation is taken down, and it carries our mark.
    TakenDown,
    /// The federation is taken down, and somebody else made it: what fedctl added goes.
    GivenBack,
    /// Somebody asked for it: nobody is routed until somebody asks for that.
    Paused,
    /// Somebody asked for it: routing was paused or switched off.
    Resumed,
    /// Others may only go on when this is so.
    Precondition,
}

impl Because {
    /// The reason as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Because::MissingInLive => "it is wanted and not there",
            Because::Differs => "it differs from the spec",
            Because::HalfMade => "an earlier run left it half made",
            Because::Renamed => "the federation had another name before",
            Because::MarkLost => "its mark was taken out, and the routing policy of this federation applies to it",
            Because::Adopted => "the spec takes it over",
            Because::Duplicate => "there is another one with our mark, and nobody uses this one",
            Because::Orphaned => "the app that the identity provider leads to is gone",
            Because::SecretLost => "the secret of the one before was lost with an earlier run",
            Because::Superseded => "it is ours and another one took its place",
            Because::NextStep => "it is made in several steps, and this is the next",
            Because::Moves => "people sign in by what it says now, and everybody has what it is to say",
            Because::SignedIn => "they signed in through the federation, so the local password may go",
            Because::Left => "its person is not in the population any more",
            Because::Returned => "its person is back, and fedctl took it away itself when they left",
            Because::Escrowed => "it is shown once, and a later run may need it",
            Because::Proved => "somebody has signed in with the present secret, so no earlier one is needed",
            Because::Rotated => "a new secret is wanted, which takes a new app",
            Because::Retired => "a new app takes its place; it is kept until somebody has signed in through that",
            Because::TakenDown => "the federation is taken down",
            Because::GivenBack => "the federation is taken down, and somebody else made this: what fedctl added goes",
            Because::Paused => "somebody asked for it: nobody is routed until `fedctl resume`",
            Because::Resumed => "somebody asked for it: people are routed again",
            Because::Precondition => "the steps after it rest on it",
        }
    }
}
