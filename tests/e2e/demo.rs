//! `fedctl demo`: the whole story in one command.

use insta::assert_snapshot;

use crate::env::Home;

#[test]
fn the_demo_ends_with_a_person_signed_in() {
    let run = Home::new().run("demo").exits_with(0);
    let words = "\nSigned in as Ben Fischer <ben.fischer@acme.com.beta> to Beta";
    assert!(run.stdout.contains(words), "{run}");
    let last = run.stdout.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("Client secret: proved: "), "{run}");
    assert_snapshot!(run);
}

#[test]
fn another_seed_tells_the_same_story_of_other_ids() {
    let demo = |seed: &str| Home::new().run(&format!("demo --people 24 --seed {seed}")).exits_with(0);
    let (one, two) = (demo("1"), demo("2"));
    assert_eq!(one.stdout.lines().count(), two.stdout.lines().count());
    let titles =
        |text: &str| text.lines().filter(|line| line.starts_with("---")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(titles(&one.stdout), titles(&two.stdout));
    assert_eq!(titles(&one.stdout).len(), 8);
}
