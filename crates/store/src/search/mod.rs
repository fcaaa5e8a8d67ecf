//! Search: a query language, what it matches, and how a log is searched with it.
//!
//! | module | holds |
//! |---|---|
//! | [`words`] | what a word is, and the words of a record |

mod texts;
pub mod words;
