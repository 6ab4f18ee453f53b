//! What can be going on when something goes wrong: the stories of the crash matrix, one a row.

use fedctl_core::planner::Reach;
use fedctl_core::spec::Spec;
use jumpcloud_sim::{Restriction, RestrictionKind, console};

use crate::carry::{Command, Fault, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::history::account_of;
use crate::scene::{Written, email, is_marked};
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
    pub(crate) begin: fn(usize) -> Stage,
}

/// Every story. More join by another row.
pub(crate) const STORIES: &[Story] = &[
    Story { name: "fresh", begin: fresh },
    Story { name: "join", begin: |people| after(people, &[], &[Edit::Person(0, PersonEdit::JoinGroup)]) },
    Story { name: "leave", begin: |people| after(people, &[], &[Edit::Person(0, PersonEdit::LeaveGroup)]) },
    Story { name: "leave and delete", begin: deleted },
    Story { name: "return", begin: returned },
    Story { name: "rename", begin: renamed },
    Story { name: "half-made app", begin: half_made_app },
    Story { name: "adopt", begin: adopt },
    Story { name: "app deleted", begin: |people| settled(people, &[Edit::Object(ObjectEdit::DeleteApp)]) },
    Story { name: "provider deleted", begin: provider_deleted },
    Story { name: "policy deleted", begin: |people| settled(people, &[Edit::Object(ObjectEdit::DeletePolicy)]) },
    Story { name: "group deleted", begin: |people| settled(people, &[Edit::Object(ObjectEdit::DeleteGroup)]) },
    Story { name: "group renamed", begin: |people| settled(people, &[Edit::Object(ObjectEdit::RenameGroup)]) },
    Story { name: "redirect URI edited", begin: |people| settled(people, &[Edit::Object(ObjectEdit::DropCallback)]) },
    Story { name: "claim edited", begin: |people| settled(people, &[Edit::Object(ObjectEdit::OtherClaim)]) },
    Story { name: "app deactivated", begin: |people| settled(people, &[Edit::Object(ObjectEdit::DeactivateApp)]) },
    Story { name: "secret rotated", begin: secret_rotated },
    Story { name: "authority changed to AD", begin: given_to_directory },
    Story { name: "rotate", begin: rotate },
    Story { name: "pause", begin: |people| settled(people, &[]).told(Command::Pause) },
    Story { name: "resume", begin: |people| settled(people, &[]).told(Command::Pause).run().told(Command::Resume) },
    Story { name: "destroy", begin: |people| settled(people, &[]).told(Command::Destroy(Reach::Both)) },
    Story { name: "destroy what was adopted", begin: |people| adopt(people).run().told(Command::Destroy(Reach::Both)) },
    Story {
        name: "destroy, the primary is gone",
        begin: |people| settled(people, &[]).told(Command::Destroy(Reach::SecondaryOnly)),
    },
    Story { name: "member removed", begin: |people| settled(people, &[Edit::Account(0, AccountEdit::Unroute)]) },
    Story { name: "user suspended", begin: |people| settled(people, &[Edit::Account(0, AccountEdit::Suspend)]) },
];

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

/// The spec wants another app than the one that is there.
fn rotate(people: usize) -> Stage {
    let mut stage = settled(people, &[]);
    stage.spec.app.generation.value = 2;
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
    let mut stage = settled(people, &[]);
    let (primary, secondary) = (stage.memory.primary, stage.memory.secondary);
    let world = &mut stage.memory.world;
    let person = world.user_by_email(primary, &email(0)).unwrap().id;
    let account = account_of(world, secondary, person).unwrap();
    let owner = Restriction { field: "password".into(), kind: RestrictionKind::ActiveDirectory, id: None };
    assert!(console::set_restrictions(world, account, vec![owner]));
    stage
}

/// Somebody left so long ago that their account goes.
fn deleted(people: usize) -> Stage {
    let mut stage = fresh(people);
    stage.scene.people.push(Someone::plain());
    stage.scene.wish.on_leave = "delete: {after: 2d}";
    let (memory, spec) = stage.scene.build();
    (stage.memory, stage.spec) = (memory, spec);
    let left = stage.run().edit(&[Edit::Person(0, PersonEdit::LeaveGroup)]).run();
    left.edit(&[Edit::DayPasses, Edit::DayPasses, Edit::DayPasses])
}

/// The spec gives somebody another address, and accounts follow.
fn renamed(people: usize) -> Stage {
    let mut stage = fresh(people);
    stage.scene.wish.follow = true;
    let (memory, spec) = stage.scene.build();
    (stage.memory, stage.spec) = (memory, spec);
    let mut stage = stage.run();
    stage.scene.people[0].other_email = true;
    stage.spec = stage.scene.spec(&stage.memory, Written::NOW);
    stage
}
