//! One command, one file.

pub mod apply;
pub mod demo;
pub mod plan;
pub mod sandbox;
pub mod show;
pub mod trace;
pub mod validate;
pub mod verify;
