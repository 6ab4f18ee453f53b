//! The program from outside, and the rules of this repository.

mod demo;
mod env;
mod http;
mod keys;
mod life;
mod machines;
mod objects;
mod output;
mod portal;
mod readme;
mod sandbox;
mod saved;
mod secrets;
mod story;
mod tidy;
mod usage;
mod world;
