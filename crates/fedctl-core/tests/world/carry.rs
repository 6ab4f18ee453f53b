//! Carries the requests of reader and executor to a world in memory, and can lose them on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fedctl_core::address::Org;
use fedctl_core::apply::{End, Run};
use fedctl_core::drive::{self, Carry};
use fedctl_core::endpoint::Host;
use fedctl_core::escrow::{self, Call, Kept};
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::plan::allow::Allow;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::rules::{Aim, Rules};
use fedctl_core::planner::{self, Reach, Step, Terms};
use fedctl_core::read::ReadError;
use fedctl_core::request::{Answer, Content, Outcome, Request};
use fedctl_core::spec::{self, Spec};
use fedctl_core::trace::{self, Verification};
use jumpcloud_sim::fault::{Delivery, Effect, Fault as SimFault, When};
use jumpcloud_sim::fixture::Pair;
use jumpcloud_sim::{Host as SimHost, OrgId, Request as SimRequest, Response as SimResponse, World};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// How long an answer is waited for, in milliseconds.
const PATIENCE_MS: u64 = 30_000;

/// What becomes of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The program is killed before it is sent.
    KilledBefore,
    /// It is committed, and the program is killed before the answer.
    KilledAfter,
    /// It is committed, and the connection is cut.
    Cut,
    /// The service answers 500 and does nothing.
    Refused,
    /// The service answers 403 and does nothing.
    Forbidden,
    /// The service answers 500 and did it all the same.
    DoneAnd500,
    /// It never leaves.
    NotSent,
    /// Nobody answers, and it is carried out when so many more requests came, or at [`Memory::land`].
    Late(usize),
    /// The program is killed, and then the same.
    KilledLate(usize),
}

/// What a human did: the world before and after, and since when every list shows what they made of it.
pub(crate) struct Touched {
    pub(crate) before: World,
    pub(crate) after: World,
    pub(crate) shows_ms: u64,
}

/// Two organisations in memory, and how they are reached.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) world: World,
    pub(crate) primary: OrgId,
    pub(crate) secondary: OrgId,
    pub(crate) keys: [String; 2],
    /// The fault, and the number of the write that it strikes, counted from 0.
    pub(crate) fault: Option<(usize, Fault)>,
    /// The one that comes after it.
    pub(crate) then: Option<(usize, Fault)>,
    /// What was sent and is not carried out yet, with how many requests come before it.
    late: Vec<(usize, SimRequest)>,
    /// What a human did last, while or since a run was struck.
    pub(crate) touched: Option<Arc<Touched>>,
    /// How long a list may go on showing what was before a write, in milliseconds.
    pub(crate) lag_ms: u64,
    /// Writes that were to be sent.
    pub(crate) writes: usize,
    /// Set once the program was killed.
    pub(crate) dead: bool,
    /// How long the run waited in all.
    pub(crate) waited: Duration,
    /// What the escrow has, by client id, the newest last.
    pub(crate) escrow: BTreeMap<String, Vec<SecretString>>,
    /// Why the escrow answers nothing.
    pub(crate) no_escrow: Option<&'static str>,
    /// It lets nobody destroy anything.
    pub(crate) keeps_all: bool,
    /// What the program is told to do.
    pub(crate) command: Command,
    /// The guards that whoever runs it lifts, plan by plan.
    pub(crate) lifts: &'static [Guard],
}

/// What the program is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Apply,
    Pause,
    Resume,
    /// With everything that takes sign-in from people lifted.
    Destroy(Reach),
}

impl Command {
    /// Plans, or says what has to be read first.
    pub(crate) fn step(self, spec: &Spec, live: &Live) -> Step<Plan> {
        let rules = |aim| Terms { rules: Rules { aim, ..Rules::default() }, ..terms() };
        match self {
            Command::Apply => planner::step(spec, &terms(), live),
            Command::Resume => planner::step(spec, &rules(Aim::Resume), live),
            Command::Pause => planner::pause(spec, &terms(), "ann", live),
            Command::Destroy(reach) => planner::destroy(spec, &terms(), reach, live).map(|mut plan| {
                plan.refusals.retain(|refusal| refusal.guard != Guard::NoOtherWayIn);
                plan
            }),
        }
    }

    /// Whether people lose sign-in by it, whatever the spec says.
    pub(crate) fn takes_sign_in(self) -> bool {
        matches!(self, Command::Pause | Command::Destroy(_))
    }
}

