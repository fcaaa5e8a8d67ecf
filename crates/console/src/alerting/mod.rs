//! What operators do about alerts beyond one alert: changes to rules and silences, trying a rule on the log at hand, and
//! counting how it went. Reads the disk on threads that may block; the core takes no part in it.

mod back_test;
mod requests;
mod statistics;

pub(crate) use requests::AlertingTurns;
