//! Search: a query language, what it matches, and how a log is searched with it.
//!
//! | module | holds |
//! |---|---|
//! | [`query`] | the language: from a text to a tree and back, what is wrong with it, what could come next |
//! | [`words`] | what a word is, and the words of a record |
//! | `evaluate`, `texts`, `values`, `needle` | whether a record is what a query asks for |
//! | `plan` | what can be said of every such record, so that whole stretches are skipped |
//! | `run`, `tally` | a page of hits and where to go on; counts over all hits, a piece at a time |

mod evaluate;
#[cfg(test)]
mod evaluate_tests;
mod needle;
mod plan;
pub mod query;
mod run;
#[cfg(test)]
mod run_tests;
mod sets;
mod tally;
mod texts;
mod values;
pub mod words;

pub use evaluate::{Facts, Matcher, RecordView, UseCases, type_of};
pub use plan::{Plan, Requirements};
pub use run::{Effort, Hits};
pub use sets::{KindSet, SeveritySet};
pub use tally::{Span, Tally};
