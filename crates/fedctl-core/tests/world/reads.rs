//! Lists that are not what is there (invariant I7): short, empty, repeated, turned round, with totals that lie, and read while
//! somebody works on them. Nothing that should stay is ever removed by one, and what should go goes with the next run.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::drive::Carry;
use fedctl_core::plan::{Plan, Verb};
use fedctl_core::planner::Step;
use fedctl_core::request::{Answer, Outcome, Request};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{AppId, GroupId, UserId, console, fixture};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::carry::{self, Memory};
use crate::edits::{Edit, ObjectEdit, PersonEdit};
use crate::history::History;
use crate::judge::Judge;
use crate::properties::{bad, by_address};
use crate::scene::{email, plain};
use crate::watch::{Watch, list_in};
use crate::worlds::{Scene, Someone, Wish};

/// Rows on a page, so that a few people are several pages.
const PAGE: usize = 2;

/// What is wrong with the pages of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// The first row of each page is left out.
    WithoutFirst,
    /// The last row of each page is left out.
    WithoutLast,
    /// There is nothing in it, and the total says so.
    Empty,
    /// There is nothing in it, and the total says otherwise.
    EmptyWithTotal,
    /// Every row is there twice.
    Twice,
    /// The other way round.
    Reversed,
    /// It ends after the first page, and the total agrees.
    Truncated,
    /// It says that there is nothing, and gives everything that was asked for.
    TotalTooLow,
    /// It says that there is more.
    TotalTooHigh,
    /// It does not say how much there is.
    NoTotal,
}

const LIES: [Lie; 10] = [
    Lie::WithoutFirst,
    Lie::WithoutLast,
    Lie::Empty,
    Lie::EmptyWithTotal,
    Lie::Twice,
    Lie::Reversed,
    Lie::Truncated,
    Lie::TotalTooLow,
    Lie::TotalTooHigh,
    Lie::NoTotal,
];

/// Which lists lie.
#[derive(Debug, Clone)]
enum Which {
    None,
    One(String, Lie),
    /// All that propose: those that are asked of one object by itself tell the truth.
    Proposing(Lie),
}

/// Answers lists in small pages, and not always truly.
struct Reading<'a> {
    memory: &'a mut Memory,
    which: Which,
    /// Before which page of which list somebody works on what is in it.
    churn: Option<(String, usize)>,
    /// How often each list was asked for a page.
    pages: BTreeMap<String, usize>,
}

impl<'a> Reading<'a> {
    fn new(memory: &'a mut Memory, which: Which, churn: Option<(String, usize)>) -> Self {
        Self { memory, which, churn, pages: BTreeMap::new() }
    }

    fn lie(&self, list: &str) -> Option<Lie> {
        match &self.which {
            Which::None => None,
            Which::One(other, lie) => (other == list).then_some(*lie),
            Which::Proposing(lie) => (!is_by_itself(list)).then_some(*lie),
        }
    }

    fn page_of(&self, answer: Answer, list: &str, skip: usize, size: usize) -> Answer {
        let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
        let Some(rows) = list_in(&mut body) else { return answer };
        let all = rows.len();
        let lie = self.lie(list);
        if lie == Some(Lie::Reversed) {
            rows.reverse();
        }
        *rows = rows.iter().skip(skip).take(size).cloned().collect();
        let total = spoil(rows, all, (lie, skip));
        let total = total.and_then(|total| u64::try_from(total).ok());
        if let Some(keys) = body.as_object_mut().filter(|keys| keys.contains_key("totalCount")) {
            keys.remove("totalCount");
            keys.extend(total.map(|total| ("totalCount".to_owned(), total.into())));
        }
        let total = answer.total.and(total);
        Answer { body: Zeroizing::new(serde_json::to_vec(&body).unwrap()), total, ..answer }
    }
}

