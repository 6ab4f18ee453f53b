//! What can be going on when something goes wrong: the stories of the crash matrix, one a row.

use fedctl_core::plan::guard::Guard;
use fedctl_core::planner::Reach;
use fedctl_core::spec::Spec;
use jumpcloud_sim::{Restriction, RestrictionKind, User, console};

use crate::carry::{Command, Fault, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::history::account_of;
use crate::scene::{email, is_marked};
use crate::witness::{self, Became, Course};
use crate::worlds::{Scene, Someone, Wish};

/// A world before the run that is struck, with everybody it is about.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) memory: Memory,
    pub(crate) spec: Spec,
}

/// One story. What it is given is how many people there are.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    begin: fn(usize) -> Stage,
    first: First,
}

/// What the first plan of a story comes to.
enum First {
    /// It writes.
    Writes,
    /// This guard refuses it until whoever looked at the plan lifts it.
    Refused(&'static [Guard]),
    /// It writes nothing, for this reason.
    WritesNothing { reason: &'static str, stop: Stop },
}

/// What a human did that no plan takes back, and what goes on.
struct Stop {
    /// Whether it is still so.
    stands: fn(&Memory) -> bool,
    /// Whether it is to be so at the end, too.
    stays: bool,
    /// What a person does next, so that there is something to write.
    then: fn(Stage) -> Stage,
}

/// Every story. More join by another row.
pub(crate) const STORIES: &[Story] = &[
    Story::of("fresh", fresh),
    Story::of("join", |people| after(people, &[], &[Edit::Person(0, PersonEdit::JoinGroup)])),
    Story::of("leave", |people| after(people, &[], &[Edit::Person(0, PersonEdit::LeaveGroup)])),
    Story::of("return", returned).refused(&[Guard::ReGrant]),
    Story::of("half-made app", half_made_app),
    Story::of("adopt", adopt),
    Story::of("app deleted", |people| settled(people, &[Edit::Object(ObjectEdit::DeleteApp)]))
        .refused(&[Guard::OrphanedProvider]),
    Story::of("provider deleted", provider_deleted),
    Story::of("policy deleted", |people| settled(people, &[Edit::Object(ObjectEdit::DeletePolicy)])),
    Story::of("group deleted", |people| settled(people, &[Edit::Object(ObjectEdit::DeleteGroup)])),
    Story::of("group renamed", |people| settled(people, &[Edit::Object(ObjectEdit::RenameGroup)])),
    Story::of("redirect URI edited", |people| settled(people, &[Edit::Object(ObjectEdit::DropCallback)])),
    Story::of("claim edited", |people| settled(people, &[Edit::Object(ObjectEdit::OtherClaim)])),
    Story::of("app deactivated", |people| settled(people, &[Edit::Object(ObjectEdit::DeactivateApp)])).writes_nothing(
        "an app that somebody made inactive stays so (I11)",
        Stop {
            stands: is_app_inactive,
            stays: true,
            then: |stage| stage.edit(&[Edit::Object(ObjectEdit::DropCallback)]),
        },
    ),
    Story::of("secret rotated", secret_rotated).writes_nothing(
        "no answer shows a secret, so nobody sees that it is another",
        Stop { stands: is_secret_another, stays: false, then: |stage| stage.of_generation(2) },
    ),
    Story::of("authority changed to AD", given_to_directory).writes_nothing(
        "a password that a directory keeps is taken from it by nobody but a human",
        Stop { stands: is_kept_by_directory, stays: false, then: taken_from_directory },
    ),
    Story::of("rotate", |people| settled(people, &[]).of_generation(2)),
    Story::of("pause", |people| settled(people, &[]).told(Command::Pause)),
    Story::of("resume", |people| settled(people, &[]).told(Command::Pause).run().told(Command::Resume)),
    Story::of("destroy", |people| settled(people, &[]).told(Command::Destroy(Reach::Both))),
    Story::of("destroy what was adopted", |people| adopt(people).run().told(Command::Destroy(Reach::Both))),
    Story::of("destroy, the primary is gone", |people| {
        settled(people, &[]).told(Command::Destroy(Reach::SecondaryOnly))
    }),
    Story::of("member removed", |people| settled(people, &[Edit::Account(0, AccountEdit::Unroute)])),
    Story::of("user suspended", |people| settled(people, &[Edit::Account(0, AccountEdit::Suspend)])).writes_nothing(
        "whom a human suspended stays so (I11)",
        Stop {
            stands: |memory| account(memory, 0).is_some_and(User::is_suspended),
            stays: true,
            then: |stage| stage.edit(&[Edit::Person(0, PersonEdit::LeaveGroup)]),
        },
    ),
];

impl Story {
    const fn of(name: &'static str, begin: fn(usize) -> Stage) -> Self {
        Self { name, begin, first: First::Writes }
    }

    const fn refused(self, by: &'static [Guard]) -> Self {
        Self { first: First::Refused(by), ..self }
    }

    const fn writes_nothing(self, reason: &'static str, stop: Stop) -> Self {
        Self { first: First::WritesNothing { reason, stop }, ..self }
    }

    /// The world from which on something is written, told to whoever stops the first plan.
    ///
    /// # Errors
    /// The first plan does not come to what the story says.
    pub(crate) fn stage(&self, people: usize) -> Result<Stage, String> {
        let mut stage = (self.begin)(people);
        let (came, writes) = stage.first()?;
        match &self.first {
            First::Writes if writes > 0 => Ok(stage),
            First::Writes => Err(format!("it writes nothing, and the story does not say why: {came:?}")),
            First::Refused(by) if came == by.iter().map(|guard| format!("{guard:?}")).collect::<Vec<_>>() => {
                stage.memory.lifts = by;
                Ok(stage)
            }
            First::Refused(by) => Err(format!("{by:?} should refuse its first plan, and it comes to {came:?}")),
            First::WritesNothing { reason, stop }
                if writes > 0 || !came.is_empty() || !(stop.stands)(&stage.memory) =>
            {
                Err(format!("it should write nothing, for {reason}; it writes {writes} times: {came:?}"))
            }
            First::WritesNothing { stop, .. } => Ok((stop.then)(stage)),
        }
    }

    /// Whether what a human did, and is to stay so, is undone.
    pub(crate) fn is_undone(&self, memory: &Memory) -> bool {
        matches!(&self.first, First::WritesNothing { stop, .. } if stop.stays && !(stop.stands)(memory))
    }
}

/// So many people: in the source group, with foreign attributes; the last of three is named by e-mail.
fn scene(people: usize) -> Scene {
    let someone = |index: usize| Someone {
        foreign: vec![2, 1],
        restricted: index == 0,
        named: index == 2,
        groups: [index != 2, false, false],
        ..Someone::plain()
    };
    let people = (0..people).map(someone).collect();
    Scene { people, wish: Wish::plain("source_groups"), made: None, answers: Vec::new() }
}

fn fresh(people: usize) -> Stage {
    let scene = scene(people);
    let (memory, spec) = scene.build();
    Stage { scene, memory, spec }
}

impl Stage {
    /// A run to which nothing happens.
    fn run(mut self) -> Self {
        let became = witness::invoke(&self.scene, &self.spec, &mut self.memory, Course::default()).unwrap();
        assert!(matches!(became, Became::Ended(..)), "{:?}", became.complaints());
        assert_eq!(became.complaints(), Vec::<String>::new());
        // Long enough for everything to show.
        self.memory.world.advance(600_000);
        self
    }

    /// From now on the program is told something else.
    fn told(mut self, command: Command) -> Self {
        self.memory.command = command;
        self
    }

    /// What a run comes to, and how many writes it sends.
    fn first(&self) -> Result<(Vec<String>, usize), String> {
        let mut memory = self.memory.clone();
        let (became, log) = witness::invoke_and_log(&self.scene, &self.spec, &mut memory, Course::default())?;
        Ok((became.complaints(), log.writes().count()))
    }

    /// The spec wants another app than the one that is there.
    fn of_generation(mut self, generation: u32) -> Self {
        self.spec.app.generation.value = generation;
        self
    }

    fn edit(mut self, edits: &[Edit]) -> Self {
        edits.iter().for_each(|edit| self.scene.make(*edit, &mut self.memory));
        self
    }
}

/// A federation that was set up without the person whom the edits are about, if they join.
fn after(people: usize, before: &[Edit], then: &[Edit]) -> Stage {
    let joins = then.contains(&Edit::Person(0, PersonEdit::JoinGroup));
    let mut stage = fresh(people);
    // Somebody else is left, so that there is a federation.
    stage.scene.people.push(Someone::plain());
    if joins {
        stage.scene.people[0].groups = [false; 3];
    }
    let (memory, spec) = stage.scene.build();
    (stage.memory, stage.spec) = (memory, spec);
    stage.edit(before).run().edit(then)
}

/// A federation that is as the spec says, and then what a human does.
fn settled(people: usize, edits: &[Edit]) -> Stage {
    fresh(people).run().edit(edits)
}

fn returned(people: usize) -> Stage {
    let left = after(people, &[], &[Edit::Person(0, PersonEdit::LeaveGroup)]);
    left.run().edit(&[Edit::Person(0, PersonEdit::JoinGroup)])
}

/// An earlier run was killed when it had made the app and not its settings.
fn half_made_app(people: usize) -> Stage {
    let mut clean = fresh(people);
    let run = witness::invoke_and_log(&clean.scene, &clean.spec, &mut clean.memory, Course::default());
    let (_, log) = run.unwrap();
    let at = log.writes().position(|sent| sent.line.ends_with("/sso")).unwrap();
    let mut stage = fresh(people);
    stage.memory.fault = Some((stage.memory.writes + at, Fault::KilledBefore));
    witness::invoke(&stage.scene, &stage.spec, &mut stage.memory, Course::default()).unwrap();
    stage.memory.revive();
    stage
}

/// A federation that works by hand, and the spec takes it over.
fn adopt(people: usize) -> Stage {
    let mut scene = crate::found::by_hand();
    scene.people.truncate(people);
    let (memory, spec) = scene.build();
    Stage { scene, memory, spec }
}

fn provider_deleted(people: usize) -> Stage {
    let mut stage = settled(people, &[]);
    let provider = stage.memory.world.provider(stage.memory.secondary).unwrap().id;
    assert!(console::delete_provider(&mut stage.memory.world, provider));
    stage
}

/// Nobody else knows the new secret.
fn secret_rotated(people: usize) -> Stage {
    let mut stage = settled(people, &[]);
    let world = &mut stage.memory.world;
    let app = world.apps(stage.memory.primary).find(|app| is_marked(&app.description)).unwrap().id;
    assert!(console::rotate_secret(world, app).is_some());
    stage
}

/// The directory of the secondary organisation owns somebody's password now.
fn given_to_directory(people: usize) -> Stage {
    restricted_to(settled(people, &[]), &[RestrictionKind::ActiveDirectory])
}

/// Somebody takes it out of the directory again.
fn taken_from_directory(stage: Stage) -> Stage {
    restricted_to(stage, &[])
}

fn restricted_to(mut stage: Stage, kinds: &[RestrictionKind]) -> Stage {
    let account = account(&stage.memory, 0).unwrap().id;
    let owner = |kind: &RestrictionKind| Restriction { field: "password".into(), kind: *kind, id: None };
    assert!(console::set_restrictions(&mut stage.memory.world, account, kinds.iter().map(owner).collect()));
    stage
}

/// The account of a person.
fn account(memory: &Memory, number: usize) -> Option<&User> {
    let person = memory.world.user_by_email(memory.primary, &email(number))?.id;
    memory.world.user(account_of(&memory.world, memory.secondary, person)?)
}

fn is_kept_by_directory(memory: &Memory) -> bool {
    account(memory, 0).and_then(User::password_authority) == Some(RestrictionKind::ActiveDirectory)
}

fn is_app_inactive(memory: &Memory) -> bool {
    let mut ours = memory.world.apps(memory.primary).filter(|app| is_marked(&app.description));
    ours.next().is_some_and(|app| !app.active) && ours.next().is_none()
}

fn is_secret_another(memory: &Memory) -> bool {
    !memory.shares_secret()
}

#[test]
fn a_story_that_has_nothing_to_write_fails_unless_it_says_why() {
    let at_rest = |people| settled(people, &[]);
    let empty = Story::of("nothing happens", at_rest).stage(1).err().unwrap();
    assert!(empty.starts_with("it writes nothing, and the story does not say why"), "{empty}");
    let refused = Story::of("nothing happens", at_rest).refused(&[Guard::ReGrant]).stage(1).err().unwrap();
    assert!(refused.contains("ReGrant] should refuse its first plan, and it comes to []"), "{refused}");
    let stop = || Stop { stands: is_app_inactive, stays: true, then: |stage| stage };
    let unstopped = Story::of("nothing happens", at_rest).writes_nothing("a stop", stop()).stage(1).err().unwrap();
    assert!(unstopped.starts_with("it should write nothing, for a stop"), "{unstopped}");
    let busy = Story::of("fresh", fresh).writes_nothing("a stop", stop()).stage(1).err().unwrap();
    assert!(busy.starts_with("it should write nothing, for a stop; it writes 14 times"), "{busy}");
}
