//! Queries that wait for their answer, as a pure state machine.

use std::collections::BTreeMap;

use mission_control_protocol::{DashboardId, ErrorCode, ProtocolError, QueryId};
use tokio::time::Instant;

use crate::log::Reply;

/// The queries that wait for their answer.
#[derive(Debug, Default)]
pub(crate) struct Queries(BTreeMap<QueryId, Waiting>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) dashboard_id: DashboardId,
    pub(crate) deadline: Instant,
    pub(crate) reply: Reply,
}

impl Queries {
    pub(crate) fn ask(&mut self, id: QueryId, waiting: Waiting) {
        self.0.insert(id, waiting);
    }

    /// The dashboard answers.
    ///
    /// # Errors
    /// `QUERY_UNKNOWN` when no such query waits for this dashboard.
    pub(crate) fn answer(&mut self, dashboard: &DashboardId, id: &QueryId) -> Result<Waiting, ProtocolError> {
        match self.0.get(id) {
            Some(waiting) if waiting.dashboard_id == *dashboard => self.0.remove(id),
            _ => None,
        }
        .ok_or_else(|| {
            ProtocolError::new(
                ErrorCode::QueryUnknown,
                format!("no query {id} waits for this dashboard; it was never asked, or its time is over."),
            )
        })
    }

    /// Takes out the queries whose time is over.
    pub(crate) fn overdue(&mut self, now: Instant) -> Vec<(QueryId, Waiting)> {
        self.0.extract_if(.., |_, waiting| now >= waiting.deadline).collect()
    }

    /// Takes out the queries to a dashboard that is gone.
    pub(crate) fn abandoned(&mut self, dashboard: &DashboardId) -> Vec<(QueryId, Waiting)> {
        self.0.extract_if(.., |_, waiting| waiting.dashboard_id == *dashboard).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    fn waiting(dashboard: &str, deadline: Instant) -> Waiting {
        Waiting { dashboard_id: DashboardId::new(dashboard).unwrap(), deadline, reply: oneshot::channel().0 }
    }

    #[test]
    fn a_query_is_answered_once_and_by_the_dashboard_that_was_asked() {
        let mut queries = Queries::default();
        let id = QueryId::new("q1").unwrap();
        queries.ask(id.clone(), waiting("a", Instant::now()));
        let [a, b] = ["a", "b"].map(|name| DashboardId::new(name).unwrap());
        assert_eq!(queries.answer(&b, &id).unwrap_err().code, ErrorCode::QueryUnknown);
        assert!(queries.answer(&a, &id).is_ok());
        assert_eq!(queries.answer(&a, &id).unwrap_err().code, ErrorCode::QueryUnknown);
    }

    #[test]
    fn a_query_ends_with_its_time_or_its_dashboard() {
        let mut queries = Queries::default();
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        for (name, dashboard, deadline) in [("q1", "a", 10), ("q2", "a", 20), ("q3", "b", 30)] {
            queries.ask(QueryId::new(name).unwrap(), waiting(dashboard, at(deadline)));
        }
        assert_eq!(queries.overdue(at(10)).len(), 1);
        assert_eq!(queries.abandoned(&DashboardId::new("a").unwrap()).len(), 1);
        assert_eq!(queries.overdue(at(100)).len(), 1);
    }
}