/// Does to a page what the lie says, and gives the total that goes with it.
fn spoil(rows: &mut Vec<Value>, all: usize, (lie, skip): (Option<Lie>, usize)) -> Option<usize> {
    match lie {
        None | Some(Lie::Reversed) => return Some(all),
        Some(Lie::WithoutFirst) => drop((!rows.is_empty()).then(|| rows.remove(0))),
        Some(Lie::WithoutLast) => drop(rows.pop()),
        Some(Lie::Empty | Lie::EmptyWithTotal) => rows.clear(),
        Some(Lie::Twice) => *rows = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect(),
        Some(Lie::Truncated) if skip > 0 => rows.clear(),
        Some(Lie::Truncated | Lie::TotalTooLow | Lie::TotalTooHigh | Lie::NoTotal) => {}
    }
    match lie {
        Some(Lie::Empty | Lie::TotalTooLow) => Some(0),
        Some(Lie::Truncated) => Some(all.min(PAGE)),
        Some(Lie::TotalTooHigh) => Some(all + 50),
        Some(Lie::NoTotal) => None,
        None | Some(Lie::WithoutFirst | Lie::WithoutLast | Lie::EmptyWithTotal | Lie::Twice | Lie::Reversed) => {
            Some(all)
        }
    }
}

/// Whether a list is asked of one object by itself, after everything else.
fn is_by_itself(list: &str) -> bool {
    list.contains("/memberof") || list.contains("/members") || list.contains("targets=application")
}

/// The list that a request asks for a page of, and how many rows it skips; `None` if it asks for no list.
fn list_of(request: &mut Request) -> Option<(String, usize, usize)> {
    let org = request.org.index();
    if let Some((before, skip)) = request.path.split_once("skip=").filter(|_| request.method == "GET") {
        let skip = skip.parse().unwrap();
        let list = format!("{org} {}", before.replace("limit=100&", "").trim_end_matches(['?', '&']));
        request.path = format!("{before}skip=0");
        return Some((list, skip, PAGE));
    }
    if request.path != "/api/search/systemusers" {
        return None;
    }
    let (_, body) = request.body.as_mut()?;
    let mut search: Value = serde_json::from_slice(body).unwrap();
    let (limit, skip) = (search["limit"].as_u64(), search["skip"].as_u64().unwrap());
    // Whoever is looked up in a batch fits on a page, and the number of all is asked for with a page of one.
    let is_listing = search.get("filter").is_none() && limit != Some(1);
    search["skip"] = 0.into();
    *body = Zeroizing::new(search.to_string().into_bytes());
    let (kind, size) = if is_listing { ("all", PAGE) } else { ("some", 100) };
    Some((format!("{org} search {kind}"), usize::try_from(skip).unwrap(), size))
}

impl Carry for Reading<'_> {
    fn carry(&mut self, mut request: Request) -> Outcome {
        let Some((list, skip, size)) = list_of(&mut request) else { return self.memory.carry(request) };
        let page = self.pages.entry(list.clone()).or_default();
        if self.churn.as_ref().is_some_and(|(other, before)| *other == list && before == page) {
            churn(self.memory, &list);
        }
        *page += 1;
        match self.memory.carry(request) {
            Outcome::Answered(answer) => Outcome::Answered(self.page_of(answer, &list, skip, size)),
            outcome @ (Outcome::NotSent(_) | Outcome::Unknown(_)) => outcome,
        }
    }
}

/// Somebody deletes the first of what a list shows, and makes another one.
fn churn(memory: &mut Memory, list: &str) {
    let (org, path) = list.split_once(' ').unwrap();
    let org = if org == "0" { memory.primary } else { memory.secondary };
    let parts: Vec<&str> = path.split(['/', '?']).collect();
    let world = &mut memory.world;
    let newcomer = |world: &mut jumpcloud_sim::World| world.add_user(org, plain("newcomer@acme.com", "newcomer"));
    match parts[..] {
        ["", "api", "v2", "usergroups", id, "membership" | "members", ..] => {
            let group: GroupId = id.parse().unwrap();
            let first = world.group(group).and_then(|group| group.members().next());
            first.into_iter().for_each(|first| assert!(console::remove_member(world, group, first)));
            // Nobody is brought into the routing group by hand: a stranger in it stops every plan.
            if org == memory.primary {
                let new = newcomer(world);
                world.add_member(group, new);
            }
        }
        ["search all" | "search some"] => {
            let first = world.users(org).next().unwrap().id;
            assert!(console::delete_user(world, first));
            newcomer(world);
        }
        ["", "api", "v2", "usergroups", ..] if parts.len() == 5 || parts[4].is_empty() || path.contains("sort=") => {
            let first = world.groups(org).find(|group| group.description.is_empty()).map(|group| group.id);
            first.into_iter().for_each(|first| assert!(console::delete_group(world, first)));
            world.add_group(org, "Newcomers");
        }
        ["", "api", "applications", ..] => {
            let first = world.apps(org).find(|app| app.description.is_empty()).map(|app| app.id);
            first.into_iter().for_each(|first| assert!(console::delete_app(world, first)));
            world.add_app(org, "oidc", "New");
        }
        ["", "api", "v2", "applications", id, ..] => {
            let app: AppId = id.parse().unwrap();
            let new = world.add_group(org, "Newcomers");
            let first = world.app(app).and_then(|app| app.groups().next());
            first.into_iter().for_each(|first| assert!(console::set_app_group(world, app, first, false)));
            assert!(console::set_app_group(world, app, new, true));
        }
        ["", "api", "v2", "users", id, "memberof", ..] => {
            let user: UserId = id.parse().unwrap();
            let first = world.user(user).and_then(|user| user.groups().next());
            first.into_iter().for_each(|first| assert!(console::remove_member(world, first, user)));
            let new = world.add_group(org, "Newcomers");
            world.add_member(new, user);
        }
        // Organisations, the provider, policies and what they apply to: at most a few, and what they say is the federation.
        _ => {}
    }
}

