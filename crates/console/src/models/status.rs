//! How things look: every status the UI shows is decided here.

use mission_control_protocol::{
    CommandStage, Severity, alert::AlertState, record::Liveness, status::DashboardState,
};

use crate::view::{Status, frame::HubConnection};

/// The status of a dashboard: the worst of its liveness, its state and its open alerts.
///
/// Nothing is known of a dashboard whose hub is not connected, so that it is `off` whatever was known before. The
/// state counts only while the dashboard is there to have one; one that is lost needs a look, one that said goodbye does
/// not. An alert counts until somebody resolves it.
pub(crate) fn of_dashboard(
    hub_is_live: bool,
    liveness: Option<Liveness>,
    state: Option<DashboardState>,
    worst_open_alert: Option<Severity>,
) -> Status {
    if !hub_is_live {
        return Status::Off;
    }
    let by_state = of_state(state);
    let by_liveness = match liveness {
        Some(Liveness::Online) => by_state,
        Some(Liveness::Stale) => by_state.max(Status::Caution),
        Some(Liveness::Offline) => Status::Caution,
        Some(Liveness::Left) | None => Status::Off,
    };
    // A mild alert is no reason to look: it changes nothing of how the dashboard looks.
    let by_alert = worst_open_alert.filter(|severity| *severity >= Severity::Warning).map(of_alert);
    by_alert.map_or(by_liveness, |status| status.max(by_liveness))
}

/// The status of what a dashboard says of itself.
pub(crate) fn of_state(state: Option<DashboardState>) -> Status {
    match state {
        None | Some(DashboardState::Idle) => Status::Standby,
        Some(DashboardState::Active | DashboardState::Processing) => Status::Normal,
        Some(DashboardState::Error) => Status::Serious,
    }
}

/// The status of an open alert.
pub(crate) fn of_alert(severity: Severity) -> Status {
    match severity {
        Severity::Debug | Severity::Info => Status::Standby,
        Severity::Warning => Status::Caution,
        Severity::Error => Status::Serious,
        Severity::Critical => Status::Critical,
    }
}

/// The status of an alert in a list: one that is over is calm, however bad it was.
pub(crate) fn of_alert_in_state(severity: Severity, state: AlertState) -> Status {
    if state == AlertState::Resolved { Status::Off } else { of_alert(severity) }
}

/// The status of an event: normal activity is normal.
pub(crate) fn of_event(severity: Severity) -> Status {
    match severity {
        Severity::Debug => Status::Standby,
        Severity::Info => Status::Normal,
        Severity::Warning | Severity::Error | Severity::Critical => of_alert(severity),
    }
}

/// The status of a change of liveness.
pub(crate) fn of_liveness(liveness: Liveness) -> Status {
    match liveness {
        Liveness::Online => Status::Normal,
        Liveness::Stale | Liveness::Offline => Status::Caution,
        Liveness::Left => Status::Off,
    }
}

/// The status of a command.
pub(crate) fn of_stage(stage: CommandStage) -> Status {
    match stage {
        CommandStage::Queued | CommandStage::Sent | CommandStage::Accepted | CommandStage::Running => {
            Status::Standby
        }
        CommandStage::Succeeded => Status::Normal,
        CommandStage::Failed | CommandStage::TimedOut => Status::Serious,
        CommandStage::Expired | CommandStage::Refused => Status::Caution,
        CommandStage::Cancelled => Status::Off,
    }
}

/// The status of the connection to a hub. One that nobody will try again needs the operator.
pub(crate) fn of_hub(connection: &HubConnection) -> Status {
    match connection {
        HubConnection::Connecting | HubConnection::CatchingUp { .. } => Status::Standby,
        HubConnection::Live | HubConnection::Past { missing: 0, .. } => Status::Normal,
        // What was then is not known for sure.
        HubConnection::Past { .. } => Status::Standby,
        HubConnection::Cached { retry_at: Some(_), .. } => Status::Caution,
        HubConnection::Cached { retry_at: None, .. } => Status::Serious,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_liveness_state_and_alerts_wins() {
        use DashboardState::{Active, Error, Idle, Processing};
        use Liveness::{Left, Offline, Online, Stale};
        let table = [
            (Online, Some(Idle), None, Status::Standby),
            (Online, None, None, Status::Standby),
            (Online, Some(Active), None, Status::Normal),
            (Online, Some(Processing), None, Status::Normal),
            (Online, Some(Error), None, Status::Serious),
            (Online, Some(Active), Some(Severity::Info), Status::Normal),
            (Online, Some(Idle), Some(Severity::Info), Status::Standby),
            (Online, Some(Active), Some(Severity::Warning), Status::Caution),
            (Online, Some(Active), Some(Severity::Error), Status::Serious),
            (Online, Some(Error), Some(Severity::Warning), Status::Serious),
            (Online, Some(Idle), Some(Severity::Critical), Status::Critical),
            (Stale, Some(Active), None, Status::Caution),
            (Stale, Some(Idle), Some(Severity::Info), Status::Caution),
            (Stale, Some(Error), None, Status::Serious),
            (Offline, Some(Error), None, Status::Caution),
            (Offline, None, None, Status::Caution),
            (Offline, Some(Active), Some(Severity::Info), Status::Caution),
            (Offline, Some(Active), Some(Severity::Critical), Status::Critical),
            (Left, Some(Active), None, Status::Off),
            (Left, None, Some(Severity::Warning), Status::Caution),
        ];
        for (liveness, state, alert, expected) in table {
            let found = of_dashboard(true, Some(liveness), state, alert);
            assert_eq!(found, expected, "{liveness:?} {state:?} {alert:?}");
            assert_eq!(of_dashboard(false, Some(liveness), state, alert), Status::Off);
        }
    }

    #[test]
    fn a_hub_that_nobody_will_try_again_is_serious() {
        let cached = |retry_at| HubConnection::Cached { at: None, reason: String::new(), retry_at };
        assert_eq!(of_hub(&cached(None)), Status::Serious);
        assert_eq!(of_hub(&cached(Some(mission_control_protocol::Timestamp::default()))), Status::Caution);
    }
}
