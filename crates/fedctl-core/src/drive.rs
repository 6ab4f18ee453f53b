//! Plain loops that carry the requests of reader and executor: for worlds in memory, tests and rehearsal.

use std::time::Duration;

use crate::apply::{End, Event, Next, Run, Turn};
use crate::live::{Live, Query};
use crate::planner::Step;
use crate::planted::planted;
use crate::read::{self, Fetch, ReadError, Reader, Took};
use crate::request::{Answer, Ask, Outcome, Request};
use crate::spec::Spec;

/// Something that answers requests at once.
pub trait Carry {
    /// Sends a request.
    fn carry(&mut self, request: Request) -> Outcome;
    /// Lets time pass.
    fn pause(&mut self, _wanted: Duration) {}
}

/// What reading came to: a result, or the reason why there is none.
pub type Read<T> = Result<(Step<T>, Live), ReadError>;

/// Reads until the computation is done, or cannot be.
///
/// # Errors
/// See [`ReadError`].
pub fn read<T>(spec: &Spec, carry: &mut impl Carry, step: impl Fn(&Live) -> Step<T>) -> Read<T> {
    read_by(Reader::new(spec), carry, step)
}

/// The same by a reader that knows what to do when something cannot be read.
///
/// # Errors
/// See [`ReadError`].
pub fn read_by<T>(mut reader: Reader, carry: &mut impl Carry, step: impl Fn(&Live) -> Step<T>) -> Read<T> {
    loop {
        match step(reader.live()) {
            Step::Read(queries) => {
                for query in queries {
                    answer(&mut reader, query, carry)?;
                }
            }
            done @ (Step::Ready(_) | Step::Problems(_) | Step::Unknown(_)) => return Ok((done, reader.into_live())),
        }
    }
}

fn answer(reader: &mut Reader, query: Query, carry: &mut impl Carry) -> Result<(), ReadError> {
    let end = match reader.fetch(&query) {
        Fetch::One(ask) => take(reader, &query, ask, carry)?,
        Fetch::Batches(asks) => {
            let mut last = Took::Page(crate::decode::Fed { rows: 0, total: None });
            for ask in asks {
                last = take(reader, &query, ask, carry)?;
            }
            last
        }
        Fetch::Pages => pages(reader, &query, carry)?,
    };
    reader.end(
        query,
        match end {
            Took::Page(_) => Ok(()),
            Took::Unknown(why) => Err(why),
        },
    );
    Ok(())
}

fn pages(reader: &mut Reader, query: &Query, carry: &mut impl Carry) -> Result<Took, ReadError> {
    let mut skip = 0;
    loop {
        let took = take(reader, query, read::ask(query, skip), carry)?;
        match took {
            Took::Page(_) if planted!(FirstPageOnly => true, false) => return Ok(took),
            Took::Page(fed) if skip + fed.rows >= query.most() => return Ok(took),
            // The size that was asked for is not proof of a last page: a server may clamp it. An empty page is.
            Took::Page(fed)
                if fed.rows == query.page()
                    || (fed.rows > 0 && (query.is_read_to_the_end() || more(fed.total, skip + fed.rows))) =>
            {
                skip += fed.rows;
            }
            Took::Page(_) | Took::Unknown(_) => return Ok(took),
        }
    }
}

/// Whether a total says that there is more. It can lie, so it only ever makes us ask again.
pub fn more(total: Option<u64>, so_far: usize) -> bool {
    total.is_some_and(|total| usize::try_from(total).unwrap_or(usize::MAX) > so_far)
}

fn take(reader: &mut Reader, query: &Query, ask: Ask, carry: &mut impl Carry) -> Result<Took, ReadError> {
    let answer: Answer = match carry.carry(ask.into_request()) {
        Outcome::Answered(answer) => answer,
        Outcome::NotSent(why) | Outcome::Unknown(why) => return reader.unanswered(query, why),
    };
    reader.take(query, &answer)
}

/// Runs a plan to its end, one request at a time.
pub fn apply(run: &mut Run, carry: &mut impl Carry) -> Vec<End> {
    loop {
        match run.next() {
            Next::Do(ticket, turn) => {
                let event = match turn {
                    Turn::Look(ask) => Event::Came(carry.carry(ask.into_request())),
                    Turn::Write(request) => Event::Came(carry.carry(request)),
                    Turn::Wait(wanted) => {
                        carry.pause(wanted);
                        Event::Waited
                    }
                };
                run.answer(ticket, event);
            }
            Next::Blocked | Next::Finished => return run.report(),
        }
    }
}
