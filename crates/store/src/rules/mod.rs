//! Rules: their text form, the built-in ones, and the evaluator that says of a stream of records when each holds.
//!
//! Pure: no I/O and no clock of its own. The hub runs it on what its log commits; back-tests run it on what was recorded.

mod back_test;
pub mod deviation;
mod evaluator;
mod peers;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod window;

pub use back_test::back_test;
pub use evaluator::{Evaluator, EvaluatorCounts, RuleStep, RuleSubject};
pub use text::{RuleFile, builtin};
