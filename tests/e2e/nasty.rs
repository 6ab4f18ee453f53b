//! A world in which every name was chosen to do harm shows the same rows and the same removals as a tame one, in every
//! format, and each can be read again by a reader that is not ours.

#[path = "../fuzz/read.rs"]
mod read;

use jumpcloud_sim::{NewUser, TextField, World, console};
use serde_json::{Value, json};

use crate::env::{Run, midnight, redact};
use crate::sandbox::Sandbox;
use read::{is_json, is_markdown, is_plain};

/// Sixty texts. None begins like a list or says a truth, which are shown without quotes.
const NASTY: [&str; 60] = [
    "a\nb",
    "a\r\nb",
    "a\tb",
    "a\0b",
    "\u{1b}[2J",
    "\u{1b}]8;;http://x\u{7}x",
    "\u{9b}31m",
    "\u{7f}",
    "\u{8}\u{8}\u{8}",
    "\u{c}",
    "\u{202e}gnp.exe",
    "\u{2066}x\u{2069}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{ad}",
    "\u{2028}x",
    "\u{2029}x",
    "\u{e0041}",
    "\u{3164}",
    "`",
    "``",
    "```",
    "`````\n",
    "~~~",
    "```diff\n- x",
    "a`b``c```d",
    "* x",
    "# x",
    "> x",
    "| a | b |",
    "|---|",
    "<script>alert(1)</script>",
    "<!-- x",
    "</details>",
    "<img src=http://x>",
    "&lt;b&gt;",
    "@everyone",
    "x@y.zz",
    "#1",
    "![x](http://x)",
    "a](http://x)",
    "http://www.x.com",
    "www.x.com",
    "GH-1",
    "-[x]",
    "${{ secrets.X }}",
    "{{ x }}",
    "{email}",
    "%n%s%x",
    "\"",
    "\\\"",
    "'",
    "\\",
    "\\u0000",
    "a: b",
    "- a",
    "? a",
    "!!x a",
    "  a  ",
];

/// Words that harm nobody, of the same number and all different.
fn tame() -> Vec<String> {
    (0..NASTY.len()).map(|number| format!("tame{number:02}")).collect()
}

fn nasty() -> Vec<String> {
    NASTY.iter().enumerate().map(|(number, text)| format!("NAME{number:02}{text}z")).collect()
}

/// People with three of these texts in the fields that take any, and a foreign group and a foreign app for each.
fn populate(world: &mut World, texts: &[String]) {
    let [primary, secondary] = [0, 1].map(|at| world.organizations().nth(at).expect("there are two").id);
    let group = world.groups(primary).find(|group| group.name == "Contractors").expect("it is there").id;
    let third = texts.len() / 3;
    for number in 0..third {
        let [first, last, display] = [0, third, 2 * third].map(|from| texts[from + number].clone());
        let fields = [TextField::Department, TextField::Company, TextField::JobTitle];
        let texts = fields.into_iter().map(|field| (field, first.clone())).chain([(TextField::Displayname, display)]);
        let user = NewUser {
            email: format!("n{number:02}@acme.com"),
            username: format!("n{number:02}"),
            texts: texts.collect(),
            attributes: vec![(format!("foreign{number}"), first.clone()), ("other".to_owned(), last.clone())],
            firstname: first,
            lastname: last,
            password: Some("Correct-Horse-7".to_owned()),
            ..NewUser::default()
        };
        let user = world.add_user(primary, user);
        world.add_member(group, user);
    }
    for text in texts {
        for org in [primary, secondary] {
            let other = world.add_group(org, text);
            console::describe_group(world, other, text);
        }
        let app = world.add_app(primary, "oidc", text);
        console::describe_app(world, app, text);
    }
}

/// Both worlds, and what the words of one are called in the other.
struct Pair {
    tame: Sandbox,
    nasty: Sandbox,
    words: Vec<(String, String)>,
}