/// What every case begins with, which takes a whole set-up to make.
struct Base {
    scene: Scene,
    memory: Memory,
    spec: Spec,
}

impl Base {
    fn again(&self) -> Memory {
        let mut memory = Memory::new(fixture::pair(7));
        memory.world = self.memory.world.clone();
        memory
    }
}

/// A whole federation from which somebody left, in which there is a second one of each group, of the policy and of the app.
fn base() -> Base {
    let mut people = vec![Someone::plain(); 6];
    people[4] = Someone { named: true, groups: [false; 3], ..Someone::plain() };
    people[5] = Someone { groups: [true, true, true], ..Someone::plain() };
    let scene = Scene { people, wish: Wish::plain("managed"), made: None, answers: Vec::new() };
    let edits = [
        Edit::Person(1, PersonEdit::LeaveGroup),
        Edit::Object(ObjectEdit::DuplicateGroups),
        Edit::Object(ObjectEdit::DuplicatePolicy),
        Edit::Object(ObjectEdit::DuplicateApp),
    ];
    let history = History { killed: vec![1000], edits: edits.to_vec(), ..History::NONE };
    let (memory, spec) = scene.after(&history).unwrap();
    Base { scene, memory, spec }
}

/// What a plan takes away, by address.
fn removals(plan: &Plan) -> BTreeSet<String> {
    let takes = plan.actions.iter().filter(|action| action.verb == Verb::Delete || action.takes_away());
    takes.map(|action| action.target.to_string()).collect()
}

/// Plans on what the lists say, applies what comes of it, and plans and applies again on what is there.
fn told(base: &Base, which: &Which, churned: Option<(String, usize)>) -> bool {
    let (scene, spec, mut memory) = (&base.scene, &base.spec, base.again());
    let step = carry::step(spec, &mut Reading::new(&mut memory, which.clone(), churned.clone()));
    let what = format!("{which:?} {churned:?}");
    let should = removals(&carry::plan(spec, &mut memory));
    let planned = match step {
        Ok(Step::Ready(plan)) if plan.refusals.is_empty() => Some(*plan),
        // It is said, and nothing is done.
        Ok(Step::Ready(_) | Step::Problems(_) | Step::Unknown(_)) | Err(_) => None,
        Ok(Step::Read(queries)) => panic!("{what}: it never ends to read: {queries:?}"),
    };
    if let Some(plan) = &planned {
        let wrongly: Vec<_> = removals(plan).difference(&should).cloned().collect();
        assert_eq!(wrongly, Vec::<String>::new(), "{what}: {:?}", plan.notes);
        let judge = Judge::new(scene, &memory, plan);
        let mut watch = Watch::new(&mut memory, |world| judge.wrong(world));
        carry::run(plan, &mut watch);
        let wrong = watch.wrong;
        // Whoever was deleted meanwhile has no way in any more, whatever is planned.
        assert!(churned.is_some() || wrong.is_none(), "{what}: {wrong:?}");
    }
    is_right_after_the_next(scene, spec, &mut memory, &what);
    planned.is_some_and(|plan| !removals(&plan).is_empty())
}

