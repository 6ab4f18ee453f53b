//! Applying: the executor says what to send, several things at a time, and is told what came back.

use std::future::Future;

use fedctl_core::apply::{End, Event, Next, Run, Ticket, Turn};
use fedctl_core::request::{Outcome, Request};
use futures_util::future::{Either, FutureExt, select};
use futures_util::pin_mut;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use crate::Writes;

/// What happens while a plan is applied.
pub enum Note<'a> {
    /// A request that may change something is about to leave.
    Intent {
        /// Its number in this run, from 1.
        write: u64,
        /// The position of its action in the plan.
        action: u32,
        /// What leaves. It may carry a secret.
        request: &'a Request,
    },
    /// The request with this number came to this.
    Outcome {
        /// Its number.
        write: u64,
        /// What came.
        outcome: &'a Outcome,
    },
    /// One more answer was taken.
    Answered,
}

/// Runs a plan to its end. At most `concurrency` requests are out at a time. Once `stop` is ready nothing new is begun.
/// `observe` is told of every request that may change something before it leaves, of what became of it, and of every answer.
pub async fn apply<W: Writes>(
    run: &mut Run,
    organizations: &W,
    concurrency: usize,
    stop: impl Future<Output = ()>,
    mut observe: impl FnMut(&Run, &Note<'_>),
) -> Vec<End> {
    let mut open = FuturesUnordered::new();
    let stop = stop.fuse();
    pin_mut!(stop);
    let mut stopped = false;
    let mut writes = 0;
    let begun = Instant::now();
    loop {
        while open.len() < concurrency.max(1) {
            run.at(begun.elapsed());
            let Next::Do(ticket, turn) = run.next() else { break };
            let mut write = None;
            if let (Turn::Write(request), [action]) = (&turn, run.actions_of(ticket)) {
                writes += 1;
                write = Some(writes);
                observe(run, &Note::Intent { write: writes, action: *action, request });
            }
            open.push(carry(organizations, ticket, turn, write));
        }
        if open.is_empty() {
            return run.report();
        }
        let came = if stopped {
            open.next().await
        } else {
            match select(open.next(), &mut stop).await {
                Either::Left((came, _)) => came,
                Either::Right(((), next)) => {
                    stopped = true;
                    drop(next);
                    run.stop();
                    continue;
                }
            }
        };
        // What came may be the news that the run is to stop.
        if !stopped && stop.as_mut().now_or_never().is_some() {
            stopped = true;
            run.stop();
        }
        if let Some((ticket, write, event)) = came {
            if let (Some(write), Event::Came(outcome)) = (write, &event) {
                observe(run, &Note::Outcome { write, outcome });
            }
            run.at(begun.elapsed());
            run.answer(ticket, event);
            observe(run, &Note::Answered);
        }
    }
}

async fn carry<W: Writes>(
    organizations: &W,
    ticket: Ticket,
    turn: Turn,
    write: Option<u64>,
) -> (Ticket, Option<u64>, Event) {
    let event = match turn {
        Turn::Look(ask) => Event::Came(organizations.ask(ask).await),
        Turn::Write(request) => Event::Came(organizations.write(request).await),
        Turn::Wait(wanted) => {
            organizations.pause(wanted).await;
            Event::Waited
        }
    };
    (ticket, write, event)
}