impl Pair {
    /// With so many of the people.
    fn start(people: usize) -> Self {
        let (tame_words, nasty_words) = (tame(), nasty());
        let start = |words: &[String]| {
            let sandbox = Sandbox::start();
            sandbox.by_hand(|world| populate(world, &words[..people]));
            sandbox
        };
        Self {
            tame: start(&tame_words),
            nasty: start(&nasty_words),
            words: nasty_words.into_iter().zip(tame_words).collect(),
        }
    }

    /// Does the same by hand in both, with the text of this number.
    fn by_hand(&self, number: usize, hands: impl Fn(&mut World, &str)) {
        let (nasty, tame) = &self.words[number % self.words.len()];
        self.tame.by_hand(|world| hands(world, tame));
        self.nasty.by_hand(|world| hands(world, nasty));
    }

    /// Sets the same faults in both, with the text of this number in them.
    fn faults(&self, number: usize, faults: impl Fn(&str) -> Value) {
        let (nasty, tame) = &self.words[number % self.words.len()];
        self.tame.control("PUT", "faults", &faults(tame).to_string());
        self.nasty.control("PUT", "faults", &faults(nasty).to_string());
    }

    #[track_caller]
    fn both(&self, args: &str) -> [Run; 2] {
        let runs = [&self.tame, &self.nasty].map(|sandbox| sandbox.fedctl(args));
        assert_eq!(runs[0].status, runs[1].status, "{}\n{}", runs[0], runs[1]);
        runs.iter().for_each(|run| is_plain(&run.stderr));
        assert_eq!(runs[0].stderr.lines().count(), runs[1].stderr.lines().count(), "{}\n{}", runs[0], runs[1]);
        runs
    }

    /// Where everybody stands, and what they are told, in every format.
    fn same_people(&self) {
        self.same_text("status demo.yaml");
        self.same_json("status demo.yaml --format json");
        self.same_text("people demo.yaml");
        self.same_json("people demo.yaml --format json");
        self.same_markdown("people demo.yaml --format md");
        let [tame, nasty] = self.both("people demo.yaml --format csv");
        is_plain(&nasty.stdout);
        let cells = |run: &Run| run.stdout.lines().map(|line| line.matches("\",\"").count()).collect::<Vec<_>>();
        assert_eq!(cells(&tame), cells(&nasty));
    }

    /// The documents say the same, word for word.
    #[track_caller]
    fn same_json(&self, args: &str) -> Value {
        let [tame, nasty] = self.both(args).map(|run| is_json(&shown(&run)));
        let [tame, nasty] = [tame, nasty].map(|mut document| {
            for passing in ["digest", "as_of"] {
                document[passing] = json!(null);
            }
            document
        });
        let translated = self.translated(&nasty);
        assert_eq!(difference(&tame, &translated, String::new()), None, "{args}");
        tame
    }

