//! A spec from what stands in both organisations: it takes over what was made by hand, changes nothing else, and never guesses.

use fedctl_core::address::Org;
use fedctl_core::drive;
use fedctl_core::plan::{Plan, Verb};
use fedctl_core::planner::Step;
use fedctl_core::read::Reader;
use fedctl_core::spec::{self, Spec};
use fedctl_core::takeover::{self, Draft, Head, Objects, Place, Told, Unclear};
use jumpcloud_sim::{State, console};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::byhand::by_hand;
use crate::carry::{self, Memory};
use crate::handmade::{Hand, whole_scenes};
use crate::judge::Doors;
use crate::picture;
use crate::properties::{bad, cases, nothing_left};
use crate::scene::{ATTRIBUTE, email, plain};
use crate::worlds::{Members, Scene, Standing};

fn head(memory: &Memory) -> Head {
    let place = |credentials: &str, organization: String| Place {
        credentials: credentials.into(),
        organization: organization.into(),
        region: None,
    };
    let (primary, secondary) = (memory.primary.to_string(), memory.secondary.to_string());
    Head {
        federation: "acme-to-beta".into(),
        primary: place("acme", primary),
        secondary: place("beta", secondary),
        sandbox: None,
    }
}

#[track_caller]
fn valid(text: &str) -> Spec {
    let parsed = spec::parse(text);
    assert!(parsed.problems.is_empty(), "{text}\n{:?}", parsed.problems);
    parsed.spec.unwrap()
}

#[track_caller]
fn ready<T>(step: Step<T>) -> T {
    match step {
        Step::Ready(done) => *done,
        Step::Read(_) => panic!("reading ended early"),
        Step::Problems(problems) => panic!("{problems:?}"),
        Step::Unknown(unknown) => panic!("{unknown:?}"),
    }
}

#[track_caller]
fn draft(memory: &mut Memory, told: &Told) -> Result<Draft, Unclear> {
    let (head, terms) = (head(memory), carry::terms());
    let spec = valid(&head.text());
    let (step, live) = drive::read(&spec, memory, |live| takeover::objects(&spec, &terms, told, live)).unwrap();
    let objects: Objects = ready(step)?;
    let spec = valid(&objects.text(&head));
    let reader = Reader::going_on(&spec, live);
    let (step, _) = drive::read_by(reader, memory, |live| takeover::people(&spec, &terms, &objects, live)).unwrap();
    ready(step)
}

/// The spec of the organisations as they are.
#[track_caller]
fn written(memory: &mut Memory) -> Spec {
    let draft = draft(memory, &Told::default()).unwrap();
    valid(&draft.text(&head(memory)))
}

fn beyond_marks(plan: &Plan) -> Vec<String> {
    let others = plan.actions.iter().filter(|action| action.verb != Verb::Adopt);
    let others = others.map(|action| format!("{} {}", action.verb.as_str(), action.target));
    others.chain(plan.refusals.iter().map(|refusal| format!("{refusal:?}"))).collect()
}

/// What is special about somebody's account by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Working,
    NoAccount,
    Unlinked,
    Unrouted,
    Suspended,
    OtherAddress,
    OtherSpelling,
    Administrator,
    CannotAuthenticate,
}

const SHAPES: [Shape; 11] = [
    Shape::Working,
    Shape::Working,
    Shape::Working,
    Shape::NoAccount,
    Shape::Unlinked,
    Shape::Unrouted,
    Shape::Suspended,
    Shape::OtherAddress,
    Shape::OtherSpelling,
    Shape::Administrator,
    Shape::CannotAuthenticate,
];

