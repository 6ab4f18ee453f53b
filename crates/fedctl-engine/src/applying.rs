//! Applying: the executor says what to send, several things at a time, and is told what came back.

use std::future::Future;

use fedctl_core::apply::{End, Event, Next, Run, Ticket, Turn};
use futures_util::future::{Either, FutureExt, select};
use futures_util::pin_mut;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::Writes;

/// Runs a plan to its end. At most `concurrency` requests are out at a time. Once `stop` is ready nothing new is begun.
/// `observe` is told after every answer.
pub async fn apply<W: Writes>(
    run: &mut Run,
    organizations: &W,
    concurrency: usize,
    stop: impl Future<Output = ()>,
    mut observe: impl FnMut(&Run),
) -> Vec<End> {
    let mut open = FuturesUnordered::new();
    let stop = stop.fuse();
    pin_mut!(stop);
    let mut stopped = false;
    loop {
        while open.len() < concurrency.max(1) {
            match run.next() {
                Next::Do(ticket, turn) => open.push(carry(organizations, ticket, turn)),
                Next::Blocked | Next::Finished => break,
            }
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
        if let Some((ticket, event)) = came {
            run.answer(ticket, event);
            observe(run);
        }
    }
}

async fn carry<W: Writes>(organizations: &W, ticket: Ticket, turn: Turn) -> (Ticket, Event) {
    let event = match turn {
        Turn::Look(ask) => Event::Came(organizations.ask(ask).await),
        Turn::Write(request) => Event::Came(organizations.write(request).await),
        Turn::Wait(wanted) => {
            organizations.pause(wanted).await;
            Event::Waited
        }
    };
    (ticket, event)
}