impl Memory {
    pub(crate) fn new(pair: Pair) -> Self {
        Self {
            world: pair.world,
            primary: pair.primary,
            secondary: pair.secondary,
            keys: [pair.primary_key, pair.secondary_key],
            fault: None,
            then: None,
            late: Vec::new(),
            touched: None,
            lag_ms: 0,
            writes: 0,
            dead: false,
            waited: Duration::ZERO,
            escrow: BTreeMap::new(),
            no_escrow: None,
            keeps_all: false,
            command: Command::Apply,
            lifts: &[],
        }
    }

    /// The program is started anew, and nothing goes wrong any more.
    pub(crate) fn revive(&mut self) {
        (self.fault, self.then, self.dead) = (None, None, false);
    }

    /// The same organisations in another world.
    pub(crate) fn with_world(&self, world: World) -> Self {
        Self { world, ..self.clone() }
    }

    /// A human does something.
    pub(crate) fn by_hand(&mut self, edit: impl FnOnce(&mut Self)) {
        let before = self.world.clone();
        edit(self);
        let after = self.world.clone();
        self.touched = Some(Arc::new(Touched { before, after, shows_ms: self.world.now_ms + self.lag_ms }));
    }

    /// Has lists go on showing what was before a write.
    pub(crate) fn lag(&mut self, ms: u64) {
        let late = SimFault { name: "lag".to_owned(), when: When::default(), effect: Effect::DelayedVisibility { ms } };
        self.world.set_faults(vec![late]);
        self.lag_ms = ms;
    }

    /// How many requests were sent and are still to be carried out.
    pub(crate) fn late(&self) -> usize {
        self.late.len()
    }

    /// Has whatever was sent and is not carried out yet carried out before the request with this number, counted from 1.
    pub(crate) fn land_after(&mut self, requests: usize) {
        self.late.iter_mut().for_each(|(left, _)| *left = requests);
    }

    /// Carries out whatever was sent and is not carried out yet.
    pub(crate) fn land(&mut self) {
        for (_, request) in std::mem::take(&mut self.late) {
            self.world.meet(&request);
        }
    }

    /// Whether the identity provider has the secret of the app whose client it names.
    pub(crate) fn shares_secret(&self) -> bool {
        let provider = self.world.provider(self.secondary);
        let client = provider.and_then(|provider| self.world.client(&provider.client_id));
        let secret = client.and_then(|(_, oidc)| oidc.client_secret.as_ref());
        secret.zip(provider).is_some_and(|(secret, provider)| *secret == provider.client_secret)
    }

    /// Another request comes: what waited for it is carried out first.
    fn land_due(&mut self) {
        self.late.iter_mut().for_each(|(left, _)| *left = left.saturating_sub(1));
        let due: Vec<_> = self.late.extract_if(.., |(left, _)| *left == 0).collect();
        for (_, request) in due {
            self.world.meet(&request);
        }
    }

    fn org(&self, org: Org) -> OrgId {
        match org {
            Org::Primary => self.primary,
            Org::Secondary => self.secondary,
        }
    }

