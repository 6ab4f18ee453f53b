//! The program from outside, and the rules of this repository.

mod adopt;
mod demo;
mod endless;
mod env;
mod faults;
mod hostile;
mod howto;
mod http;
mod keys;
mod life;
mod machines;
mod objects;
mod operator;
mod output;
mod picture;
mod portal;
mod readme;
mod sandbox;
mod saved;
mod secrets;
mod signed_in;
mod story;
mod tidy;
mod usage;
mod world;
