//! Lets writes through while the leases are held.

use std::time::Duration;

use fedctl_core::request::{Ask, Outcome, Request};

use super::Leases;
use crate::{Reads, Writes};

/// Organisations that are written to while the leases are held.
///
/// What carries a secret goes through nonetheless: it ends the section that an earlier request began while the leases were
/// held, and cutting that off in the middle could leave both organisations with different secrets.
pub struct Leased<'a, W> {
    organizations: &'a W,
    leases: &'a Leases,
}

impl<'a, W> Leased<'a, W> {
    /// Puts the leases before the organisations.
    pub fn new(organizations: &'a W, leases: &'a Leases) -> Self {
        Self { organizations, leases }
    }
}

impl<W: Reads> Reads for Leased<'_, W> {
    async fn ask(&self, ask: Ask) -> Outcome {
        self.organizations.ask(ask).await
    }

    async fn pause(&self, wanted: Duration) {
        self.organizations.pause(wanted).await;
    }
}

impl<W: Writes> Writes for Leased<'_, W> {
    async fn write(&self, request: Request) -> Outcome {
        match self.leases.check().await {
            Err(why) if request.secrets.is_empty() => Outcome::NotSent(format!("the lease was lost: {why}")),
            Ok(()) | Err(_) => self.organizations.write(request).await,
        }
    }
}
