//! The Rust snippet of *Connect a dashboard*, as `build.rs` makes a program of it.
#![allow(unused_crate_dependencies, clippy::print_stdout, reason = "it is shown as it stands")]

include!(concat!(env!("OUT_DIR"), "/rust_snippet.rs"));
