//! The settings of the simulator, as people set and read them.

use fedctl_core::text::nearest::nearest;
use jumpcloud_sim::{Setting, Settings, World};

use crate::exit::Exit;
use crate::failure::Failure;

/// The widest line of a listing, in columns.
const WIDTH: usize = 100;

/// How far a line is indented that says what a setting decides.
const INDENT: &str = "    ";

/// Sets what `NAME=VALUE` says.
///
/// # Errors
/// That is not its form, or the simulator has no such setting or value.
pub fn set(world: &mut World, setting: &str) -> Result<(), Failure> {
    let Some((name, value)) = setting.split_once('=') else {
        return Err(Failure::new(Exit::Usage, format!("`{setting}` is no setting")).hint("write --set NAME=VALUE"));
    };
    world.set(name, value).map_err(|error| {
        Failure::new(Exit::Usage, format!("`{setting}` cannot be set")).because(&error).hint(hint(name, value))
    })
}

/// What was probably meant.
fn hint(name: &str, value: &str) -> String {
    let all = Settings::default().describe();
    let names: Vec<&str> = all.iter().map(|setting| setting.name).collect();
    let near = match all.iter().find(|setting| setting.name == name) {
        Some(setting) => nearest(value, setting.values).map(|value| format!("{name}={value}")),
        None => nearest(name, &names).map(str::to_owned),
    };
    match near {
        Some(near) => format!("did you mean `{near}`? `fedctl sandbox --list-settings` prints all of them"),
        None => "`fedctl sandbox --list-settings` prints all of them".to_owned(),
    }
}

/// Every setting: its name, its default and what it takes in columns, and below them what it decides.
pub fn listing() -> String {
    let all = Settings::default().describe();
    let wide = |part: fn(&Setting) -> &str| all.iter().map(|setting| part(setting).len()).max().unwrap_or_default();
    let (name, value) = (wide(|setting| setting.name), wide(|setting| &setting.value));
    let row = |one: &str, two: &str, three: &str| format!("{one:name$}  {two:value$}  {three}\n");
    let mut text = row("SETTING", "DEFAULT", "TAKES");
    for setting in &all {
        text.push_str(&row(setting.name, &setting.value, &setting.takes));
        text.push_str(&wrapped(&setting.about));
    }
    text
}

/// The words in indented lines.
fn wrapped(words: &str) -> String {
    let mut text = String::new();
    let mut line = INDENT.to_owned();
    for word in words.split_whitespace() {
        if line.len() > INDENT.len() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            INDENT.clone_into(&mut line);
        }
        if line.len() > INDENT.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    text + &line + "\n"
}
