//! byname judges the `pkgs/by-name` structure of a Nixpkgs tree from its files alone.

#![forbid(unsafe_code)]

pub mod check;
pub mod eval;
pub mod nix;
pub mod nixpkgs;
pub mod report;
pub mod rules;
pub mod tree;