/// The next run takes everything that is to go, leaves nothing to do, and everybody who is meant arrives.
fn is_right_after_the_next(scene: &Scene, spec: &Spec, memory: &mut Memory, what: &str) {
    let mut next = carry::plan(spec, memory);
    carry::lift(&mut next, &carry::AGREED);
    assert_eq!(next.refusals, [], "{what}");
    let ends = carry::run(&next, memory);
    assert!(bad(&next, &ends).is_empty(), "{what}: {:?}", bad(&next, &ends));
    assert!(carry::plan(spec, memory).is_empty(), "{what}");
    let (arrive, _) = by_address(memory);
    for index in 0..scene.people.len() {
        let address = email(index);
        if memory.world.user_by_email(memory.primary, &address).is_none() {
            continue;
        }
        let arrives = arrive.iter().any(|(person, _)| *person == address);
        assert_eq!(arrives, scene.is_meant(memory, index), "{what}: {address}");
    }
}

/// Every list that planning reads, and how many pages it has.
fn lists(base: &Base) -> BTreeMap<String, usize> {
    let mut memory = base.again();
    let mut reading = Reading::new(&mut memory, Which::None, None);
    let plan = carry::plan(&base.spec, &mut reading);
    let pages = reading.pages;
    assert_eq!(removals(&plan), removals(&carry::plan(&base.spec, &mut memory)));
    pages
}

/// Every list with every lie; or with one of them each, where `one_each` says so. How many cases, and how many plans removed
/// something.
fn every_lie(one_each: bool) -> (usize, usize) {
    let base = base();
    let (mut cases, mut removed) = (0, 0);
    for (number, list) in lists(&base).into_keys().enumerate() {
        let lies = LIES.into_iter().enumerate().filter(|(at, _)| !one_each || *at == number % LIES.len());
        for (_, lie) in lies {
            removed += usize::from(told(&base, &Which::One(list.clone(), lie), None));
            cases += 1;
        }
    }
    assert!(removed > 0, "no plan that was told lies removed anything");
    (cases, removed)
}

/// Somebody deletes and makes something between two pages, at every boundary of every list. How many there are.
fn every_boundary(base: &Base) -> usize {
    let boundaries: Vec<(String, usize)> =
        lists(base).into_iter().flat_map(|(list, pages)| (1..pages).map(move |page| (list.clone(), page))).collect();
    for boundary in &boundaries {
        told(base, &Which::None, Some(boundary.clone()));
    }
    boundaries.len()
}

#[test]
fn i7_every_list_that_is_read_and_every_point_read_is_tried() {
    let base = base();
    let lists = lists(&base);
    for part in ["search all", "/membership", "/memberof", "/members", "usergroups?", "/associations", "/policies"] {
        assert!(lists.keys().any(|list| list.contains(part)), "{part}: {lists:?}");
    }
    let removals = removals(&carry::plan(&base.spec, &mut base.again()));
    for part in ["secondary/user/", "primary/user-mapping/", "primary/oidc-app/", "/user-group/", "/routing-policy/"] {
        assert!(removals.iter().any(|removal| removal.contains(part)), "{part}: {removals:?}");
    }
}

#[test]
fn i7_a_list_that_lies_removes_nothing_that_should_stay_and_holds_nothing_up_for_more_than_a_run() {
    every_lie(true);
}

#[test]
fn i7_when_all_lists_tell_the_same_lie_nothing_that_should_stay_is_removed() {
    let base = base();
    for lie in LIES {
        told(&base, &Which::Proposing(lie), None);
    }
}

#[test]
fn i7_what_is_deleted_and_made_between_two_pages_removes_nothing_that_should_stay() {
    let boundaries = every_boundary(&base());
    assert!(boundaries >= 12, "{boundaries} page boundaries");
}

#[test]
#[ignore = "long: cargo xtask reads"]
fn i7_every_list_with_every_lie_and_every_boundary() {
    let (cases, removed) = every_lie(false);
    let boundaries = every_boundary(&base());
    println!(
        "reads: {cases} lists with lies and {boundaries} page boundaries with churn, {removed} plans that removed something, \
         0 removals of what should stay, 0 held up for more than a run"
    );
}