/// Federations by hand of any shape in which at least one person signs in, with accounts that are nobody's.
fn made_by_hand() -> impl Strategy<Value = (Scene, Vec<Shape>, usize)> {
    let shapes = prop::collection::vec(select(SHAPES.to_vec()), 8);
    let scenes = whole_scenes(8).prop_filter("somebody is there", |scene| !scene.people.is_empty());
    (scenes, shapes, 0..3_usize).prop_map(|(mut scene, mut shapes, strangers)| {
        shapes[0] = Shape::Working;
        for (someone, shape) in scene.people.iter_mut().zip(&shapes) {
            let hand = someone.hand.clone().unwrap_or(Hand::WORKING);
            someone.hand = match shape {
                Shape::Working | Shape::OtherSpelling => Some(hand),
                Shape::NoAccount => None,
                Shape::Unlinked => Some(Hand { linked: false, ..hand }),
                Shape::Unrouted => Some(Hand { routed: false, ..hand }),
                Shape::Suspended => Some(Hand { state: State::Suspended, ..hand }),
                Shape::OtherAddress => Some(Hand { expected: false, ..hand }),
                Shape::Administrator => Some(Hand { admin: true, ..hand }),
                Shape::CannotAuthenticate => {
                    someone.standing = Standing::NoPassword;
                    Some(hand)
                }
            };
        }
        (scene, shapes, strangers)
    })
}

fn build(scene: &Scene, shapes: &[Shape], strangers: usize) -> Memory {
    let (mut memory, _) = scene.build();
    for (index, _) in shapes.iter().enumerate().filter(|(_, shape)| **shape == Shape::OtherSpelling) {
        let Some(user) = memory.world.user_by_email(memory.primary, &email(index)) else { continue };
        let (user, shouted) = (user.id, user.attribute(ATTRIBUTE).map(str::to_uppercase));
        console::set_attribute(&mut memory.world, user, ATTRIBUTE, shouted.as_deref());
    }
    let is_static = scene.wish.members != Members::Suffix;
    let group = memory.world.policies(memory.secondary).find_map(|policy| policy.groups().next());
    for number in 0..strangers {
        let stranger = plain(&format!("stranger{number}@beta.com"), &format!("stranger{number}"));
        let account = memory.world.add_user(memory.secondary, stranger);
        group.filter(|_| is_static).into_iter().for_each(|group| memory.world.add_member(group, account));
    }
    memory.world.clear_requests();
    memory
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn i3_i6_a_federation_by_hand_of_any_shape_is_taken_over_by_a_spec_that_it_wrote_itself(
        (scene, shapes, strangers) in made_by_hand()
    ) {
        let mut memory = build(&scene, &shapes, strangers);
        let before = Doors::of_memory(&memory);
        let draft = draft(&mut memory, &Told::default()).unwrap();
        prop_assert_eq!(&draft.objects.attribute, &Box::from(ATTRIBUTE));
        let spec = valid(&draft.text(&head(&memory)));
        let plan = carry::plan(&spec, &mut memory);
        prop_assert_eq!(beyond_marks(&plan), Vec::<String>::new(), "{}", draft.text(&head(&memory)));
        let picture = picture::made_by_hand(&memory);
        let ends = carry::run(&plan, &mut memory);
        prop_assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
        prop_assert_eq!(picture::difference(&picture, &picture::made_by_hand(&memory)), None);
        prop_assert_eq!(before, Doors::of_memory(&memory));
        nothing_left(&spec, &mut memory)?;
    }
}

#[test]
fn the_text_says_what_was_guessed_and_names_who_is_left() {
    let mut memory = by_hand(4);
    let user = memory.world.user_by_email(memory.primary, "p3@acme.com").unwrap().id;
    console::set_attribute(&mut memory.world, user, "SecondaryEmail", Some("nobody@nowhere.com"));
    let draft = draft(&mut memory, &Told::default()).unwrap();
    insta::assert_snapshot!(
        draft
            .text(&head(&memory))
            .replace(&memory.primary.to_string(), "PRIMARY")
            .replace(&memory.secondary.to_string(), "SECONDARY")
    );
    let spec = written(&mut memory);
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(beyond_marks(&plan), [""; 0]);
    assert!(takeover::said(&plan).contains("other claims (groups)"), "{}", takeover::said(&plan));
}

