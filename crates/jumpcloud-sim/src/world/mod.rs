//! The state of the whole service, and the rules that keep it whole. No request is read here: see [`crate::api`].

pub(crate) mod apps;
pub(crate) mod events;
pub(crate) mod groups;
pub(crate) mod jobs;
pub(crate) mod journal;
pub(crate) mod organizations;
pub(crate) mod policies;
pub(crate) mod population;
pub(crate) mod providers;
pub(crate) mod rules;
pub(crate) mod service_accounts;
pub(crate) mod sorted;
pub(crate) mod state;
pub(crate) mod user_fields;
pub(crate) mod users;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::EPOCH_MS;
use crate::fault::Faults;
use crate::id::{AppId, GroupId, ObjectId, OrgId, PolicyId, ProviderId, UserId};
use crate::oauth::Issuer;
use crate::secret::{Dice, Secret};
use crate::settings::{Settings, UnknownSetting};
use apps::App;
use events::Event;
use groups::{Group, Reevaluation};
use jobs::Jobs;
use journal::{LoggedRequest, Mail};
use organizations::{Key, Organization, Region};
use policies::Policy;
use providers::Provider;
use service_accounts::ServiceAccounts;
use users::{Directory, User};

/// How much the clock of a world advances with each request.
const TICK_MS: u64 = 25;

/// A whole JumpCloud: organisations and all that is in them, the OAuth issuer, the portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    seed: u64,
    made: u32,
    dice: Dice,
    /// The time, in milliseconds since 1970; every request advances it by a fixed tick, unless it is frozen.
    pub now_ms: u64,
    pub(crate) settings: Settings,
    pub(crate) organizations: BTreeMap<OrgId, Organization>,
    pub(crate) keys: BTreeMap<Secret, Key>,
    #[serde(default)]
    pub(crate) service_accounts: ServiceAccounts,
    #[serde(with = "state::listed")]
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) apps: BTreeMap<AppId, App>,
    pub(crate) providers: BTreeMap<ProviderId, Provider>,
    pub(crate) policies: BTreeMap<PolicyId, Policy>,
    #[serde(default)]
    pub(crate) jobs: Jobs,
    pub(crate) issuer: Issuer,
    pub(crate) login_callback: String,
    pub(crate) events: Vec<Event>,
    pub(crate) events_made: u32,
    pub(crate) mails: Vec<Mail>,
    pub(crate) requests: Vec<LoggedRequest>,
    pub(crate) pending: Vec<Reevaluation>,
    #[serde(default)]
    pub(crate) faults: Faults,
    /// Whether requests leave the clock where it is.
    #[serde(default)]
    frozen: bool,
    /// The id of the next object, if it is to be a certain one.
    planted: Option<ObjectId>,
    /// The region whose hosts are asked; where one port plays all hosts, none.
    #[serde(skip)]
    pub(crate) asked: Option<Region>,
    #[serde(skip)]
    pub(crate) directories: BTreeMap<OrgId, Directory>,
    #[serde(skip)]
    pub(crate) clients: BTreeMap<String, AppId>,
}

impl World {
    /// An empty world; the seed decides every id and secret made in it.
    pub fn new(seed: u64) -> World {
        World {
            seed,
            made: 0,
            dice: Dice::new(seed),
            now_ms: EPOCH_MS,
            settings: Settings::default(),
            organizations: BTreeMap::new(),
            keys: BTreeMap::new(),
            service_accounts: ServiceAccounts::default(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            apps: BTreeMap::new(),
            providers: BTreeMap::new(),
            policies: BTreeMap::new(),
            jobs: Jobs::default(),
            issuer: Issuer::default(),
            login_callback: "https://login.jumpcloud.com/oauth/callback".to_owned(),
            events: Vec::new(),
            events_made: 0,
            mails: Vec::new(),
            requests: Vec::new(),
            pending: Vec::new(),
            faults: Faults::default(),
            frozen: false,
            planted: None,
            asked: None,
            directories: BTreeMap::new(),
            clients: BTreeMap::new(),
        }
    }

    /// Lets time pass, and what is due by then happen.
    pub fn advance(&mut self, ms: u64) {
        self.now_ms = self.now_ms.saturating_add(ms);
        self.run_due_jobs();
        self.settle();
        self.land();
    }

    pub(crate) fn tick(&mut self) {
        self.advance(if self.frozen { 0 } else { TICK_MS });
    }

    /// Stops the clock, which then moves only by [`World::advance`], or lets each request advance it again.
    pub fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// Whether requests leave the clock where it is.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// The switches.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets one switch by its name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownSetting> {
        self.settings.set(name, value)
    }

    /// The issuer's identifier, with its last slash \[observed\].
    pub fn issuer(&self) -> &str {
        &self.issuer.url
    }

    /// Moves the issuer, such as to a port of this machine.
    pub fn set_issuer(&mut self, url: &str) {
        self.issuer.url = format!("{}/", url.trim_end_matches('/'));
    }

    /// Where the portal expects people back: the redirect URI that a federation's app must have \[doc\].
    pub fn login_callback(&self) -> &str {
        &self.login_callback
    }

    /// Moves the portal's callback.
    pub fn set_login_callback(&mut self, url: &str) {
        url.clone_into(&mut self.login_callback);
    }

    /// Has the next object that is made get this id: to build a model of organisations that are there already. Lists are
    /// in the order of ids, whenever their objects were made.
    pub fn plant_id(&mut self, id: impl Into<ObjectId>) {
        self.planted = Some(id.into());
    }

    pub(crate) fn new_id<T: From<ObjectId>>(&mut self) -> T {
        if let Some(id) = self.planted.take() {
            return id.into();
        }
        self.made = self.made.wrapping_add(1);
        let seconds = u32::try_from(self.now_ms / 1000).unwrap_or(u32::MAX);
        let origin = u32::try_from(self.seed & 0xffff_ffff).unwrap_or(0) ^ 0xac1f_5766;
        ObjectId::assemble(seconds, origin, self.made).into()
    }

    pub(crate) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}
