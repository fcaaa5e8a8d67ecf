//! One connection's messages, on their way to the log. Pure: decides what each becomes.

use mission_control_protocol::{
    CommandResult, DashboardId, EnrichedAlert, ErrorCode, ProtocolError, QueryResult, RecordKind,
    SessionEpoch, Severity, Timestamp, WorkflowUpdate,
    dashboard_wire::{DashboardMessage, ProgressStage},
    frame::{IncomingFrame, Publication},
};
use mission_control_store::{Entry, ProducerSequence};

use crate::{commands::Word, log, monitoring::SkewNotice};

/// What one registered connection may publish, and where its numbering stands.
#[derive(Debug)]
pub(crate) struct Intake {
    dashboard_id: DashboardId,
    epoch: SessionEpoch,
    is_backend: bool,
    /// The number that is due.
    expected: u64,
    skew: SkewNotice,
}

/// What a message becomes.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Nothing: it only says that the dashboard is there.
    Heard,
    /// An entry; with a notice for the producer, perhaps.
    Entry(Entry, Option<ProtocolError>),
    /// A status: an entry that a later one may stand for.
    Status(Entry),
    /// A backend's update: an entry, and a message to the dashboard it is about.
    Workflow(Entry, WorkflowUpdate),
    /// For the Alert Manager, under this number.
    Alert(EnrichedAlert, ProducerSequence, Option<ProtocolError>),
    /// For the Command Manager.
    Word(Word, Option<ProducerSequence>),
    /// Already kept, or on its way.
    Duplicate,
    /// The planned goodbye.
    Goodbye(String),
    /// Refused. A number that the refusal spends is given, so that the refusal can stand under it.
    Refused(ProtocolError, Option<ProducerSequence>),
}

enum Numbered {
    Next(ProducerSequence),
    Duplicate,
    Gap(ProtocolError),
}

impl Intake {
    /// A session whose numbering stands at `last_seq`.
    pub(crate) fn new(
        dashboard_id: DashboardId,
        epoch: SessionEpoch,
        is_backend: bool,
        last_seq: u64,
    ) -> Self {
        Self {
            dashboard_id,
            epoch,
            is_backend,
            expected: last_seq.saturating_add(1),
            skew: SkewNotice::default(),
        }
    }

    /// Takes a frame that was understood.
    pub(crate) fn take(&mut self, frame: IncomingFrame<'_>, now: Timestamp) -> Taken {
        match frame {
            IncomingFrame::Publication(publication) => self.publication(&publication, now),
            IncomingFrame::Message(message) => self.message(*message, now),
        }
    }

    /// Takes a frame that was not understood. Its number, if it was the one due, is spent all the same: one bad message
    /// must not hold up all that follow it.
    pub(crate) fn refuse(&mut self, error: ProtocolError) -> Taken {
        match error.seq.map(|seq| self.number(seq)) {
            Some(Numbered::Next(sequence)) => Taken::Refused(error, Some(sequence)),
            Some(Numbered::Duplicate) => Taken::Duplicate,
            Some(Numbered::Gap(gap)) => Taken::Refused(gap, None),
            None => Taken::Refused(error, None),
        }
    }

    fn publication(&mut self, publication: &Publication<'_>, now: Timestamp) -> Taken {
        let sequence = match self.number(publication.seq) {
            Numbered::Next(sequence) => sequence,
            Numbered::Duplicate => return Taken::Duplicate,
            Numbered::Gap(error) => return Taken::Refused(error, None),
        };
        if publication.dashboard_id != self.dashboard_id.as_str() {
            return self.wrong_dashboard(&publication.dashboard_id, Some(sequence));
        }
        let notice = self.skew.judge(now, publication.timestamp, sequence.seq);
        let entry = Entry {
            dashboard_id: self.dashboard_id.clone(),
            kind: publication.kind,
            severity: publication.severity,
            body: publication.body.to_owned(),
            producer: Some((self.dashboard_id.clone(), sequence)),
        };
        Taken::Entry(entry, notice)
    }

