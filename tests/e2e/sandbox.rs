//! A simulator of two organisations, as the program serves it, and what tests ask of it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use jumpcloud_sim::World;
use serde_json::{Value, json};

use crate::env::{Home, Run};
use crate::http::{self, Answer, Request};

/// One of the two organisations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Primary,
    Secondary,
}

/// A running `fedctl sandbox` with the spec `demo.yaml` beside it. It ends with the test.
pub(crate) struct Sandbox {
    pub(crate) home: Home,
    server: Child,
    /// What it said of itself.
    pub(crate) hello: Value,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Sandbox {
    /// Two organisations that nobody federated yet.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// The same, with more arguments.
    pub(crate) fn start_with(args: &str) -> Self {
        let home = Home::new();
        let talk = File::create(home.path().join("sandbox.log")).expect("a file can be written");
        let args = format!("sandbox --listen 127.0.0.1:0 --people 24 --write-spec . {args}");
        let mut server = home.command(&args).stdout(Stdio::piped()).stderr(talk).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says one line");
        let hello = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}{}", home.read("sandbox.log")));
        Self { home, server, hello }
    }

    /// Two organisations that are federated as `demo.yaml` says.
    #[track_caller]
    pub(crate) fn applied() -> Self {
        let sandbox = Self::start();
        let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
        sandbox.forget_requests();
        sandbox
    }

    /// A federation that was applied just now, by the clock of the simulator, and lacks its routing policy since.
    #[track_caller]
    pub(crate) fn a_policy_went_just_now() -> Self {
        let sandbox = Self::applied();
        let policies = sandbox.list(Side::Secondary, "/api/v2/identity-provider/policies");
        let target = format!("/api/v2/identity-provider/policies/{}", text(&policies[0]["id"]));
        sandbox.api(Side::Secondary, "DELETE", &target, &Value::Null);
        sandbox.change_world(|world| {
            let users = world["users"].as_array().expect("users are a list").iter();
            let made =
                users.map(|user| u64::from_str_radix(&text(&user["id"])[..8], 16).expect("ids begin with a time"));
            world["now_ms"] = json!(made.max().expect("there are users") * 1000);
        });
        sandbox
    }

    /// Ends the server; its spec and its keys stay.
    pub(crate) fn stop(&mut self) {
        // A process that has ended already is what is wanted.
        let _: std::io::Result<()> = self.server.kill();
        let _: std::io::Result<_> = self.server.wait();
    }

