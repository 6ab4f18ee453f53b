//! A driver with several turns out at a time, whose answers come back in an order that a seed decides.

use fedctl_core::apply::{End, Event, Next, Run, Ticket, Turn};
use fedctl_core::drive::Carry;
use fedctl_core::request::{Answer, Outcome};
use zeroize::Zeroizing;

/// Numbers from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Runs a plan to its end with up to `width` turns out; `seen` is told of every turn as it is handed out.
pub(crate) fn apply(
    run: &mut Run,
    carry: &mut impl Carry,
    (seed, width): (u64, usize),
    mut seen: impl FnMut(&mut Run, Ticket, &Turn),
) -> Vec<End> {
    let mut dice = Dice::new(seed);
    let mut out: Vec<(Ticket, Turn)> = Vec::new();
    loop {
        let wants_more = out.is_empty() || (out.len() < width && dice.below(3) > 0);
        let next = if wants_more { run.next() } else { Next::Blocked };
        match next {
            Next::Do(ticket, turn) => {
                seen(run, ticket, &turn);
                out.push((ticket, turn));
            }
            Next::Blocked => {
                assert!(!out.is_empty(), "blocked with nothing out");
                let (ticket, turn) = out.swap_remove(dice.below(out.len()));
                let event = carried(turn, carry);
                run.answer(ticket, event);
            }
            Next::Finished => return run.report(),
        }
    }
}

pub(crate) fn carried(turn: Turn, carry: &mut impl Carry) -> Event {
    match turn {
        Turn::Look(ask) => Event::Came(carry.carry(ask.into_request())),
        Turn::Write(request) => Event::Came(carry.carry(request)),
        Turn::Wait(wanted) => {
            carry.pause(wanted);
            Event::Waited
        }
    }
}

/// Which actions a turn is for: those that end when it is answered with a refusal that means nothing else.
pub(crate) fn actions_of(run: &Run, ticket: Ticket) -> Vec<usize> {
    let mut other = run.clone();
    let before = run.report();
    other.answer(ticket, Event::Came(status(418, "a teapot")));
    let says = |end: &End| matches!(end, End::Failed(why) | End::Unknown(why) if why.contains("418"));
    let after = other.report();
    (0..after.len()).filter(|at| before[*at] == End::NotStarted && says(&after[*at])).collect()
}

/// An answer with this status and message.
pub(crate) fn status(status: u16, message: &str) -> Outcome {
    let body = Zeroizing::new(format!(r#"{{"message":"{message}"}}"#).into_bytes());
    Outcome::Answered(Answer { status, body, total: None, date: None, retry_after: None, said: None })
}