    fn message(&mut self, message: DashboardMessage, now: Timestamp) -> Taken {
        match message {
            DashboardMessage::Heartbeat => Taken::Heard,
            DashboardMessage::Status { status } => {
                if status.dashboard_id != self.dashboard_id {
                    return self.wrong_dashboard(status.dashboard_id.as_str(), None);
                }
                log::entry(self.dashboard_id.clone(), RecordKind::Status, Severity::Info, &status)
                    .map_or(Taken::Heard, Taken::Status)
            }
            DashboardMessage::Alert { seq, alert } => self.numbered(seq, |intake, sequence| {
                if alert.dashboard_id != intake.dashboard_id {
                    return intake.wrong_dashboard(alert.dashboard_id.as_str(), Some(sequence));
                }
                let notice = intake.skew.judge(now, alert.timestamp, seq);
                Taken::Alert(alert, sequence, notice)
            }),
            DashboardMessage::WorkflowUpdate { seq, update } => {
                self.numbered(seq, |intake, sequence| intake.workflow(update, sequence))
            }
            DashboardMessage::CommandProgress { command_id, stage, progress, message } => {
                progress_word(command_id, stage, progress, message)
            }
            DashboardMessage::CommandResult { seq, result } => self.result(seq, result),
            DashboardMessage::QueryResult(answer) => query_word(answer),
            DashboardMessage::ConfigResult { version, success, error } => {
                Taken::Word(Word::Configuration { version, success, error }, None)
            }
            DashboardMessage::Disconnect { reason } => Taken::Goodbye(reason),
            DashboardMessage::Register { .. } => Taken::Refused(
                ProtocolError::new(
                    ErrorCode::AlreadyRegistered,
                    format!(
                        "this connection is registered as {} already; open another one.",
                        self.dashboard_id
                    ),
                ),
                None,
            ),
            // The parser hands these over as publications.
            DashboardMessage::Event { .. }
            | DashboardMessage::Metrics { .. }
            | DashboardMessage::ResourceUsage { .. } => Taken::Heard,
        }
    }

    fn workflow(&self, update: WorkflowUpdate, sequence: ProducerSequence) -> Taken {
        if !self.is_backend {
            let error = ProtocolError::new(
                ErrorCode::NotABackend,
                format!(
                    "{} is not a backend; only a client that registered with `type` \"backend\" may publish \
                     WORKFLOW_UPDATE.",
                    self.dashboard_id
                ),
            );
            return Taken::Refused(error.about(Some(sequence.seq)), Some(sequence));
        }
        let severity = match update.state {
            mission_control_protocol::workflow::WorkflowState::Failed => Severity::Error,
            _ => Severity::Info,
        };
        match log::entry(update.dashboard_id.clone(), RecordKind::WorkflowUpdate, severity, &update) {
            Some(entry) => {
                let producer = Some((self.dashboard_id.clone(), sequence));
                Taken::Workflow(Entry { producer, ..entry }, update)
            }
            None => Taken::Heard,
        }
    }

    fn result(&mut self, seq: Option<u64>, result: CommandResult) -> Taken {
        match seq {
            Some(seq) => self.numbered(seq, |_, sequence| Taken::Word(Word::Result(result), Some(sequence))),
            None => Taken::Word(Word::Result(result), None),
        }
    }

    fn numbered(&mut self, seq: u64, take: impl FnOnce(&mut Self, ProducerSequence) -> Taken) -> Taken {
        match self.number(seq) {
            Numbered::Next(sequence) => take(self, sequence),
            Numbered::Duplicate => Taken::Duplicate,
            Numbered::Gap(error) => Taken::Refused(error, None),
        }
    }

    fn number(&mut self, seq: u64) -> Numbered {
        if seq < self.expected {
            return Numbered::Duplicate;
        }
        if seq > self.expected {
            let error = ProtocolError::new(
                ErrorCode::SequenceGap,
                format!("`seq` is {seq}, but {} is due; send from {} on.", self.expected, self.expected),
            );
            return Numbered::Gap(error.about(Some(seq)));
        }
        self.expected += 1;
        Numbered::Next(ProducerSequence { epoch: self.epoch, seq })
    }

    fn wrong_dashboard(&self, named: &str, sequence: Option<ProducerSequence>) -> Taken {
        let error = ProtocolError::new(
            ErrorCode::WrongDashboard,
            format!("`dashboardId` is {named}, but this connection is registered as {}.", self.dashboard_id),
        );
        Taken::Refused(error.about(sequence.map(|sequence| sequence.seq)), sequence)
    }
}

fn progress_word(
    id: mission_control_protocol::CommandId,
    stage: ProgressStage,
    progress: Option<f64>,
    message: Option<String>,
) -> Taken {
    Taken::Word(Word::Progress { id, stage, progress, message }, None)
}

