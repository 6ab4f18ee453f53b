//! How it is said what becomes of people: in one order everywhere, losses first.

use fedctl_core::plan::{Fate, Held};

use super::text::count;

/// What is said of people who share a fate.
pub struct Said {
    /// The word for machines.
    pub code: &'static str,
    /// The sign in front.
    pub sign: char,
    /// Of one, and of many.
    who: [&'static str; 2],
    /// The rest of the sentence.
    what: &'static str,
}

/// Every fate, in the order in which people should read of it.
pub static ALL: [Said; 8] = [
    said("loses", '-', ["person loses", "people lose"], "sign-in, because the spec says so"),
    said("leaves", '-', ["person leaves", "people leave"], "the population, and what they have of it is taken back"),
    said("gains", '+', ["person gains", "people gain"], "sign-in to an account that is made for them"),
    said(
        "gains-existing",
        '+',
        ["person gains", "people gain"],
        "sign-in to an account that exists already and is taken over",
    ),
    said(
        "taken-over",
        '*',
        ["person signs", "people sign"],
        "in already, and the account that they open is taken over",
    ),
    said("mended", '~', ["person has", "people have"], "an account in which something is set right"),
    said("held", '.', ["person is", "people are"], "held: nothing is made for them and nothing changed"),
    said("unchanged", '=', ["person is", "people are"], "as the spec says"),
];

const fn said(code: &'static str, sign: char, who: [&'static str; 2], what: &'static str) -> Said {
    Said { code, sign, who, what }
}

/// Why somebody is held, if they are.
pub fn held(fate: Fate) -> Option<Held> {
    if let Fate::Held(held) = fate { Some(held) } else { None }
}

/// Why they are held or leave, where they do.
pub fn why(fate: Fate) -> Option<&'static str> {
    let gone = if let Fate::Leaves(gone) = fate { Some(gone.as_str()) } else { None };
    gone.or(held(fate).map(Held::as_str))
}

impl Said {
    /// `2 people gain sign-in to …`.
    pub fn of(&self, people: usize) -> String {
        let [one, many] = self.who;
        format!("{} {}", count(people, one, many), self.what)
    }

    /// Whether it is what becomes of somebody.
    pub fn is(&self, fate: Fate) -> bool {
        let code = match fate {
            Fate::Loses => "loses",
            Fate::Leaves(_) => "leaves",
            Fate::Gains => "gains",
            Fate::GainsExisting => "gains-existing",
            Fate::TakenOver => "taken-over",
            Fate::Mended => "mended",
            Fate::Held(_) => "held",
            Fate::Unchanged => "unchanged",
        };
        code == self.code
    }
}
