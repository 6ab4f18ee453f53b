//! Files that are no specs by their size alone: refused soon, and without being held in memory. On Linux alone: elsewhere a shell
//! cannot say how much memory a program may have.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::time::{Duration, Instant};

use crate::env::{Home, Run};

/// Validates a file with little memory and asserts that it is refused for its size.
#[track_caller]
fn is_too_large(home: &Home, file: &str) {
    let began = Instant::now();
    let run = with_little_memory(home, &format!("validate {file}")).exits_with(65);
    assert!(run.stderr.contains("is larger than 8388608 bytes"), "{run}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// A run that may have less memory than the files have bytes: what the program takes anyway is a part of it.
fn with_little_memory(home: &Home, args: &str) -> Run {
    let mut limited = std::process::Command::new("sh");
    let program = home.command("").get_program().to_owned();
    limited.args(["-c", "ulimit -v 100000 && exec \"$0\" \"$@\""]).arg(program).args(args.split_whitespace());
    limited.current_dir(home.path()).env_clear().env("HOME", home.path()).env("LC_ALL", "C");
    Run::of(&mut limited)
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_without_being_read() {
    let home = Home::new();
    let file = File::create(home.path().join("large.yaml")).expect("a file can be made");
    file.set_len(100 << 20).expect("it can be large");
    is_too_large(&home, "large.yaml");
}

#[test]
fn a_file_without_an_end_is_refused_once_it_is_too_large() {
    let home = Home::new();
    std::os::unix::fs::symlink("/dev/zero", home.path().join("endless.yaml")).expect("a link can be made");
    is_too_large(&home, "endless.yaml");
}

#[test]
fn a_valid_file_is_read_with_as_little_memory() {
    let home = Home::new();
    home.write("minimal.yaml", include_str!("../../specs/minimal.yaml"));
    let _run = with_little_memory(&home, "validate minimal.yaml").exits_with(0);
}

#[test]
fn what_is_saved_as_something_else_than_utf8_is_said_to_be_no_text() {
    let home = Home::new();
    let wide: Vec<u8> = "\u{feff}federation: acme".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(home.path().join("wide.yaml"), wide).expect("a file can be written");
    let run = home.run("validate wide.yaml").exits_with(65);
    assert!(run.stderr.contains("not-text") && run.stderr.contains("UTF-8"), "{run}");
}
