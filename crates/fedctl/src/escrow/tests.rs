#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fedctl_core::operator;
use secrecy::ExposeSecret;

use super::*;

const CLIENT: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn script(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// Programs that keep secrets in files beside them, told by their arguments which.
fn programs(folder: &Path) -> ByPrograms {
    let text = format!(
        "version: 1\nescrow: {{exec: {{put: [{0}/put, \"kept-{{client_id}}\"], get: [{0}/get, \"kept-{{client_id}}\"]}}}}\n",
        folder.display()
    );
    let parsed = operator::parse(&text);
    let escrow = parsed.operator.unwrap_or_else(|| panic!("{:?}", parsed.problems)).escrow;
    let Some(operator::Escrow::Exec { put, get }) = escrow else { panic!("it has programs") };
    ByPrograms::new(put.value, get.value, folder.to_owned())
}

async fn got(escrow: &ByPrograms) -> Result<Option<String>, EscrowError> {
    let found = escrow.get(CLIENT).await?;
    Ok(found.map(|found| found.secret.expose_secret().to_owned()))
}

#[tokio::test]
async fn a_secret_goes_in_by_the_input_and_nothing_else_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "put", "export -p | grep -v PWD > told; echo \"$0 $@\" >> told; exec /bin/cat > \"$1\"");
    script(folder.path(), "get", "exec /bin/cat \"$1\" 2>/dev/null");
    let escrow = programs(folder.path());
    assert_eq!(got(&escrow).await, Ok(None), "exit code 1 is none");
    escrow.put(CLIENT, &"hush-hush".into()).await.unwrap();
    assert_eq!(got(&escrow).await, Ok(Some("hush-hush".to_owned())));
    let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
    assert_eq!(told, format!("{}/put kept-{CLIENT}\n", folder.path().display()));
}

#[tokio::test]
async fn programs_that_fail_are_named_and_what_they_say_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "put", "echo hush; echo hush >&2; exit 3");
    script(folder.path(), "get", "echo hush; exit 2");
    let escrow = programs(folder.path());
    let why = |error: EscrowError| match error {
        EscrowError::Refused(why) => why,
        EscrowError::MayPass(why) => panic!("{why}"),
    };
    let put = why(escrow.put(CLIENT, &"hush".into()).await.unwrap_err());
    assert!(
        put.ends_with("/put`, which keeps client secrets, failed: exit status: 3") && !put.contains("hush"),
        "{put}"
    );
    let get = why(got(&escrow).await.unwrap_err());
    assert!(get.ends_with("/get`, which gives client secrets back, failed: exit status: 2"), "{get}");
    script(folder.path(), "get", "exec /bin/cat /dev/zero");
    assert!(why(got(&escrow).await.unwrap_err()).ends_with("prints more than 64 KiB"));
    script(folder.path(), "get", "exit 0");
    assert_eq!(got(&escrow).await, Ok(None), "nothing printed is none");
    std::fs::remove_file(folder.path().join("get")).unwrap();
    assert!(why(got(&escrow).await.unwrap_err()).contains("cannot be run: "));
}

#[tokio::test]
async fn what_is_no_client_id_is_no_argument() {
    let folder = tempfile::tempdir().unwrap();
    let escrow = programs(folder.path());
    for id in ["", "--help", "../x", "a b", "a\nb", "a/b"] {
        assert!(matches!(escrow.get(id).await, Err(EscrowError::Refused(_))), "{id:?}");
    }
}
