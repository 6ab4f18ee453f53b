//! The program from outside, and the rules of this repository.

mod tidy;
