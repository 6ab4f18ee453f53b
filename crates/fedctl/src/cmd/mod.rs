//! One command, one file.

pub mod adopt;
pub mod apply;
pub mod completions;
pub mod demo;
pub mod destroy;
pub mod doctor;
pub mod drift;
pub mod fleet;
pub mod init;
pub mod pause;
pub mod people;
pub mod plan;
pub mod resume;
pub mod rotate;
pub mod sandbox;
pub mod schema;
pub mod show;
pub mod status;
pub mod trace;
pub mod validate;
pub mod verify;
