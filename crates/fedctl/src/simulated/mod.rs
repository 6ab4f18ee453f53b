//! Two simulated organisations: as a server, and as a story.

pub mod browser;
pub mod settings;
pub mod world;
