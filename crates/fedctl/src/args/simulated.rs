//! What the commands of the simulator are told.

use std::net::SocketAddr;
use std::path::PathBuf;

/// `sandbox`
#[derive(Debug, clap::Args)]
pub struct Sandbox {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,
    /// Let other machines in, who reach it by this name, such as `sim.example:8480`; `/__sim/` then asks for the token that is
    /// printed
    #[arg(long, value_name = "HOST")]
    pub expose: Option<String>,
    /// `demo`, `by-hand` (the same, federated by hand), `empty`, or a file with a world
    #[arg(long, default_value = "demo")]
    pub world: String,
    /// How many people the primary organisation of the demo world has
    #[arg(long, default_value_t = 240)]
    pub people: usize,
    /// Same seed, same world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A setting of the simulator; can be given several times
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    pub settings: Vec<String>,
    /// Print every setting of the simulator with its default, what it takes and what it decides, and serve nothing
    #[arg(long)]
    pub list_settings: bool,
    /// Write a spec for these two organisations, and their keys, into this folder
    #[arg(long, value_name = "DIR")]
    pub write_spec: Option<PathBuf>,
    /// Be an HTTPS proxy, too, that plays JumpCloud's own hosts and leads nowhere else [default port: any]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:0")]
    pub proxy: Option<SocketAddr>,
}

/// `demo`
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// How many people the primary organisation has
    #[arg(long, default_value_t = 240)]
    pub people: usize,
    /// Same seed, same world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