    fn translated(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.words.iter().fold(text.clone(), translate).into(),
            Value::Array(values) => values.iter().map(|value| self.translated(value)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.translated(value))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// The texts have the same rows: as many lines, and each begins alike.
    #[track_caller]
    fn same_text(&self, args: &str) {
        let runs = self.both(args);
        runs.iter().for_each(|run| is_plain(&run.stdout));
        // Lines that hold no text from outside are the same, and there is one for one of the others.
        let ours = |run: &Run, word: &str| -> Vec<String> {
            let is_ours = |line: &&str| !line.contains(word) && !line.starts_with("Digest");
            let plain = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            shown(run).lines().filter(is_ours).map(plain).collect()
        };
        let (tame, nasty) = (ours(&runs[0], "tame"), ours(&runs[1], "NAME"));
        let other = tame.iter().zip(&nasty).find(|(tame, nasty)| tame != nasty);
        assert_eq!((other, tame.len()), (None, nasty.len()), "{args}");
        assert_eq!(runs[0].stdout.lines().count(), runs[1].stdout.lines().count(), "{args}");
    }

    #[track_caller]
    fn same_markdown(&self, args: &str) {
        let [tame, nasty] = self.both(args);
        is_markdown(&nasty.stdout);
        assert_eq!(tame.stdout.lines().count(), nasty.stdout.lines().count(), "{tame}\n{nasty}");
    }

    #[track_caller]
    fn same_plan(&self) -> Value {
        self.same_text("plan demo.yaml --full");
        self.same_markdown("plan demo.yaml --format markdown");
        self.same_json("plan demo.yaml --format json")
    }
}

/// Says a tame word for a nasty one. A value that is JSON itself, such as a body, spells it with escapes, once or twice.
fn translate(text: String, (nasty, tame): &(String, String)) -> String {
    let escaped = |text: &str| {
        let quoted = Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let once = escaped(nasty);
    text.replace(&escaped(&once), tame).replace(&once, tame).replace(nasty, tame)
}

/// The first place where two documents differ.
fn difference(tame: &Value, nasty: &Value, at: String) -> Option<String> {
    match (tame, nasty) {
        (Value::Array(tame), Value::Array(nasty)) if tame.len() == nasty.len() => {
            let mut pairs = tame.iter().zip(nasty).enumerate();
            pairs.find_map(|(number, (tame, nasty))| difference(tame, nasty, format!("{at}/{number}")))
        }
        (Value::Object(tame), Value::Object(nasty)) if tame.len() == nasty.len() => tame
            .iter()
            .find_map(|(name, tame)| difference(tame, nasty.get(name).unwrap_or(&Value::Null), format!("{at}/{name}"))),
        _ => (tame != nasty).then(|| format!("{at}: {tame} {nasty}")),
    }
}

/// What a run printed, without what differs from run to run.
fn shown(run: &Run) -> String {
    midnight(&redact(&run.stdout))
}

fn removals(plan: &Value) -> usize {
    let rows = plan["actions"].as_array().expect("a plan has actions").iter();
    rows.filter(|row| row["takes_away"] == true || row["verb"] == "delete").count()
}

#[test]
fn hostile_names_show_the_same_rows_and_the_same_removals_in_every_format() {
    let pair = Pair::start(NASTY.len());
    let plan = pair.same_plan();
    let people = plan["people"].as_array().expect("a plan has people").len();
    assert!(people >= NASTY.len() / 3, "{people}");
    for (_, tame) in &pair.words {
        assert!(plan["actions"].to_string().contains(tame), "{tame} is shown");
    }
    // Saved, shown again, and applied as it was shown.
    let _runs = pair.both("plan demo.yaml --out x.plan");
    pair.same_text("show x.plan");
    pair.same_markdown("show x.plan --format markdown");
    pair.same_json("show x.plan --format json");
    pair.same_text("verify demo.yaml");
    pair.same_text("adopt demo.yaml");
    pair.same_json("apply demo.yaml --auto-approve --format json");
    assert_eq!(removals(&pair.same_json("plan demo.yaml --format json")), 0);
    pair.same_json("verify demo.yaml --format json");
    pair.same_json("trace demo.yaml n07@acme.com --format json");
    pair.same_people();
    // What stood there before is shown where it is put right; people leave.
    pair.by_hand(0, |world, _| {
        let primary = world.organizations().next().expect("there are two").id;
        let group = world.groups(primary).find(|group| group.name == "Contractors").expect("it is there").id;
        for number in 10..13 {
            let user = world.user_by_email(primary, &format!("n{number}@acme.com")).expect("they are there").id;
            console::remove_member(world, group, user);
        }
    });
    assert!(removals(&pair.same_plan()) >= 3);
}

/// The one object of a kind carries one text at a time: a few of them are tried in every place at once.
#[test]
fn hostile_texts_in_the_objects_of_the_federation_change_no_row() {
    let pair = Pair::start(0);
    let _runs = pair.both("apply demo.yaml --auto-approve");
    for number in (0..NASTY.len()).step_by(9) {
        pair.by_hand(number, |world, text| {
            let [primary, secondary] = [0, 1].map(|at| world.organizations().nth(at).expect("there are two").id);
            let ours = |description: &str| description.contains("managed by fedctl");
            let groups = world.groups(secondary).filter(|group| ours(&group.description)).map(|group| group.id);
            for group in groups.collect::<Vec<_>>() {
                console::describe_group(
                    world,
                    group,
                    &format!("{text}\nmanaged by fedctl: acme-to-beta/routing-group"),
                );
            }
            let user = world.user_by_email(secondary, "ben.fischer@acme.com.beta").expect("it is there").id;
            console::set_attribute(world, user, "foreign", Some(text));
            let user = world.user_by_email(primary, "ben.fischer@acme.com").expect("they are there").id;
            console::set_attribute(world, user, "acmetobeta", Some(text));
            let app = world.apps(primary).find(|app| app.description.contains("managed by fedctl")).map(|app| app.id);
            console::set_claims(world, app.expect("ours is there"), &[("email", text)]);
        });
        pair.same_plan();
        pair.same_json("verify demo.yaml --format json");
        pair.same_text("verify demo.yaml");
    }
}

/// What differs is shown as it is, whoever wrote it.
#[test]
fn hostile_texts_in_what_differs_change_no_row() {
    let pair = Pair::start(0);
    let _runs = pair.both("apply demo.yaml --auto-approve");
    for number in (0..NASTY.len()).step_by(11) {
        pair.by_hand(number, |world, text| {
            let [primary, secondary] = [0, 1].map(|at| world.organizations().nth(at).expect("there are two").id);
            let ours = |description: &str| description.contains("managed by fedctl");
            let app = world.apps(primary).find(|app| ours(&app.description)).expect("ours is there").id;
            console::rename_app(world, app, text);
            console::describe_app(world, app, &format!("{text}\nmanaged by fedctl: acme-to-beta/app"));
            console::set_redirect_uris(world, app, &[text]);
            console::set_claims(world, app, &[("email", "acmetobeta"), (text, "x")]);
            let policy = world.policies(secondary).next().expect("ours is there").id;
            console::rename_policy(world, policy, text);
            let group = world.groups(secondary).find(|group| ours(&group.description)).expect("ours is there").id;
            console::rename_group(world, group, text);
            let other = world.add_group(primary, text);
            console::set_app_group(world, app, other, true);
        });
        pair.same_text("drift demo.yaml");
        let drift = pair.same_json("drift demo.yaml --format json");
        assert!(drift["rows"].as_array().expect("there are rows").len() >= 6, "{drift}");
        pair.same_people();
    }
}

#[test]
fn hostile_messages_of_a_service_that_refuses_change_no_row() {
    let pair = Pair::start(0);
    for number in (0..NASTY.len()).step_by(13) {
        // A message is shown on one line, so what is left of blanks and controls differs: the rows do not.
        pair.faults(number, |text| {
            let body = json!({"message": text}).to_string();
            let when = json!({"method": "POST", "path": "/api/v2/usergroups"});
            json!([{"name": "no", "when": when, "do": {"answer": {"status": 400, "body": body}}}])
        });
        pair.same_text("apply demo.yaml --auto-approve");
        let reports = pair.both("apply demo.yaml --auto-approve --format json").map(|run| is_json(&run.stdout));
        assert_eq!(reports[0]["counts"], reports[1]["counts"]);
        pair.faults(number, |text| {
            let body = json!({"message": text}).to_string();
            json!([{"name": "no", "when": {"path": "/api/v2/usergroups"}, "do": {"answer": {"status": 400, "body": body}}}])
        });
        let _runs = pair.both("plan demo.yaml");
    }
}
