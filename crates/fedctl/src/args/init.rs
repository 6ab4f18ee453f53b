//! What `init` is told.

use std::path::PathBuf;

/// `init`
#[derive(Debug, clap::Args)]
pub struct Init {
    /// Write it from what stands in both organisations
    #[arg(long, required = true)]
    pub from_live: bool,
    /// Where people authenticate: the name of the credentials that open it, its id, and its region if that is not `us`
    #[arg(long, value_name = "CREDENTIALS=ID[@REGION]", value_parser = organization)]
    pub primary: Organization,
    /// Where they want to sign in, in the same way
    #[arg(long, value_name = "CREDENTIALS=ID[@REGION]", value_parser = organization)]
    pub secondary: Organization,
    /// What the federation is called from now on [default: the two names of credentials with `-to-` between them]
    #[arg(long, value_name = "NAME")]
    pub federation: Option<String>,
    /// Both organisations are played by this simulator
    #[arg(long, value_name = "URL")]
    pub sandbox: Option<String>,
    /// The routing policy that is meant, where several could be
    #[arg(long, value_name = "NAME|ID")]
    pub routing_policy: Option<String>,
    /// The group of that policy that is meant, where it applies to several
    #[arg(long, value_name = "NAME|ID")]
    pub routing_group: Option<String>,
    /// Write it into a new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// An organisation and what opens it, as they are named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The name of the credentials.
    pub credentials: String,
    /// Its id.
    pub id: String,
    /// Where it is hosted.
    pub region: Option<String>,
}

/// An organisation, such as `acme=5f0c0d3e9b1e8a0001a1b2c3@eu`.
fn organization(text: &str) -> Result<Organization, String> {
    let (credentials, place) = text
        .split_once('=')
        .ok_or("write the name of credentials and an id, such as `acme=5f0c0d3e9b1e8a0001a1b2c3`")?;
    let (id, region) = place.split_once('@').map_or((place, None), |(id, region)| (id, Some(region.to_owned())));
    Ok(Organization { credentials: credentials.to_owned(), id: id.to_owned(), region })
}
