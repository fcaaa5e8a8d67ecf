//! The two state machines of the wire, over all pairs.

use mission_control_protocol::{
    CommandStage,
    alert::{AlertState, AlertTransition},
};

#[test]
fn a_command_moves_only_along_its_life() {
    use CommandStage as S;
    let allowed = |from| -> &[S] {
        match from {
            S::Queued => &[S::Sent, S::Cancelled, S::Expired, S::Refused],
            S::Sent => {
                &[S::Accepted, S::Running, S::Succeeded, S::Failed, S::TimedOut, S::Cancelled, S::Refused]
            }
            S::Accepted | S::Running => &[S::Running, S::Succeeded, S::Failed, S::TimedOut, S::Cancelled],
            S::TimedOut => &[S::Succeeded, S::Failed, S::Cancelled],
            S::Succeeded | S::Failed | S::Cancelled | S::Expired | S::Refused => &[],
        }
    };
    for from in S::ALL {
        for to in S::ALL {
            assert_eq!(from.may_become(to), allowed(from).contains(&to), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_command_that_has_not_ended_can_always_end() {
    for stage in CommandStage::ALL.into_iter().filter(|stage| !stage.is_final()) {
        assert!(CommandStage::ALL.iter().any(|next| next.is_final() && stage.may_become(*next)), "{stage:?}");
    }
}

#[test]
fn an_alert_moves_only_along_its_life() {
    use AlertState as S;
    use AlertTransition as T;
    // From each state, what may follow and where it leads; nothing else may.
    let beside = [
        T::Repeated,
        T::Notified,
        T::Held,
        T::Assigned,
        T::Shelved,
        T::Unshelved,
        T::Noted,
        T::Flapping,
        T::Flapped,
        T::Steady,
    ];
    let table = |state: S, transition: T| match (state, transition) {
        (S::Raised, T::Acknowledged) => Some(S::Acknowledged),
        (S::Raised, T::Escalated) => Some(S::Raised),
        (S::Raised | S::Acknowledged, T::Resolved) => Some(S::Resolved),
        (S::Raised | S::Acknowledged, other) if beside.contains(&other) => Some(state),
        (S::Resolved, T::Reopened) => Some(S::Raised),
        (S::Resolved, T::Noted) => Some(S::Resolved),
        _ => None,
    };
    for state in [S::Raised, S::Acknowledged, S::Resolved] {
        for transition in T::ALL {
            assert_eq!(state.after(transition), table(state, transition), "{state:?} after {transition:?}");
        }
    }
}