    /// A request by hand, whatever fedctl would send; it must be accepted.
    pub(crate) fn raw(&mut self, org: Org, method: &str, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let key = self.keys[usize::from(org == Org::Secondary)].clone();
        let answer = self.world.answer(&SimRequest {
            host: SimHost::Api,
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: vec![("x-api-key".to_owned(), key), ("x-org-id".to_owned(), self.org(org).to_string())],
            body: body.to_string().into_bytes(),
        });
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    fn send(&mut self, request: &Request) -> Outcome {
        if let Some(call) = Call::of(request) {
            return self.escrowed(call);
        }
        let request = self.on_the_wire(request);
        let (answer, fate) = self.world.meet(&request);
        match fate.delivery {
            Delivery::Whole => Outcome::Answered(answered(answer)),
            Delivery::Cut(_) => Outcome::Unknown("the connection was cut".to_owned()),
            Delivery::Never => {
                self.world.advance(PATIENCE_MS);
                Outcome::Unknown("nobody answered in time".to_owned())
            }
        }
    }

    /// The escrow, as an operator's store would answer.
    fn escrowed(&mut self, call: Call) -> Outcome {
        if let Some(why) = self.no_escrow {
            return Outcome::NotSent(why.to_owned());
        }
        let newest = |id: &str| self.escrow.get(id).and_then(|kept| kept.last()).cloned();
        Outcome::Answered(match call {
            Call::Try { client_id, callback } => {
                let secret = newest(&client_id);
                let is_taken = secret.as_ref().and_then(|secret| {
                    let trial = self.on_the_wire(&escrow::trial(&client_id, secret, &callback));
                    escrow::verdict(&answered(self.world.answer(&trial)))
                });
                let versions = self.escrow.get(&client_id).map_or(0, Vec::len);
                let older = u32::try_from(versions.saturating_sub(1)).unwrap();
                Kept { is_kept: secret.is_some(), is_taken, older }.answer()
            }
            Call::Keep { client_id, secret } => {
                self.escrow.entry(client_id).or_default().push(secret);
                escrow::done()
            }
            Call::Take { client_id } => match newest(&client_id) {
                Some(secret) => escrow::brings(&secret),
                None => escrow::refused("the escrow has no such secret".to_owned()),
            },
            Call::Forget { .. } if self.keeps_all => escrow::refused("permission denied".to_owned()),
            Call::Forget { client_id, but_newest } => {
                let kept = self.escrow.remove(&client_id).unwrap_or_default();
                if but_newest {
                    self.escrow.insert(client_id, kept.into_iter().next_back().into_iter().collect());
                }
                escrow::done()
            }
        })
    }

    /// A request as the simulator takes it.
    pub(crate) fn on_the_wire(&self, request: &Request) -> SimRequest {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut headers = vec![("host".to_owned(), "127.0.0.1".to_owned())];
        let host = match request.host {
            Host::Console | Host::Insights => {
                headers.push(("x-api-key".to_owned(), self.keys[usize::from(request.org == Org::Secondary)].clone()));
                if path != "/api/organizations" {
                    headers.push(("x-org-id".to_owned(), self.org(request.org).to_string()));
                }
                SimHost::Api
            }
            Host::Issuer => SimHost::Issuer,
            Host::Escrow => unreachable!("the escrow is not the simulator's"),
        };
        if request.newer_rule {
            headers.push(("x-query-dsl".to_owned(), "v2".to_owned()));
        }
        let body = request.body.as_ref().map(|(content, bytes)| {
            let content = match content {
                Content::Json => "application/json",
                Content::Form => "application/x-www-form-urlencoded",
            };
            headers.push(("content-type".to_owned(), content.to_owned()));
            bytes.to_vec()
        });
        SimRequest {
            host,
            method: request.method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.unwrap_or_default(),
        }
    }
}

/// An answer of the simulator as it comes back.
pub(crate) fn answered(answer: SimResponse) -> Answer {
    let header = |name: &str| answer.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Answer {
        status: answer.status,
        total: header("x-total-count").and_then(|total| total.parse().ok()),
        date: header("date")
            .and_then(|date| jiff::fmt::rfc2822::parse(&date).ok())
            .and_then(|date| u64::try_from(date.timestamp().as_second()).ok()),
        retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs),
        said: None,
        body: Zeroizing::new(answer.body),
    }
}

impl Carry for Memory {
    fn carry(&mut self, request: Request) -> Outcome {
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        let is_write = !fedctl_core::endpoint::reads(request.method, &path) && path != "/try";
        if self.dead {
            return Outcome::NotSent("killed".to_owned());
        }
        self.land_due();
        let number = self.writes;
        self.writes += usize::from(is_write);
        let fault = self.fault.filter(|(at, _)| is_write && *at == number).map(|(_, fault)| fault);
        if fault.is_some() {
            self.fault = self.then.take();
        }
        match fault {
            None => self.send(&request),
            Some(Fault::KilledBefore) => {
                self.dead = true;
                Outcome::NotSent("killed".to_owned())
            }
            Some(Fault::KilledAfter) => {
                self.send(&request);
                self.dead = true;
                Outcome::Unknown("killed".to_owned())
            }
            Some(Fault::Cut) => {
                self.send(&request);
                Outcome::Unknown("the connection was cut".to_owned())
            }
            Some(Fault::DoneAnd500) => {
                self.send(&request);
                status(500)
            }
            Some(Fault::Refused) => status(500),
            Some(Fault::Forbidden) => status(403),
            Some(Fault::NotSent) => Outcome::NotSent("no route".to_owned()),
            Some(fault @ (Fault::Late(after) | Fault::KilledLate(after))) => {
                let request = self.on_the_wire(&request);
                self.late.push((after, request));
                self.dead = matches!(fault, Fault::KilledLate(_));
                Outcome::Unknown("the connection was cut".to_owned())
            }
        }
    }

