//! The executor: a plan as a conversation. It says what to send next and is told what came back; it neither sends nor
//! waits, knows no clock and no kind, and is `Clone`, so that a rehearsal can branch it.

mod end;
mod every_order;
mod fill;
mod gap;
mod graph;
mod judge;
mod live;
pub mod settle;
mod talk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::address::Org;
use crate::endpoint;
use crate::live::PAGE;
use crate::object_id::ObjectId;
use crate::plan::action::{Action, Subject};
use crate::plan::order::{self, Scope};
use crate::plan::{Because, Fate, Held, Plan};
use crate::planted::planted;
use crate::read;
use crate::request::{Ask, Outcome, Request};
pub use end::End;
use fill::Given;
use graph::Graph;
use talk::Talk;

/// Puts the actions of a plan into an order that works.
pub(crate) fn in_order(plan: &mut Plan) {
    let order = graph::order(plan);
    let mut places = vec![u32::MAX; plan.actions.len()];
    (0u32..).zip(&order).for_each(|(place, at)| places[*at as usize] = place);
    // A circle would leave actions out; they stay, last, and the executor says of them that they were not started.
    let left_out = places.iter_mut().filter(|place| **place == u32::MAX);
    (0u32..).skip(order.len()).zip(left_out).for_each(|(last, place)| *place = last);
    // Where they are, for there may be half a million.
    for at in 0..places.len() {
        while places[at] as usize != at {
            let to = places[at] as usize;
            plan.actions.swap(at, to);
            places.swap(at, to);
        }
    }
}

/// What the driver is to do.
pub enum Turn {
    /// Send a question.
    Look(Ask),
    /// Send a request.
    Write(Request),
    /// Let time pass.
    Wait(Duration),
}

/// What the driver did.
pub enum Event {
    /// A question or request came to this.
    Came(Outcome),
    /// The time has passed.
    Waited,
}

/// Which turn an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// What comes next.
pub enum Next {
    /// Do this, and answer with the ticket.
    Do(Ticket, Turn),
    /// Nothing until an event comes.
    Blocked,
    /// The run is over.
    Finished,
}

/// Whom a turn that is out is for.
#[derive(Clone)]
enum Out {
    /// One action.
    One(u32),
    /// Actions that share one look at their users.
    Users(Vec<u32>),
}

/// One run of a plan.
#[derive(Clone)]
pub struct Run {
    plan: Arc<Plan>,
    graph: Graph,
    ends: Vec<Option<End>>,
    ended: usize,
    ready: BTreeSet<u32>,
    talks: BTreeMap<u32, Talk>,
    turns: VecDeque<(u32, talk::Planned)>,
    batch: BTreeMap<Org, Vec<u32>>,
    batch_size: usize,
    tickets: BTreeMap<Ticket, Out>,
    last_ticket: u64,
    given: Given,
    broken: BTreeSet<u32>,
    /// What closes the gap that is open, by position, with what opens it.
    open_gaps: BTreeMap<u32, u32>,
    seen: BTreeMap<u32, BTreeSet<u32>>,
    questions: BTreeMap<talk::Question, talk::Known>,
    stopping: bool,
    now: Duration,
}

impl Run {
    /// A run of a plan. Looks at up to `batch` users (at least one, at most a page) share a request; live holes want them
    /// few enough to be written within two seconds.
    pub fn new(plan: Arc<Plan>, batch: usize) -> Self {
        Self::with_rows(plan, batch, crate::kinds::rows())
    }

