//! Reading both organisations at once: every question of a round, and every page of a list whose length is known.

use std::collections::BTreeMap;

use fedctl_core::live::{Live, Query};
use fedctl_core::planner::Step;
use fedctl_core::read::{self, Fetch, ReadError, Reader, Took};
use fedctl_core::request::{Ask, Outcome};
use fedctl_core::spec::Spec;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::Reads;

/// How far reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Requests that were answered.
    pub answered: usize,
    /// Requests that are known to be needed, the answered ones among them.
    pub known: usize,
}

/// Reads until the computation is done, or cannot be. `observe` is told after every answer.
///
/// # Errors
/// See [`ReadError`].
pub async fn read<R: Reads, T>(
    spec: &Spec,
    organizations: &R,
    step: impl Fn(&Live) -> Step<T>,
    observe: impl FnMut(Progress),
) -> Result<(Step<T>, Live), ReadError> {
    read_by(Reader::new(spec), organizations, step, observe).await
}

/// The same by a reader that knows what to do when something cannot be read.
///
/// # Errors
/// See [`ReadError`].
pub async fn read_by<R: Reads, T>(
    mut reader: Reader,
    organizations: &R,
    step: impl Fn(&Live) -> Step<T>,
    mut observe: impl FnMut(Progress),
) -> Result<(Step<T>, Live), ReadError> {
    let mut progress = Progress::default();
    loop {
        match step(reader.live()) {
            Step::Read(queries) => {
                let queries: Vec<Query> = queries.into_iter().collect();
                round(&mut reader, queries, organizations, &mut progress, &mut observe).await?;
            }
            done @ (Step::Ready(_) | Step::Problems(_) | Step::Unknown(_)) => return Ok((done, reader.into_live())),
        }
    }
}

/// What is known of a list while its pages come in.
#[derive(Debug, Clone, Copy)]
struct List {
    /// Requests that are out.
    open: usize,
    /// Objects on a full page, as this server gives them.
    size: usize,
    /// Where the next page begins.
    next: usize,
    /// How the question ended, if something said so.
    end: Option<Took>,
}

async fn round<R: Reads>(
    reader: &mut Reader,
    queries: Vec<Query>,
    organizations: &R,
    progress: &mut Progress,
    observe: &mut impl FnMut(Progress),
) -> Result<(), ReadError> {
    let mut open = FuturesUnordered::new();
    let send = |at: usize, skip: usize, ask: Ask| async move { (at, skip, organizations.ask(ask).await) };
    let mut lists: BTreeMap<usize, List> = BTreeMap::new();
    for (at, query) in queries.iter().enumerate() {
        let asks = match reader.fetch(query) {
            Fetch::One(ask) => vec![ask],
            Fetch::Batches(asks) => asks,
            Fetch::Pages => vec![read::ask(query, 0)],
        };
        lists.insert(at, List { open: asks.len(), size: query.page(), next: 0, end: None });
        progress.known += asks.len();
        asks.into_iter().for_each(|ask| open.push(send(at, 0, ask)));
    }
    while let Some((at, skip, outcome)) = open.next().await {
        let query = &queries[at];
        let took = take(reader, query, outcome)?;
        progress.answered += 1;
        if let Some(list) = lists.get_mut(&at) {
            list.open -= 1;
            for skip in more(reader, query, list, skip, took) {
                list.open += 1;
                progress.known += 1;
                open.push(send(at, skip, read::ask(query, skip)));
            }
        }
        observe(*progress);
    }
    for (query, list) in queries.into_iter().zip(lists.into_values()) {
        let end = match list.end {
            Some(Took::Unknown(why)) => Err(why),
            Some(Took::Page(_)) | None => Ok(()),
        };
        reader.end(query, end);
    }
    Ok(())
}

fn take(reader: &mut Reader, query: &Query, outcome: Outcome) -> Result<Took, ReadError> {
    match outcome {
        Outcome::Answered(answer) => reader.take(query, &answer),
        Outcome::NotSent(why) | Outcome::Unknown(why) => reader.unanswered(query, why),
    }
}

/// The pages that are to be asked for after this one: all that the total of the first promises, at once; without a total
/// one after the other. A total can lie, so the last page is the one that is short, whatever was promised.
fn more(reader: &Reader, query: &Query, list: &mut List, skip: usize, took: Took) -> Vec<usize> {
    let fed = match took {
        Took::Page(fed) => fed,
        Took::Unknown(_) => {
            list.end = Some(took);
            return Vec::new();
        }
    };
    if !matches!(reader.fetch(query), Fetch::Pages) || fed.rows == 0 || skip + fed.rows >= query.most() {
        return Vec::new();
    }
    if query.is_read_to_the_end() {
        return vec![skip + fed.rows];
    }
    let total = usize::try_from(fed.total.unwrap_or(0)).unwrap_or(usize::MAX);
    if skip == 0 {
        // A server may give less than was asked for: then its own size is the step, as long as more is promised.
        list.size = if total > fed.rows { fed.rows } else { query.page() };
        list.next = fed.rows;
        let promised: Vec<usize> = (fed.rows..total).step_by(list.size).collect();
        if let Some(last) = promised.last() {
            list.next = last + list.size;
            return promised;
        }
    }
    // A full last page: there may be more than was promised.
    if fed.rows >= list.size && skip + list.size >= list.next {
        let next = skip + fed.rows;
        list.next = next + list.size;
        return vec![next];
    }
    Vec::new()
}