    fn pause(&mut self, wanted: Duration) {
        self.waited += wanted;
        self.world.advance(u64::try_from(wanted.as_millis()).unwrap());
    }
}

fn status(status: u16) -> Outcome {
    let body = Zeroizing::new(br#"{"message":"told to"}"#.to_vec());
    Outcome::Answered(Answer { status, body, total: None, date: None, retry_after: None, said: None })
}

/// The terms of the real service in the United States.
pub(crate) fn terms() -> Terms {
    Terms {
        issuer: "https://oauth.id.jumpcloud.com".into(),
        callback: "https://login.jumpcloud.com/oauth/callback".into(),
        other_callback: None,
        login: "https://console.jumpcloud.com".into(),
        rules: Rules::default(),
    }
}

/// The plan that takes a federation down.
pub(crate) fn take_down(spec: &Spec, carry: &mut impl Carry) -> Plan {
    let command = Command::Destroy(Reach::Both);
    match drive::read(spec, carry, |live| command.step(spec, live)).unwrap().0 {
        Step::Ready(plan) => *plan,
        other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
    }
}

/// The plan under rules of the operator.
pub(crate) fn plan_under(rules: Rules, spec: &Spec, memory: &mut Memory) -> Plan {
    let terms = Terms { rules, ..terms() };
    match drive::read(spec, memory, |live| planner::step(spec, &terms, live)).unwrap().0 {
        Step::Ready(plan) => *plan,
        other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
    }
}

/// A spec for these organisations; `people` is the text of that section, indented by two.
pub(crate) fn spec(memory: &Memory, people: &str, rest: &str) -> Spec {
    let text = format!(
        "version: 1\nfederation: acme-to-beta\nprimary: {{organization: \"{}\", credentials: acme}}\nsecondary: {{organization: \"{}\", credentials: beta}}\npeople:\n{people}\n{rest}",
        memory.primary, memory.secondary
    );
    let parsed = spec::parse(&text);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    parsed.spec.unwrap()
}

pub(crate) fn step(spec: &Spec, carry: &mut impl Carry) -> Result<Step<Plan>, ReadError> {
    let terms = terms();
    drive::read(spec, carry, |live| planner::step(spec, &terms, live)).map(|(step, _)| step)
}

/// The plan, which must be there.
pub(crate) fn plan(spec: &Spec, carry: &mut impl Carry) -> Plan {
    match step(spec, carry).unwrap() {
        Step::Ready(plan) => *plan,
        other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
    }
}

/// What an administrator says yes to who looked at a plan: the repair of what somebody broke, and people coming back.
pub(crate) const AGREED: [Guard; 2] = [Guard::OrphanedProvider, Guard::ReGrant];

/// Lifts these guards as far as they refuse a plan, as `--allow` does.
pub(crate) fn lift(plan: &mut Plan, guards: &[Guard]) {
    let digest = plan.digest();
    let needed = guards.iter().filter(|guard| plan.needs(**guard) > 0);
    let allows: Vec<Allow> = needed.filter_map(|guard| plan.lift_of(*guard, &digest)).collect();
    plan.allow(&allows, None, true).unwrap();
}

/// Plans and applies, as one invocation of the program does by an administrator who agrees.
pub(crate) fn apply(spec: &Spec, memory: &mut Memory) -> (Plan, Vec<End>) {
    let mut plan = plan(spec, memory);
    lift(&mut plan, &AGREED);
    assert_eq!(plan.refusals, [], "refused");
    let ends = run(&plan, memory);
    (plan, ends)
}

/// Applies a plan.
pub(crate) fn run(plan: &Plan, carry: &mut impl Carry) -> Vec<End> {
    drive::apply(&mut Run::new(Arc::new(plan.clone()), 100), carry)
}

pub(crate) fn verify(spec: &Spec, memory: &mut Memory) -> Verification {
    let terms = terms();
    match drive::read(spec, memory, |live| trace::step(spec, &terms, live)).unwrap().0 {
        Step::Ready(verification) => *verification,
        other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no verification: {other:?}"),
    }
}