    /// The same under other rows, for tests that leave one out.
    pub fn with_rows<'r>(plan: Arc<Plan>, batch: usize, rows: impl Iterator<Item = &'r order::Edge>) -> Self {
        let graph = Graph::of(&plan, rows);
        let ready = (0u32..).zip(&graph.waits).filter(|(_, waits)| **waits == 0).map(|(at, _)| at).collect();
        Self {
            ends: vec![None; plan.actions.len()],
            ended: 0,
            plan,
            graph,
            ready,
            talks: BTreeMap::new(),
            turns: VecDeque::new(),
            batch: BTreeMap::new(),
            batch_size: batch.clamp(1, PAGE),
            tickets: BTreeMap::new(),
            last_ticket: 0,
            given: Given::default(),
            broken: BTreeSet::new(),
            open_gaps: BTreeMap::new(),
            seen: BTreeMap::new(),
            questions: BTreeMap::new(),
            stopping: false,
            now: Duration::ZERO,
        }
    }

    /// The plan that is run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Begins nothing new. What was begun ends, and so does the section around a secret that was shown.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    /// How many actions have ended.
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// The rows about everybody that an action is one of the first of.
    fn rows_after(&self, at: u32) -> impl Iterator<Item = &graph::Row> {
        let rows = self.graph.first_of.get(&graph::end(self.action(at))).into_iter().flatten();
        rows.map(|number| &self.graph.rows[*number as usize])
    }

    /// Tells the time since the run began, as whoever drives it measures it. An array of others is written only as it was
    /// seen at most two seconds ago; whoever never tells the time has no pauses.
    pub fn at(&mut self, time: Duration) {
        self.now = time;
    }

    /// What to do next. Each call hands out one turn; ask again until it is blocked.
    #[expect(
        clippy::should_implement_trait,
        reason = "a run is a conversation: between two turns it is told what came"
    )]
    pub fn next(&mut self) -> Next {
        loop {
            if let Some((at, planned)) = self.next_turn() {
                match self.turn(at, planned) {
                    Some(turn) => return self.hand_out(Out::One(at), turn),
                    None => continue,
                }
            }
            if let Some(at) = self.choose() {
                self.ready.remove(&at);
                self.begin(at);
            } else if let Some((org, actions)) = self.batch.pop_first() {
                return self.look_at_users(org, actions);
            } else if self.tickets.is_empty() {
                return Next::Finished;
            } else {
                return Next::Blocked;
            }
            if let Some(org) = self.full_batch() {
                let actions = self.batch.remove(&org).unwrap_or_default();
                return self.look_at_users(org, actions);
            }
        }
    }

    /// Whom a turn that is out is for: the positions of one action, or of all that share a look; nobody when it is not out.
    pub fn actions_of(&self, ticket: Ticket) -> &[u32] {
        match self.tickets.get(&ticket) {
            Some(Out::One(at)) => std::slice::from_ref(at),
            Some(Out::Users(actions)) => actions,
            None => &[],
        }
    }

    /// Takes what came of a turn. A ticket that is not out is ignored.
    pub fn answer(&mut self, ticket: Ticket, event: Event) {
        match (self.tickets.remove(&ticket), event) {
            (Some(Out::One(at)), Event::Waited) => self.waited(at),
            (Some(Out::One(at)), Event::Came(outcome)) => self.came(at, outcome),
            (Some(Out::Users(actions)), Event::Came(outcome)) => self.batch_came(&actions, &outcome),
            (Some(Out::Users(_)), Event::Waited) | (None, _) => {}
        }
    }

    /// What became of each action, in the order of the plan.
    pub fn report(&self) -> Vec<End> {
        self.ends.iter().map(|end| end.clone().unwrap_or(End::NotStarted)).collect()
    }

    fn action(&self, at: u32) -> &Action {
        &self.plan.actions[at as usize]
    }

    fn hand_out(&mut self, out: Out, turn: Turn) -> Next {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.tickets.insert(ticket, out);
        Next::Do(ticket, turn)
    }

    fn full_batch(&self) -> Option<Org> {
        self.batch.iter().find(|(_, actions)| actions.len() >= self.batch_size).map(|(org, _)| *org)
    }

    /// One look for as many as share one. Answers may have added more than that since; they wait for the next.
    fn look_at_users(&mut self, org: Org, mut actions: Vec<u32>) -> Next {
        let rest = actions.split_off(self.batch_size.min(actions.len()));
        if !rest.is_empty() {
            self.batch.entry(org).or_default().extend(rest);
        }
        let ids: Vec<ObjectId> = actions.iter().filter_map(|at| self.looked_at(*at)).collect();
        self.hand_out(Out::Users(actions), Turn::Look(read::search_by_ids(org, &ids)))
    }

    /// The user that an action looks at.
    fn looked_at(&self, at: u32) -> Option<ObjectId> {
        let look = self.action(at).look.as_ref()?;
        let args = fill::args(&self.plan, &self.given, &look.args).ok()?;
        ObjectId::parse(args.first()?)
    }

    /// Whether a look can share a request with others.
    fn shares_looks(&self, at: u32) -> bool {
        let look = self.action(at).look.as_ref();
        look.is_some_and(|look| std::ptr::eq(look.at.endpoint, &endpoint::GET_USER)) && self.looked_at(at).is_some()
    }

    fn finish(&mut self, at: u32, end: End) {
        let mut work = VecDeque::from([(at, self.without_secrets(end))]);
        while let Some((at, end)) = work.pop_front() {
            if self.ends[at as usize].is_some() {
                continue;
            }
            let good = planted!(GoesOnAfterFailure => true, end.is_good());
            if let (false, Subject::Person(person)) = (good, self.action(at).subject) {
                self.broken.insert(person);
            }
            self.ready.remove(&at);
            self.open_gaps.remove(&at);
            let form = self.talks.remove(&at).map_or(0, |talk| talk.form);
            self.question_answered(at, form, &end);
            self.ends[at as usize] = Some(end);
            self.ended += 1;
            self.release(at, good, &mut work);
            self.release_rows(at, good, &mut work);
        }
        self.forget_secrets();
    }

    /// What a service answers goes into reports, and it may repeat what it was sent.
    fn without_secrets(&self, end: End) -> End {
        match end {
            End::Failed(why) => End::Failed(self.given.without_secrets(why)),
            End::Unknown(why) => End::Unknown(self.given.without_secrets(why)),
            End::Manual(why) => End::Manual(self.given.without_secrets(why)),
            End::Applied | End::Already | End::Skipped(_) | End::NotStarted => end,
        }
    }

    /// A secret is held no longer than somebody may still need it.
    fn forget_secrets(&mut self) {
        let needed = || self.graph.section.iter().any(|at| self.ends[*at as usize].is_none());
        if self.given.holds_any_secret() && !needed() {
            self.given.forget_secrets();
        }
    }

    fn release(&mut self, at: u32, good: bool, work: &mut VecDeque<(u32, End)>) {
        let next = Arc::clone(&self.graph.next);
        for then in next.of(at) {
            if good { self.one_less(*then) } else { work.push_back((*then, End::Skipped(at))) }
        }
    }

    fn release_rows(&mut self, at: u32, good: bool, work: &mut VecDeque<(u32, End)>) {
        let rows = self.graph.first_of.get(&graph::end(self.action(at))).cloned().unwrap_or_default();
        for number in rows {
            let row = &mut self.graph.rows[number as usize];
            row.open -= 1;
            if !good || row.of == Scope::Seen {
                row.blame.get_or_insert(at);
            }
            if row.open > 0 {
                continue;
            }
            let (of, blame, then) = (row.of, row.blame, Arc::clone(&row.then));
            for waiting in then.iter().copied() {
                match blame.filter(|_| self.is_blamed(of, good, at, waiting)) {
                    Some(blame) => work.push_back((waiting, End::Skipped(blame))),
                    None => self.one_less(waiting),
                }
            }
        }
    }

    /// The people whose actions wait for what this check sees.
    fn waiting_for(&self, check: u32) -> impl Iterator<Item = u32> {
        let rows = self.rows_after(check).filter(|row| row.of == Scope::Seen);
        let people = rows.flat_map(|row| row.then.iter()).filter(|at| self.ends[**at as usize].is_none());
        people.filter_map(|at| match self.action(*at).subject {
            Subject::Person(person) => Some(person),
            Subject::Federation => None,
        })
    }

    /// Whether a row whose firsts have all ended leaves this action out.
    fn is_blamed(&self, of: Scope, good: bool, check: u32, waiting: u32) -> bool {
        match (of, self.action(waiting).subject) {
            (Scope::Ended, _) => self.action(waiting).because == Because::Moves,
            (Scope::All | Scope::SamePerson, _) => true,
            (Scope::Seen, Subject::Federation) => !good,
            (Scope::Seen, Subject::Person(person)) => {
                !good || !self.seen.get(&check).is_some_and(|seen| seen.contains(&person))
            }
        }
    }

    fn one_less(&mut self, at: u32) {
        let waits = &mut self.graph.waits[at as usize];
        *waits -= 1;
        if *waits == 0 && self.ends[at as usize].is_none() {
            self.ready.insert(at);
        }
    }

    /// Which person has the account with this id, over everybody who may be routed.
    fn people_by_account(&self) -> BTreeMap<ObjectId, u32> {
        let mut people = BTreeMap::new();
        for (at, person) in (0u32..).zip(&self.plan.people) {
            let address =
                crate::address::Address::new(Org::Secondary, crate::address::Kind::User, person.account.clone());
            let id = self.given.public(&self.plan, &address, crate::plan::hole::Give::Id);
            if let Some(id) = id.and_then(|id| ObjectId::parse(&id)) {
                people.insert(id, at);
            }
        }
        people
    }

    /// Whether an account may be a member of a group that is about to be routed: everything of its person is done, or it
    /// has no local way in, so that being routed takes nothing away. Of whoever a saved plan leaves for the next one, neither
    /// is known: what was left out may be what keeps them from gaining or losing.
    fn may_be_routed(&self, account: ObjectId, people: &BTreeMap<ObjectId, u32>) -> bool {
        let left = planted!(StrangersRouted => true, self.plan.left.contains(&account));
        let Some(at) = people.get(&account) else { return left };
        let person = &self.plan.people[*at as usize];
        if matches!(person.fate, Fate::Leaves(_)) {
            return self.plan.left.contains(&account) && !self.broken.contains(at);
        }
        let is_left = person.fate == Fate::Held(Held::NotInSavedPlan);
        let is_ready = !matches!(person.fate, Fate::Held(_)) && !self.broken.contains(at);
        is_ready || !(person.has_local_way_in || is_left)
    }
}