fn query_word(answer: QueryResult) -> Taken {
    Taken::Word(Word::Answer(answer), None)
}

#[cfg(test)]
mod tests {
    use mission_control_protocol::frame;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn intake(last_seq: u64, is_backend: bool) -> Intake {
        Intake::new(
            DashboardId::new("energy-01").unwrap(),
            SessionEpoch(Uuid::from_u128(1)),
            is_backend,
            last_seq,
        )
    }

    fn now() -> Timestamp {
        "2026-11-22T20:00:00Z".parse().unwrap()
    }

    fn event(seq: u64, dashboard: &str) -> String {
        format!(
            r#"{{"type":"EVENT","seq":{seq},"event":{{"type":"X","dashboardId":"{dashboard}","timestamp":"2026-11-22T20:00:00Z"}}}}"#
        )
    }

    fn take(intake: &mut Intake, text: &str) -> Taken {
        match frame::parse(text) {
            Ok(frame) => intake.take(frame, now()),
            Err(error) => intake.refuse(error),
        }
    }

    fn code(taken: Taken) -> (ErrorCode, Option<u64>) {
        let Taken::Refused(error, spent) = taken else { panic!("not refused: {taken:?}") };
        (error.code, spent.map(|sequence| sequence.seq))
    }

    #[test]
    fn the_body_is_kept_as_it_came_under_its_number() {
        let Taken::Entry(entry, None) = take(&mut intake(4, false), &event(5, "energy-01")) else { panic!() };
        assert_eq!(
            entry.body.get(),
            r#"{"type":"X","dashboardId":"energy-01","timestamp":"2026-11-22T20:00:00Z"}"#
        );
        assert_eq!(entry.producer.unwrap().1.seq, 5);
    }

    #[test]
    fn a_bad_message_spends_its_number_and_holds_up_nothing() {
        let mut intake = intake(0, false);
        assert_eq!(
            code(take(&mut intake, r#"{"type":"EVENT","seq":1,"event":{}}"#)),
            (ErrorCode::InvalidMessage, Some(1))
        );
        assert_eq!(code(take(&mut intake, &event(2, "other"))), (ErrorCode::WrongDashboard, Some(2)));
        let update = r#"{"type":"WORKFLOW_UPDATE","seq":3,"update":{"dashboardId":"energy-01","workflowId":"w",
            "executionId":"e","state":"running","timestamp":"2026-11-22T20:00:00Z"}}"#;
        assert_eq!(code(take(&mut intake, update)), (ErrorCode::NotABackend, Some(3)));
        assert!(matches!(take(&mut intake, &event(4, "energy-01")), Taken::Entry(..)));
    }

    #[test]
    fn a_backends_update_is_recorded_under_the_dashboard_it_is_about() {
        let update = r#"{"type":"WORKFLOW_UPDATE","seq":1,"update":{"dashboardId":"energy-02","workflowId":"w",
            "executionId":"e","state":"failed","timestamp":"2026-11-22T20:00:00Z"}}"#;
        let Taken::Workflow(entry, _) = take(&mut intake(0, true), update) else { panic!() };
        assert_eq!(entry.dashboard_id.as_str(), "energy-02");
        assert_eq!(entry.severity, Severity::Error);
        assert_eq!(entry.producer.unwrap().0.as_str(), "energy-01");
    }

    proptest! {
        /// Whatever numbers come, what is kept counts up by one from where it stood.
        #[test]
        fn what_is_kept_has_no_gap_and_no_duplicate(
            last in 0..5_u64, numbers in prop::collection::vec(1..12_u64, 0..60)
        ) {
            let mut intake = intake(last, false);
            let mut kept = Vec::new();
            for seq in numbers {
                match take(&mut intake, &event(seq, "energy-01")) {
                    Taken::Entry(entry, _) => kept.push(entry.producer.unwrap().1.seq),
                    Taken::Duplicate => prop_assert!(seq <= last + kept.len() as u64),
                    Taken::Refused(error, None) => {
                        prop_assert_eq!(error.code, ErrorCode::SequenceGap);
                        prop_assert!(seq > last + kept.len() as u64 + 1);
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            let expected: Vec<_> = (last + 1..=last + kept.len() as u64).collect();
            prop_assert_eq!(kept, expected);
        }
    }
}