    /// Asks the server to end, as a service manager does, and gives the code it ends with.
    #[cfg(unix)]
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let told = Command::new("kill").args(["-TERM", &self.server.id().to_string()]).status().expect("there is kill");
        assert!(told.success());
        self.server.wait().expect("it ends").code()
    }

    /// The program beside the sandbox, with the keys of both organisations.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = self.home.command(args);
        command.env("FEDCTL_ACME_API_KEY", self.key(Side::Primary));
        command.env("FEDCTL_BETA_API_KEY", self.key(Side::Secondary));
        command
    }

    /// Runs the program beside the sandbox.
    pub(crate) fn fedctl(&self, args: &str) -> Run {
        Run::of(&mut self.command(args))
    }

    /// Runs it with another spec, which is `demo.yaml` with one thing changed.
    #[track_caller]
    pub(crate) fn fedctl_with(&self, args: &str, from: &str, to: &str) -> Run {
        self.change_spec(from, to);
        self.fedctl(args)
    }

    /// Changes one thing in `demo.yaml`.
    #[track_caller]
    pub(crate) fn change_spec(&self, from: &str, to: &str) {
        let text = self.home.read("demo.yaml");
        assert!(text.contains(from), "{text}");
        self.home.write("demo.yaml", &text.replace(from, to));
    }

    fn organization(&self, side: Side) -> &Value {
        &self.hello["organizations"][usize::from(side == Side::Secondary)]
    }

    pub(crate) fn id(&self, side: Side) -> &str {
        text(&self.organization(side)["organization"])
    }

    pub(crate) fn key(&self, side: Side) -> &str {
        text(&self.organization(side)["key"])
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn base_url(&self) -> &str {
        text(&self.hello["base_url"])
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> &str {
        self.base_url().strip_prefix("http://").expect("it serves plain HTTP")
    }

    #[track_caller]
    pub(crate) fn control(&self, method: &str, what: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json")];
        let request = Request { method, target: &format!("/__sim/{what}"), headers: &headers, body };
        let answer = http::send(self.address(), &request);
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        answer
    }

    /// Everything that the simulator knows.
    pub(crate) fn world(&self) -> Value {
        self.control("GET", "world", "").json()
    }

    /// Changes what the simulator knows, and forgets the requests so far.
    #[track_caller]
    pub(crate) fn change_world(&self, change: impl FnOnce(&mut Value)) {
        let mut world = self.world();
        change(&mut world);
        self.control("PUT", "world", &world.to_string());
        self.forget_requests();
    }

    /// Does something by hand, as [`jumpcloud_sim::console`] can, and forgets the requests so far.
    #[track_caller]
    pub(crate) fn by_hand<T>(&self, hands: impl FnOnce(&mut World) -> T) -> T {
        let mut world = World::import(self.world()).expect("the simulator knows its own world");
        let result = hands(&mut world);
        self.control("PUT", "world", &world.export().to_string());
        self.forget_requests();
        result
    }

    pub(crate) fn forget_requests(&self) {
        self.control("DELETE", "requests", "");
    }

    /// Method and path of every request since they were last forgotten.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        let rows = self.control("GET", "requests", "").json();
        let path = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
        rows_of(rows).iter().map(|row| (text(&row["method"]).to_owned(), path(text(&row["target"])))).collect()
    }

    /// Every request that does not merely read.
    pub(crate) fn writes(&self) -> Vec<(String, String)> {
        let reads = |(method, path): &(String, String)| {
            let questions = ["/api/search/systemusers", "/insights/directory/v1/events", "/oauth2/token"];
            method == "GET" || questions.contains(&path.as_str())
        };
        self.requests().into_iter().filter(|request| !reads(request)).collect()
    }

    /// Asserts that nothing was written since requests were last forgotten.
    #[track_caller]
    pub(crate) fn nothing_was_written(&self) {
        assert_eq!(self.writes(), []);
    }

    /// Mails that would have gone out.
    pub(crate) fn outbox(&self) -> Vec<Value> {
        rows_of(self.control("GET", "outbox", "").json())
    }

    /// Asks an organisation's API with its key, as an administrator in the console does.
    #[track_caller]
    pub(crate) fn api(&self, side: Side, method: &str, target: &str, body: &Value) -> Value {
        let headers = [("x-api-key", self.key(side)), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = http::send(self.address(), &Request { method, target, headers: &headers, body: &body });
        assert!((200..300).contains(&answer.status), "{method} {target}: {answer:?}");
        answer.json()
    }

    /// What a GET answers.
    #[track_caller]
    pub(crate) fn get(&self, side: Side, target: &str) -> Value {
        self.api(side, "GET", target, &Value::Null)
    }

    /// The rows of a list, however the API wraps them.
    #[track_caller]
    pub(crate) fn list(&self, side: Side, target: &str) -> Vec<Value> {
        rows_of(self.get(side, target))
    }

    /// The only row of a list whose field has a value.
    #[track_caller]
    pub(crate) fn only(&self, side: Side, target: &str, field: &str, value: &str) -> Value {
        let mut rows = self.list(side, target);
        rows.retain(|row| row[field] == value);
        assert_eq!(rows.len(), 1, "{target} with {field} {value}: {rows:?}");
        rows.remove(0)
    }

    #[track_caller]
    pub(crate) fn user(&self, side: Side, email: &str) -> Value {
        self.only(side, "/api/systemusers?limit=100", "email", email)
    }

    /// The id of a user group.
    #[track_caller]
    pub(crate) fn group(&self, side: Side, name: &str) -> String {
        text(&self.only(side, "/api/v2/usergroups?limit=100", "name", name)["id"]).to_owned()
    }

    /// The ids of the members of a user group.
    #[track_caller]
    pub(crate) fn members(&self, side: Side, group: &str) -> Vec<String> {
        let target = format!("/api/v2/usergroups/{}/members?limit=100", self.group(side, group));
        self.list(side, &target).iter().map(|row| text(&row["to"]["id"]).to_owned()).collect()
    }

    /// Adds a user to a group (`add`), or takes them out (`remove`).
    #[track_caller]
    pub(crate) fn change_member(&self, side: Side, op: &str, group: &str, user: &Value) {
        let target = format!("/api/v2/usergroups/{}/members", self.group(side, group));
        self.api(side, "POST", &target, &json!({"op": op, "type": "user", "id": user["_id"]}));
    }
}

/// A text in an answer.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The list in an answer: itself, or the one array that it wraps.
#[track_caller]
fn rows_of(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(rows) => rows,
        Value::Object(fields) => {
            let mut lists = fields.into_iter().filter_map(|(_, value)| value.as_array().cloned());
            lists.next().expect("the answer wraps a list")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => panic!("{answer} is no list"),
    }
}

#[test]
fn a_sandbox_that_others_reach_is_reached_by_its_name_and_guards_its_controls() {
    let sandbox = Sandbox::start_with("--expose sim.example:8480");
    assert_eq!(sandbox.base_url(), "http://sim.example:8480");
    let (address, bearer) = (text(&sandbox.hello["listening"]), format!("Bearer {}", text(&sandbox.hello["bearer"])));
    let status = |target: &str, headers: &[(&str, &str)]| {
        http::send_as("sim.example:8480", address, &Request { method: "GET", target, headers, body: "" }).status
    };
    assert_eq!(status("/__sim/outbox", &[]), 401);
    assert_eq!(status("/__sim/outbox", &[("authorization", "Bearer guessed")]), 401);
    assert_eq!(status("/__sim/outbox", &[("authorization", &bearer)]), 200);
    assert_eq!(status("/api/organizations", &[("x-api-key", sandbox.key(Side::Primary))]), 200);
    let stranger = Request { method: "GET", target: "/login", headers: &[], body: "" };
    assert_eq!(http::send_as("evil.example:8480", address, &stranger).status, 403);
}
