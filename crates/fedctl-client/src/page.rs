//! Lists that come in pages of `skip` and `limit` (published description: 10 by default, 100 at most).
//!
//! A list may change while it is read and a total may be wrong, so nothing here proves that a list is complete: the
//! caller gets every page and what the totals said, and judges.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use tokio::task::JoinSet;

use crate::answer::{Answer, Outcome};
use crate::client::Client;
use crate::error::AnswerError;
use crate::request::Request;

/// What to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many records to leave out.
    pub skip: usize,
    /// How many records to give at most.
    pub limit: usize,
}

/// How many records a page holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCount {
    /// In this page.
    pub returned: usize,
    /// In all, according to this page.
    pub total: Option<u64>,
}

/// One page.
#[derive(Debug)]
pub struct Page {
    /// Its place in the list, from 0.
    pub index: usize,
    /// What was asked for.
    pub window: Window,
    /// What came of it.
    pub outcome: Outcome,
    /// How many records it holds, or why it is no page. `None` if there was no answer.
    pub count: Option<Result<PageCount, AnswerError>>,
}

/// What the pages so far said in all: an alarm when it does not fit, never a proof when it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The total of the page that arrived first.
    pub first: Option<u64>,
    /// The total of the page that arrived last.
    pub last: Option<u64>,
    /// Records in all pages.
    pub returned: usize,
    /// Whether a page was no page; nothing more was asked for after it.
    pub failed: bool,
}

/// A list being read. Pages come in the order in which they arrive.
pub struct Listing<'a> {
    client: Client,
    ask: Box<dyn Fn(Window) -> Request + Send + Sync + 'a>,
    /// Records per page. Smaller than what was asked for where the service gives less.
    step: usize,
    /// Tasks, not futures to be polled here: a page holds its place in the limits, and must give it back also while the
    /// caller is busy with another page and sends something itself.
    pending: JoinSet<Page>,
    /// The index of the next page to ask for.
    next: usize,
    /// How many pages there are by the totals.
    expected: usize,
    ended: bool,
    totals: Totals,
}

impl Client {
    /// Reads a list with [`Client::read`]. The first page is asked for alone; if it says how many records there are, the
    /// others follow together, within the limits; otherwise one after the other, until one is short. An empty page is
    /// the end whatever the total says, and a full one never is.
    ///
    /// Must be read inside a tokio runtime. `ask` gives requests that change nothing and sort by id: a list without an order may skip records between pages.
    pub fn list<'a>(&self, size: usize, ask: impl Fn(Window) -> Request + Send + Sync + 'a) -> Listing<'a> {
        Listing {
            client: self.clone(),
            ask: Box::new(ask),
            step: size.max(1),
            pending: JoinSet::new(),
            next: 0,
            expected: 0,
            ended: false,
            totals: Totals::default(),
        }
    }
}

impl Page {
    async fn read(client: &Client, index: usize, window: Window, request: Request) -> Self {
        let outcome = client.read(request).await;
        let count = match &outcome {
            Outcome::Answered(answer) => Some(count(answer)),
            Outcome::NotSent(_) | Outcome::Unknown(_) => None,
        };
        Self { index, window, outcome, count }
    }
}

impl Listing<'_> {
    /// The next page to arrive; `None` after the last. A page that failed is given, too, and ends the list. Dropping the
    /// list gives up the pages in flight.
    pub async fn next(&mut self) -> Option<Page> {
        self.fill();
        let page = match self.pending.join_next().await? {
            Ok(page) => page,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        self.learn(&page);
        Some(page)
    }

    /// What the pages said so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Keeps as many pages in flight as the organisation may have; beyond what the totals promise, one.
    fn fill(&mut self) {
        let concurrency = self.client.concurrency();
        while !self.ended && (self.pending.is_empty() || self.next < self.expected && self.pending.len() < concurrency)
        {
            let window = Window { skip: self.next * self.step, limit: self.step };
            let (client, index, request) = (self.client.clone(), self.next, (self.ask)(window));
            self.pending.spawn(async move { Page::read(&client, index, window, request).await });
            self.next += 1;
        }
    }

    fn learn(&mut self, page: &Page) {
        let Some(Ok(PageCount { returned, total })) = page.count else {
            self.totals.failed = true;
            self.ended = true;
            return;
        };
        self.totals.first = self.totals.first.or(total);
        self.totals.last = total.or(self.totals.last);
        self.totals.returned += returned;
        let total = total.and_then(|total| usize::try_from(total).ok());
        if page.index == 0 && returned > 0 && total.is_some_and(|total| total > returned) {
            // A service that gives less than was asked for would otherwise be skipped over.
            self.step = self.step.min(returned);
        }
        self.expected = self.expected.max(total.map_or(0, |total| total.div_ceil(self.step)));
        let short = end_of_list(returned, page.window.limit.min(self.step));
        self.ended |= returned == 0 || short && page.index + 1 >= self.expected;
    }
}

impl fmt::Debug for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").field("next", &self.next).field("totals", &self.totals).finish_non_exhaustive()
    }
}

/// Whether a page is the last one, for lists that say no total: it is shorter than was asked for (observed).
pub fn end_of_list(returned: usize, asked: usize) -> bool {
    returned < asked
}

/// Counts the records of a page: `[…]`, `{"results": […], "totalCount": n}` or an object with one array under another
/// name (all observed). The total is that of the body, else that of the `x-total-count` header.
///
/// # Errors
/// What [`Answer::json`] refuses, and JSON that is none of these.
pub fn count(answer: &Answer) -> Result<PageCount, AnswerError> {
    let not_a_list = |_| AnswerError::NotAList { target: answer.target().clone() };
    let shape: Shape = serde_json::from_slice(answer.json()?).map_err(not_a_list)?;
    Ok(PageCount { returned: shape.0.returned, total: shape.0.total.or(answer.total_count) })
}

/// A page, read for its numbers alone.
struct Shape(PageCount);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object that holds one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Shape, A::Error> {
        Ok(Shape(PageCount { returned: elements(seq)?, total: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let (mut results, mut others, mut total) = (None, Vec::new(), None);
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), map.next_value::<Part>()?) {
                ("results", Part::List(length)) => results = Some(length),
                // Lists of newer services are null when they are empty.
                ("results", Part::Null) => results = Some(0),
                ("totalCount", Part::Number(number)) => total = Some(number),
                (_, Part::List(length)) => others.push(length),
                (_, Part::Null | Part::Number(_) | Part::Other) => {}
            }
        }
        let returned = match (results, others.as_slice()) {
            (Some(length), _) => length,
            (None, &[length]) => length,
            (None, _) => return Err(A::Error::custom("no list, or several")),
        };
        Ok(Shape(PageCount { returned, total }))
    }
}

/// A value of an object, as far as it matters.
enum Part {
    List(usize),
    Number(u64),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Part, A::Error> {
        elements(seq).map(Part::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Part::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Part, E> {
        Ok(Part::Number(number))
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        Ok(Part::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Part, E> {
        Ok(Part::Other)
    }
}

fn elements<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<usize, A::Error> {
    let mut count = 0;
    while seq.next_element::<IgnoredAny>()?.is_some() {
        count += 1;
    }
    Ok(count)
}