#[test]
fn of_two_policies_that_lead_to_the_provider_somebody_says_which() {
    let mut memory = by_hand(1);
    let provider = memory.world.provider(memory.secondary).unwrap().id;
    memory.world.add_policy(memory.secondary, "Of the night", Some(provider), false);
    let unclear = draft(&mut memory, &Told::default()).unwrap_err();
    let text = unclear.to_string();
    assert!(text.contains("`Of the night`") && text.contains("`To head office`"), "{text}");
    assert!(unclear.hint().contains("--routing-policy"), "{}", unclear.hint());
    let told = |name: &str| Told { routing_policy: Some(name.into()), ..Told::default() };
    assert_eq!(&*draft(&mut memory, &told("To head office")).unwrap().objects.policy, "To head office");
    assert!(matches!(draft(&mut memory, &told("Elsewhere")), Err(Unclear::NotAmong { .. })));
}

#[test]
fn of_two_groups_of_the_policy_somebody_says_which() {
    let mut memory = by_hand(1);
    let policy = memory.world.policies(memory.secondary).next().unwrap().id;
    let other = memory.world.add_group(memory.secondary, "Guests");
    console::set_policy_group(&mut memory.world, policy, other, true);
    let unclear = draft(&mut memory, &Told::default()).unwrap_err();
    assert!(unclear.to_string().contains("`Guests`") && unclear.hint().contains("--routing-group"), "{unclear}");
    let told = Told { routing_group: Some("Federated Users".into()), ..Told::default() };
    let draft = draft(&mut memory, &told).unwrap();
    let plan = carry::plan(&valid(&draft.text(&head(&memory))), &mut memory);
    let said = takeover::said(&plan);
    assert!(said.contains("A plan is refused") && said.contains("Guests"), "{said}");
}

#[test]
fn an_account_that_two_people_open_is_taken_over_for_neither() {
    let mut memory = by_hand(3);
    let twin = memory.world.user_by_email(memory.primary, "p1@acme.com").unwrap().id;
    console::set_attribute(&mut memory.world, twin, "SecondaryEmail", Some("P0@acme.com.beta"));
    let draft = draft(&mut memory, &Told::default()).unwrap();
    let taken: Vec<&str> = draft.taken.iter().map(|one| &*one.email).collect();
    assert_eq!(taken, ["p2@acme.com"]);
    let named = draft.left.iter().filter(|(_, why)| why.contains("names the same account")).count();
    assert_eq!(named, 2, "{:?}", draft.left);
}

#[test]
fn what_leads_nowhere_or_is_managed_already_is_said() {
    let mut memory = by_hand(2);
    let spec = written(&mut memory);
    carry::apply(&spec, &mut memory);
    assert!(matches!(draft(&mut memory, &Told::default()), Err(Unclear::Managed { .. })));
    let mut memory = by_hand(2);
    let app = memory.world.apps(memory.primary).find(|app| app.display_label == "Second org").unwrap().id;
    console::set_claims(&mut memory.world, app, &[("groups", "groups")]);
    assert!(matches!(draft(&mut memory, &Told::default()), Err(Unclear::Claims { .. })));
    console::delete_app(&mut memory.world, app);
    assert!(matches!(draft(&mut memory, &Told::default()), Err(Unclear::NoApp { .. })));
    let mut nothing = Memory::new(jumpcloud_sim::fixture::pair(7));
    assert_eq!(draft(&mut nothing, &Told::default()), Err(Unclear::NoProvider));
}

#[test]
fn hostile_names_stay_text() {
    let mut memory = by_hand(1);
    let evil = "x\"}\nadopt: {people: [eve@acme.com]}\u{202e}#";
    let group = memory.world.groups(memory.primary).find(|group| group.name == "Staff").unwrap().id;
    console::rename_group(&mut memory.world, group, evil);
    let account = json!({"email": "eve@beta.com", "username": "eve"});
    memory.raw(Org::Secondary, "POST", "/api/systemusers", &account);
    let draft = draft(&mut memory, &Told::default()).unwrap();
    let parsed = spec::parse(&draft.text(&head(&memory)));
    assert!(parsed.spec.as_ref().is_none_or(|spec| spec.adopt.people.len() == 1), "{parsed:?}");
}
