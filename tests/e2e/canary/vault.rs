//! A vault that holds keys and client secrets, and repeats whatever it is asked; and programs that shout.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::Canary;
use super::places::{ON_PURPOSE, made_by_the_service, run, sandbox, write};
use crate::env::Run;
use crate::sandbox::Sandbox;

/// What the vault has, and what it says instead.
#[derive(Default)]
struct State {
    token: String,
    key: String,
    kept: BTreeMap<String, Vec<Value>>,
    /// The paths whose requests are refused, and by what.
    refuses: Option<(&'static str, u16)>,
}

impl State {
    /// An answer; a refusal repeats the whole request, its headers too.
    fn answer(&mut self, path: &str, request: &str, body: &Value) -> (u16, Value) {
        if let Some((_, status)) = self.refuses.filter(|(part, _)| path.contains(part)) {
            return (status, json!({"errors": [format!("bad: {request}"), request]}));
        }
        if path.ends_with("/login") {
            return (200, json!({"auth": {"client_token": self.token}}));
        }
        if path.contains("/jumpcloud/") {
            return (200, json!({"data": {"data": {"api_key": self.key}, "metadata": {"version": 1}}}));
        }
        let versions = self.kept.entry(path.to_owned()).or_default();
        if !body.is_null() {
            versions.push(body["data"].clone());
            return (200, json!({"data": {"version": versions.len()}}));
        }
        match versions.last() {
            Some(data) => (200, json!({"data": {"data": data, "metadata": {"version": versions.len()}}})),
            None => (404, json!({"errors": []})),
        }
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {
        let line = head.trim_end().rsplit('\n').next().unwrap_or_default().to_ascii_lowercase();
        length = line.strip_prefix("content-length: ").map_or(length, |value| value.parse().unwrap_or(0));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let request = format!("{head}{}", String::from_utf8_lossy(&body));
    let parsed = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = state.lock().expect("nobody panics").answer(&path, &request, &parsed);
    let answer = answer.to_string();
    let length = answer.len();
    write!(stream, "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{answer}")
}

fn start(state: State) -> (String, Arc<Mutex<State>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it has an address").to_string();
    let state = Arc::new(Mutex::new(state));
    let shared = Arc::clone(&state);
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(serve(stream, &shared))));
    (address, state)
}

const RUNS: [&str; 4] = [
    "plan demo.yaml --format json",
    "apply demo.yaml --auto-approve --format json",
    "apply demo.yaml --auto-approve",
    "verify demo.yaml --format json",
];

fn with_operator(canary: &mut Canary, sandbox: &Sandbox, args: &str, secrets: [(&str, &str); 2]) -> Run {
    canary.ran(run(sandbox, &format!("{args} --operator operator.yaml"), secrets))
}

/// A token, a secret id, the token that it brings, a key in the vault, and the client secret on its way there and back.
pub(super) fn vault(canary: &mut Canary) {
    for (number, refuses) in
        [None, Some(("/login", 400)), Some(("/jumpcloud/", 403)), Some(("/escrow/", 403)), Some(("/escrow/", 400))]
            .into_iter()
            .enumerate()
    {
        let name = format!("vault {number}");
        let (sandbox, key, secondary) = sandbox(canary, &name);
        let secret_id = canary.plant(&format!("secret-id-{number}"));
        let token = canary.plant(&format!("vault-token-{number}"));
        let (address, state) = start(State { token: token.clone(), key, ..State::default() });
        let rest = format!(
            "credentials:\n  acme: {{vault: {{path: jumpcloud/acme, field: api_key}}}}\n  beta: {{env: BETA}}\n\
             escrow: {{vault: {{path: fedctl/escrow}}}}\nvault:\n  address: http://{address}\n  login: "
        );
        let by_role = "{app_role: {role_id: role, secret_id: {env: SECRET}}}";
        for (login, secret) in [(by_role, &secret_id), ("{token: {env: SECRET}}", &token)] {
            sandbox.home.write("operator.yaml", &format!("version: 1\n{rest}{login}\n"));
            // Once a vault that works, so that there is something to repeat.
            for args in RUNS {
                state.lock().expect("nobody panics").refuses = refuses.filter(|_| args != RUNS[0]);
                let secrets = [("BETA", secondary.as_str()), ("SECRET", secret.as_str())];
                let ran = with_operator(canary, &sandbox, args, secrets);
                assert!(refuses.is_some() || ran.status == 0, "{ran}");
            }
        }
        if refuses.is_none() {
            assert!(!made_by_the_service(canary, &sandbox, &name).is_empty(), "a secret was made");
            assert_eq!(state.lock().expect("nobody panics").kept.values().map(Vec::len).sum::<usize>(), 1);
        }
        made_by_the_service(canary, &sandbox, &name);
        canary.keep_files(&sandbox.home, &ON_PURPOSE);
    }
}

/// Programs that keep a secret elsewhere, and tell everything that they know.
pub(super) fn programs(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "escrow");
    let elsewhere = tempfile::tempdir().expect("there is a place for temporary files");
    let folder = sandbox.home.path().display().to_string();
    let kept = elsewhere.path().display();
    let told = format!(
        "env >> {folder}/told.txt; echo \"$0 $@\" >> {folder}/told.txt; cat /proc/$$/cmdline >> {folder}/told.txt"
    );
    let put = format!(
        "#!/bin/sh\n{told}\nsecret=$(cat); echo \"$secret\" >&2; echo \"$secret\"; printf %s \"$secret\" > {kept}/$1; exit "
    );
    let get = format!("#!/bin/sh\n{told}\ncat {kept}/$1 >&2; cat {kept}/$1; exit ");
    let operator = format!(
        "version: 1\nescrow: {{exec: {{put: [{folder}/put, \"{{client_id}}\"], get: [{folder}/get, \"{{client_id}}\"]}}}}\n"
    );
    sandbox.home.write("operator.yaml", &operator);
    let keys = [("FEDCTL_ACME_API_KEY", primary.as_str()), ("FEDCTL_BETA_API_KEY", secondary.as_str())];
    for (put_ends, get_ends) in [(3, 0), (0, 3), (0, 0), (0, 3), (0, 0)] {
        write(&sandbox, "put", &format!("{put}{put_ends}\n"), 0o700);
        write(&sandbox, "get", &format!("{get}{get_ends}\n"), 0o700);
        for args in RUNS {
            let _run = with_operator(canary, &sandbox, args, keys);
        }
    }
    assert!(!made_by_the_service(canary, &sandbox, "escrow").is_empty(), "a secret was made");
    assert!(sandbox.home.path().join("told.txt").exists(), "the programs ran");
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}
