//! Files have modes and programs are scripts where there is a Unix.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;

use std::time::Instant;

use fedctl_core::operator;
use secrecy::ExposeSecret;

use super::*;

fn source(line: &str) -> Source {
    let parsed = operator::parse(&format!("version: 1\ncredentials: {{a: {{{line}}}}}\n"));
    parsed.operator.unwrap_or_else(|| panic!("{:?}", parsed.problems)).credentials.into_values().next().unwrap().source
}

fn write(folder: &Path, name: &str, text: &[u8], mode: u32) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn fetched(line: &str, folder: &Path) -> Result<String, String> {
    let fetched = fetch(&source(line), folder, None);
    fetched.map(|key| key.expose_secret().to_owned()).map_err(|failure| failure.text())
}

#[test]
fn a_file_is_its_owners_alone_and_is_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "key", b"\n jca_hush \r\n", 0o600);
    assert_eq!(fetched("file: key", folder.path()), Ok("jca_hush".to_owned()));
    for mode in [0o640, 0o604, 0o660, 0o601] {
        write(folder.path(), "key", b"jca_hush", mode);
        let failure = fetched("file: key", folder.path()).unwrap_err();
        assert!(failure.contains("can be read by others") && failure.contains("chmod 600"), "{failure}");
    }
}

#[test]
fn a_file_that_holds_no_key_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (text, why) in
        [(&b" \n"[..], "is empty"), (b"hush\xff", "is no text"), (&[b'h'; MOST + 1], "longer than 64 KiB")]
    {
        write(folder.path(), "key", text, 0o600);
        let failure = fetched("file: key", folder.path()).unwrap_err();
        assert!(failure.contains(why) && !failure.contains("hush") && !failure.contains("hhh"), "{failure}");
    }
    assert!(fetched("file: nothing", folder.path()).unwrap_err().contains("cannot be read"));
    assert!(fetched("file: .", folder.path()).unwrap_err().contains("no ordinary file"));
    assert!(fetched("file: /dev/zero", folder.path()).unwrap_err().contains("no ordinary file"));
}

#[test]
fn a_program_has_no_shell_no_environment_and_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "#!/bin/sh\nread line && echo input\nexport -p | grep -v PWD | grep -v OLDPWD\nprintf 'jca_%s\\n' \"$1\"\n";
    write(folder.path(), "print", script.as_bytes(), 0o700);
    let line = format!("exec: [{}/print, \"$HOME;`id`\"]", folder.path().display());
    assert_eq!(fetched(&line, folder.path()), Ok("jca_$HOME;`id`".to_owned()));
}

#[test]
fn a_program_that_fails_is_named_and_its_output_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "fail", b"#!/bin/sh\necho jca_hush; echo jca_hush >&2; exit 3\n", 0o700);
    let line = |name: &str| format!("exec: [{}/{name}, hushed]", folder.path().display());
    let failure = fetched(&line("fail"), folder.path()).unwrap_err();
    assert!(failure.contains("/fail`") && failure.contains("exit status: 3") && !failure.contains("hush"), "{failure}");
    let missing = fetched(&line("missing"), folder.path()).unwrap_err();
    assert!(missing.contains("cannot be run") && !missing.contains("hush"), "{missing}");
    write(folder.path(), "much", b"#!/bin/sh\nexec /bin/cat /dev/zero\n", 0o700);
    assert!(fetched(&line("much"), folder.path()).unwrap_err().contains("longer than 64 KiB"));
    write(folder.path(), "quiet", b"#!/bin/sh\n", 0o700);
    assert!(fetched(&line("quiet"), folder.path()).unwrap_err().contains("is empty"));
}

#[test]
fn a_program_that_does_not_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let patience = Duration::from_millis(200);
    for script in ["#!/bin/sh\nexec /bin/sleep 60\n", "#!/bin/sh\necho jca_hush\nexec /bin/sleep 60 >/dev/null\n"] {
        write(folder.path(), "wait", script.as_bytes(), 0o700);
        let Source::Exec(argv) = source(&format!("exec: [{}/wait]", folder.path().display())) else { panic!() };
        let began = Instant::now();
        let failure = of_program(&argv, folder.path(), patience).unwrap_err().text();
        assert!(failure.contains("does not end") && !failure.contains("hush"), "{failure}");
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
