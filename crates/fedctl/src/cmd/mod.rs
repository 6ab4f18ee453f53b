//! One command, one file.

pub mod adopt;
pub mod apply;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod drift;
pub mod people;
pub mod plan;
pub mod sandbox;
pub mod schema;
pub mod show;
pub mod status;
pub mod trace;
pub mod validate;
pub mod verify;
