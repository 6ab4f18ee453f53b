//! A JumpCloud to test against.
//!
//! [`World`] is the whole service as plain typed state: organisations, their API, the OAuth issuer, the portal. It does
//! no IO and has no clock, no randomness and no cryptography of its own, so the same seed and the same requests give the
//! same answers, and a clone of it is a second universe. [`World::answer`] is the API, [`World::sign_in`] asks whether a
//! person gets in and as whom. The feature `http` adds the face: a server, signatures, pages; the feature
//! `proxy` the same under the names of the service.
//!
//! Facts about the real service carry their source: **\[spec\]** the published OpenAPI files, **\[doc\]** a help page,
//! **\[observed\]** seen by somebody who ran against the live service, **\[inferred\]** concluded, **\[unknown\]**
//! nobody says; what is unknown is a switch of [`Settings`].

pub mod clock;
pub mod console;
pub mod fault;
pub mod fixture;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "proxy")]
pub mod proxy;
pub mod settings;

mod api;
mod id;
mod json;
mod message;
mod oauth;
mod query;
mod secret;
mod sign_in;
mod world;

pub use id::{AppId, GroupId, MalformedId, ObjectId, OrgId, PolicyId, ProviderId, UserId};
pub use message::{Host, Request, Response};
pub use oauth::{Authorize, Grant, OauthError, Redirect};
pub use secret::Secret;
pub use settings::{Setting, Settings, UnknownSetting};
pub use sign_in::{Hop, Obstacle, Route};
pub use world::World;
pub use world::apps::{App, ClientAuth, DynamicClaim, OidcSettings};
pub use world::events::{Change, Event, EventKind, FieldChange, Initiator, Resource};
pub use world::groups::{Group, Membership};
pub use world::journal::{LoggedRequest, Mail, MailKind};
pub use world::organizations::{Key, Organization, Region, Role};
pub use world::policies::Policy;
pub use world::providers::{Provider, ProviderKind};
pub use world::rules::Rule;
pub use world::service_accounts::ServiceAccount;
pub use world::state::ImportError;
pub use world::user_fields::{Flag, TextField};
pub use world::users::{AdminRole, Attribute, NewUser, Restriction, RestrictionKind, State, User};
