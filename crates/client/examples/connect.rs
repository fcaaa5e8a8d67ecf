//! The code that *Connect a dashboard* shows, to see that it compiles. What runs is `quick_start`: this has placeholders.
#![allow(clippy::print_stdout, reason = "the snippet tells whoever runs it that it is registered")]

include!("../../../docs/quick-start/snippets/rust.rs");
