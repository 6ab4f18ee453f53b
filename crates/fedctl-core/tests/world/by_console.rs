//! Every edit of an object of a federation that a human can make in the consoles, in words.

use jumpcloud_sim::{AppId, GroupId, Membership, OrgId, PolicyId, Provider, ProviderId, UserId, World, console};
use serde_json::json;

use crate::carry::{self, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::history::account_of;
use crate::scene::{ATTRIBUTE, Written, email, group_named, is_marked, is_marked_app};
use crate::worlds::Scene;

type Does = Box<dyn Fn(&Scene, &mut Memory)>;

/// One edit.
pub(crate) struct Hand {
    /// What is done, in words.
    pub(crate) said: &'static str,
    /// Somebody takes access away on purpose.
    pub(crate) stops: bool,
    /// Does it.
    pub(crate) does: Does,
}

/// All of them, object by object.
pub(crate) fn every() -> Vec<Hand> {
    let accounts = AccountEdit::ALL.iter().map(|edit| of(Edit::Account(1, *edit)));
    let people = PersonEdit::ALL.iter().map(|edit| of(Edit::Person(1, *edit)));
    let objects = ObjectEdit::ALL.iter().map(|edit| of(Edit::Object(*edit)));
    let mut all: Vec<Hand> = accounts.collect();
    all.extend(more_of_accounts());
    all.extend(people);
    all.extend(more_of_people());
    all.extend(of_leavers());
    all.extend(objects);
    all.extend(more_of_app());
    all.extend(more_of_policy());
    all.extend(more_of_groups());
    all.push(of(Edit::OtherProvider));
    all.extend(more_of_provider());
    all
}

fn of(edit: Edit) -> Hand {
    let (said, stops) = words(edit);
    Hand { said, stops, does: Box::new(move |scene, memory| scene.make(edit, memory)) }
}

fn more(said: &'static str, does: impl Fn(&mut Memory) + 'static) -> Hand {
    Hand { said, stops: false, does: Box::new(move |_, memory| does(memory)) }
}

fn stop(said: &'static str, does: impl Fn(&mut Memory) + 'static) -> Hand {
    Hand { stops: true, ..more(said, does) }
}

fn words(edit: Edit) -> (&'static str, bool) {
    match edit {
        Edit::Account(_, edit) => of_account(edit),
        Edit::Person(_, edit) => of_person(edit),
        Edit::Object(edit) => of_object(edit),
        Edit::OtherProvider => ("provider: another one takes its place", false),
        Edit::DayPasses | Edit::TakenOverLeaves => unreachable!("no edit of an object"),
    }
}

fn of_account(edit: AccountEdit) -> (&'static str, bool) {
    match edit {
        AccountEdit::Suspend => ("account: suspended", true),
        AccountEdit::Lock => ("account: locked", true),
        AccountEdit::GivePassword => ("account: given a local password", false),
        AccountEdit::Unroute => ("account: taken out of the routing group", true),
        AccountEdit::Rename => ("account: another e-mail", false),
        AccountEdit::Delete => ("account: deleted", false),
        AccountEdit::Annotate => ("account: another attribute", false),
        AccountEdit::Restrict => ("account: its password is its own again", false),
        AccountEdit::Federate => ("account: its password belongs to no provider that is named", false),
        AccountEdit::Promote => ("account: an administrator now", false),
        AccountEdit::Protect => ("account: put into `fedctl-protected`", false),
    }
}

fn of_person(edit: PersonEdit) -> (&'static str, bool) {
    match edit {
        PersonEdit::JoinGroup => ("person: put into the source group once more", false),
        PersonEdit::LeaveGroup => ("person: taken out of the source group", true),
        PersonEdit::Suspend => ("person: suspended", true),
        PersonEdit::Annotate => ("person: another attribute", false),
        PersonEdit::BreakMapping => ("person: the mapping says something else", false),
        PersonEdit::LeaveAccess => ("person: taken out of the access group", true),
    }
}

fn of_object(edit: ObjectEdit) -> (&'static str, bool) {
    match edit {
        ObjectEdit::SwitchOff => ("policy: switched off", true),
        ObjectEdit::SwitchOn => ("policy: switched on once more", false),
        ObjectEdit::DeactivateApp => ("app: made inactive", true),
        ObjectEdit::DeleteApp => ("app: deleted", false),
        ObjectEdit::DropCallback => ("app: other redirect URIs", false),
        ObjectEdit::AddCallback => ("app: one redirect URI more", false),
        ObjectEdit::OtherClaim => ("app: the e-mail claim from another attribute", false),
        ObjectEdit::NoClaim => ("app: no e-mail claim", false),
        ObjectEdit::AddClaim => ("app: two claims more", false),
        ObjectEdit::OtherClientAuth => ("app: another way to prove the client", false),
        ObjectEdit::RenameApp => ("app: another label", false),
        ObjectEdit::RenameGroup => ("routing group: another name", false),
        ObjectEdit::RenamePolicy => ("policy: another name", false),
        ObjectEdit::DescribePolicy => ("policy: a line more in the description", false),
        ObjectEdit::DuplicateGroups => ("groups: made once more, with their marks", false),
        ObjectEdit::DuplicatePolicy => ("policy: made once more, with its mark, off", false),
        ObjectEdit::UseDuplicatePolicy => ("policy: made once more, with its mark, on", false),
        ObjectEdit::DuplicateApp => ("app: made once more, with its mark", false),
        ObjectEdit::DeleteGroup => ("routing group: deleted", true),
        ObjectEdit::DeletePolicy => ("policy: deleted", false),
        ObjectEdit::UnbindPolicy => ("policy: taken from the routing group", true),
        ObjectEdit::UnbindApp => ("app: taken from its group", false),
        ObjectEdit::AddStranger => ("routing group: somebody else is put into it", false),
    }
}

fn person(memory: &Memory) -> UserId {
    memory.world.user_by_email(memory.primary, &email(1)).unwrap().id
}

fn account(memory: &Memory) -> UserId {
    account_of(&memory.world, memory.secondary, person(memory)).unwrap()
}

fn app(memory: &Memory) -> AppId {
    memory.world.apps(memory.primary).find(|app| is_marked_app(app)).unwrap().id
}

fn policy(memory: &Memory) -> PolicyId {
    memory.world.policies(memory.secondary).find(|policy| is_marked(&policy.description)).unwrap().id
}

fn group(memory: &Memory, org: OrgId) -> GroupId {
    memory.world.groups(org).find(|group| is_marked(&group.description)).unwrap().id
}

fn another_group(memory: &mut Memory, org: OrgId) -> GroupId {
    group_named(&memory.world, org, "Everyone").unwrap_or_else(|| memory.world.add_group(org, "Everyone"))
}

fn more_of_accounts() -> Vec<Hand> {
    vec![
        more("account: another username", |memory| {
            let account = account(memory);
            console::set_username(&mut memory.world, account, "renamed");
        }),
        more("account: another name", |memory| {
            let account = account(memory);
            console::set_name(&mut memory.world, account, "Other", "Name");
        }),
        more("account: its mark is taken out", |memory| {
            let account = account(memory);
            console::set_attribute(&mut memory.world, account, "fedctl", None);
        }),
        more("account: its mark names another person", |memory| {
            let other = memory.world.user_by_email(memory.primary, &email(2)).unwrap().id;
            let account = account(memory);
            let mark = format!("acme-to-beta/{other}/created");
            console::set_attribute(&mut memory.world, account, "fedctl", Some(&mark));
        }),
    ]
}

fn more_of_people() -> Vec<Hand> {
    let by_hand = |said, does: fn(&mut World, UserId) -> bool| {
        stop(said, move |memory| {
            let person = person(memory);
            does(&mut memory.world, person);
        })
    };
    vec![
        by_hand("person: deleted", console::delete_user),
        by_hand("person: locked", |world, person| console::lock_user(world, person, true)),
        by_hand("person: their password is taken away", |world, person| console::set_password(world, person, None)),
        more("person: another username", |memory| {
            let person = person(memory);
            console::set_username(&mut memory.world, person, "renamed");
        }),
        more("person: another name", |memory| {
            let person = person(memory);
            console::set_name(&mut memory.world, person, "Married", "Name");
        }),
        more("person: another e-mail", |memory| {
            let person = person(memory);
            console::set_email(&mut memory.world, person, "married@acme.com");
        }),
        more("person: the mapping is taken out", |memory| {
            let person = person(memory);
            console::set_attribute(&mut memory.world, person, ATTRIBUTE, None);
        }),
        more("person: the mapping names the account of another", |memory| {
            let person = person(memory);
            console::set_attribute(&mut memory.world, person, ATTRIBUTE, Some("p2@acme.com.beta"));
        }),
    ]
}

/// Of somebody who left the source group before, and whose account an apply suspended.
fn of_leavers() -> Vec<Hand> {
    let after = |said, does: fn(&mut Memory)| {
        let leave = Edit::Person(1, PersonEdit::LeaveGroup);
        let leaves = move |scene: &Scene, memory: &mut Memory| {
            scene.make(leave, memory);
            let spec = scene.spec(memory, Written::NOW);
            carry::apply(&spec, memory);
            does(memory);
        };
        Hand { said, stops: false, does: Box::new(leaves) }
    };
    vec![
        after("account of a leaver: in use again", |memory| {
            let account = account(memory);
            console::suspend_user(&mut memory.world, account, false);
        }),
        after("account of a leaver: deleted", |memory| {
            let account = account(memory);
            console::delete_user(&mut memory.world, account);
        }),
        after("leaver: the mapping is there again", |memory| {
            let person = person(memory);
            console::set_attribute(&mut memory.world, person, ATTRIBUTE, Some("p1@acme.com.beta"));
        }),
        after("leaver: put into the access group again", |memory| {
            let (person, group) = (person(memory), group(memory, memory.primary));
            console::add_member(&mut memory.world, group, person);
        }),
    ]
}

fn more_of_app() -> Vec<Hand> {
    vec![
        more("app: a new client secret", |memory| {
            let app = app(memory);
            console::rotate_secret(&mut memory.world, app).unwrap();
        }),
        more("app: a new client id and secret", |memory| {
            memory.world.set("rotation-keeps-client-id", "false").unwrap();
            let app = app(memory);
            console::rotate_secret(&mut memory.world, app).unwrap();
        }),
        more("app: a line more in the description", |memory| {
            let app = app(memory);
            let text = format!("Ask Eve first\n{}", memory.world.app(app).unwrap().description);
            console::describe_app(&mut memory.world, app, &text);
        }),
        more("app: its mark is taken out", |memory| {
            let app = app(memory);
            console::describe_app(&mut memory.world, app, "");
        }),
        more("app: shown in the portal", |memory| {
            let app = app(memory);
            console::set_app_hidden(&mut memory.world, app, false);
        }),
        more("app: given to another group", |memory| {
            let (app, group) = (app(memory), another_group(memory, memory.primary));
            console::set_app_group(&mut memory.world, app, group, true);
        }),
    ]
}

fn more_of_policy() -> Vec<Hand> {
    vec![
        more("policy: its mark is taken out", |memory| {
            let policy = policy(memory);
            console::describe_policy(&mut memory.world, policy, "");
        }),
        more("policy: it applies to another group, too", |memory| {
            let (policy, group) = (policy(memory), another_group(memory, memory.secondary));
            console::set_policy_group(&mut memory.world, policy, group, true);
        }),
        more("policy: it sends people to no provider", |memory| {
            let policy = policy(memory);
            console::set_policy_provider(&mut memory.world, policy, None);
        }),
    ]
}

fn more_of_groups() -> Vec<Hand> {
    let described = |said, is_primary: bool, text: &'static str| {
        more(said, move |memory| {
            let group = group(memory, if is_primary { memory.primary } else { memory.secondary });
            let text = match text {
                "" => String::new(),
                more => format!("{more}\n{}", memory.world.group(group).unwrap().description),
            };
            console::describe_group(&mut memory.world, group, &text);
        })
    };
    let attribute = |said, is_primary: bool| {
        more(said, move |memory| {
            let group = group(memory, if is_primary { memory.primary } else { memory.secondary });
            console::set_group_attribute(&mut memory.world, group, ATTRIBUTE, "p2@acme.com.beta");
        })
    };
    vec![
        described("routing group: a line more in the description", false, "Ask Eve first"),
        described("routing group: its mark is taken out", false, ""),
        attribute("routing group: it gives its members our attribute", false),
        more("routing group: a rule brings its members", |memory| {
            let group = group(memory, memory.secondary);
            let rule = json!({"queryType": "FilterQuery", "filters": [
                {"field": "company", "operator": "EQUAL_TO", "value": "Nobody"}]});
            console::set_rule(&mut memory.world, group, &rule);
            console::set_membership(&mut memory.world, group, Membership::DynamicAutomated);
        }),
        described("access group: a line more in the description", true, "Ask Eve first"),
        described("access group: its mark is taken out", true, ""),
        attribute("access group: it gives its members our attribute", true),
        more("access group: another name", |memory| {
            let group = group(memory, memory.primary);
            console::rename_group(&mut memory.world, group, "Acme people");
        }),
        more("access group: deleted", |memory| {
            let group = group(memory, memory.primary);
            console::delete_group(&mut memory.world, group);
        }),
        more("access group: somebody else is put into it", |memory| {
            let group = group(memory, memory.primary);
            let other = jumpcloud_sim::NewUser { email: "guest@acme.com".into(), ..jumpcloud_sim::NewUser::default() };
            let other = memory.world.add_user(memory.primary, other);
            console::add_member(&mut memory.world, group, other);
        }),
        more("source group: another name", |memory| {
            let group = group_named(&memory.world, memory.primary, "Contractors").unwrap();
            console::rename_group(&mut memory.world, group, "Externals");
        }),
        stop("source group: deleted", |memory| {
            let group = group_named(&memory.world, memory.primary, "Contractors").unwrap();
            console::delete_group(&mut memory.world, group);
        }),
    ]
}

fn more_of_provider() -> Vec<Hand> {
    let by_hand = |said, does: fn(&mut World, ProviderId, &Provider) -> bool| {
        more(said, move |memory| {
            let provider = memory.world.provider(memory.secondary).unwrap().clone();
            does(&mut memory.world, provider.id, &provider);
        })
    };
    vec![
        by_hand("provider: another client secret", |world, id, _| {
            console::set_provider_secret(world, id, "typed-by-hand")
        }),
        by_hand("provider: another client id", |world, id, provider| {
            console::point_provider(world, id, &provider.url, "typed-by-hand")
        }),
        by_hand("provider: another name", |world, id, _| console::rename_provider(world, id, "Workforce")),
        by_hand("provider: another url", |world, id, provider| {
            console::point_provider(world, id, "https://login.other.example.com", &provider.client_id)
        }),
        by_hand("provider: deleted", |world, id, _| console::delete_provider(world, id)),
    ]
}
