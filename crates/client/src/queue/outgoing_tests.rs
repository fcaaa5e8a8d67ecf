//! Numbers, order and bounds, one case each. Every order of everything is in `model_tests`.

use std::sync::Arc;

use mission_control_protocol::{
    Alert, CommandId, CommandResult, DashboardConfig, DashboardEvent, DashboardId, DashboardMetrics,
    ErrorCode, SessionEpoch, Severity, Timestamp,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    change::{Change, Placed, SessionRecord, StoredQueue},
    outgoing::{OutgoingQueue, Resumption},
    overflow::WhenFull,
};
use crate::{
    enrichment::Identity,
    message::{Publication, QueuedMessage},
};

pub(super) const EPOCH: SessionEpoch = SessionEpoch(Uuid::from_u128(1));
pub(super) const FRESH: SessionEpoch = SessionEpoch(Uuid::from_u128(2));
pub(super) fn now() -> Timestamp {
    Timestamp::from_milliseconds(0)
}
pub(super) const ROOMY: usize = 1 << 30;

pub(super) fn identity() -> Arc<Identity> {
    let config = DashboardConfig {
        id: DashboardId::new("d").unwrap(),
        kind: "run-dashboard".into(),
        use_case: "tests".into(),
        version: "1".into(),
        capabilities: vec![],
        metadata: Default::default(),
    };
    Arc::new(Identity::new(&config, "s".into()))
}

pub(super) fn event(n: u64) -> QueuedMessage {
    message(DashboardEvent { kind: "E".into(), severity: Severity::Info, payload: json!({"n": n}) })
}

pub(super) fn metrics() -> QueuedMessage {
    message(DashboardMetrics::default())
}

pub(super) fn alert(n: u64) -> QueuedMessage {
    message(Alert {
        kind: "A".into(),
        severity: Severity::Error,
        title: n.to_string(),
        message: String::new(),
        actions: vec![],
        condition: Default::default(),
        fingerprint: None,
    })
}

pub(super) fn result() -> QueuedMessage {
    QueuedMessage::command_result(&CommandResult {
        command_id: CommandId::new("c").unwrap(),
        success: true,
        result: None,
        error: None,
        duration: None,
    })
    .unwrap()
}

fn message(publication: impl Into<Publication>) -> QueuedMessage {
    identity().enrich(publication.into(), None).unwrap()
}

/// What a storage would hold after the changes made.
#[derive(Debug, Default, Clone)]
pub(super) struct Kept {
    pub(super) session: Option<SessionRecord>,
    messages: std::collections::BTreeMap<u64, QueuedMessage>,
}

impl Kept {
    pub(super) fn make(&mut self, change: &Change) {
        if change.replaces_everything {
            self.messages.clear();
        }
        self.session = Some(change.session);
        self.messages.retain(|place, _| *place > change.released_through && !change.remove.contains(place));
        self.messages.extend(change.put.iter().map(|placed| (placed.place, placed.message.clone())));
    }

    pub(super) fn stored(&self) -> Option<StoredQueue> {
        let messages =
            self.messages.iter().map(|(&place, message)| Placed { place, message: message.clone() });
        Some(StoredQueue { session: self.session?, messages: messages.collect() })
    }

    /// A queue that goes on with it.
    pub(super) fn queue(&self, capacity: usize, when_full: WhenFull) -> OutgoingQueue {
        let mut queue = OutgoingQueue::new(EPOCH, capacity, when_full, identity());
        match self.stored() {
            Some(stored) => queue.restore(stored),
            None => {
                queue.keep_everything();
                queue
            }
        }
    }
}

fn queue(events: u64) -> OutgoingQueue {
    let mut queue = Kept::default().queue(ROOMY, WhenFull::Wait);
    for n in 1..=events {
        queue.publish(event(n), now());
    }
    queue
}

fn number(queue: &mut OutgoingQueue) {
    queue.number(ROOMY, now());
}

fn store(queue: &mut OutgoingQueue, kept: &mut Kept) {
    if let Some(change) = queue.take_change() {
        kept.make(&change);
        queue.settle(&change);
    }
}

fn drain(queue: &mut OutgoingQueue, stored_only: bool) -> Vec<Value> {
    std::iter::from_fn(|| queue.next_frame(stored_only))
        .map(|frame| serde_json::from_str(&frame).unwrap())
        .collect()
}

fn numbers(queue: &mut OutgoingQueue) -> Vec<u64> {
    drain(queue, false).iter().map(|message| message["seq"].as_u64().unwrap()).collect()
}

#[test]
fn a_number_is_given_only_to_what_is_about_to_be_sent() {
    let mut queue = queue(5);
    assert_eq!(numbers(&mut queue), [0; 0]);
    number(&mut queue);
    assert_eq!(numbers(&mut queue), [1, 2, 3, 4, 5]);
}

#[test]
fn what_is_unacknowledged_is_sent_again_on_the_next_connection() {
    let mut queue = queue(5);
    number(&mut queue);
    drain(&mut queue, false);
    assert_eq!(queue.acknowledge(2), 2);
    assert_eq!(queue.resume(3, FRESH), Resumption::Continued);
    assert_eq!(numbers(&mut queue), [4, 5]);
}

#[test]
fn a_hub_that_forgot_gets_a_new_session_with_all_that_is_left() {
    let mut queue = queue(5);
    let mut kept = Kept::default();
    number(&mut queue);
    store(&mut queue, &mut kept);
    drain(&mut queue, true);
    queue.acknowledge(3);
    assert_eq!(queue.resume(1, FRESH), Resumption::NewSession);
    assert_eq!(queue.epoch(), FRESH);
    number(&mut queue);
    // The storage has them, but not under these numbers.
    assert_eq!(drain(&mut queue, true).len(), 0);
    store(&mut queue, &mut kept);
    assert_eq!(kept.session.unwrap().epoch, FRESH);
    assert_eq!(numbers(&mut queue), [1, 2]);
    queue.assert_consistent();
}

#[test]
fn a_hub_that_has_more_than_the_storage_kept_is_believed() {
    let mut queue = queue(2);
    number(&mut queue);
    assert_eq!(queue.resume(7, FRESH), Resumption::Continued);
    queue.publish(event(3), now());
    number(&mut queue);
    let messages = drain(&mut queue, false);
    assert_eq!((&messages[0]["seq"], &messages[0]["event"]["payload"]["n"]), (&json!(8), &json!(3)));
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_changes_nothing() {
    let mut queue = queue(2);
    number(&mut queue);
    assert_eq!(queue.acknowledge(1), 0);
    assert_eq!(queue.len(), 2);
}

#[test]
fn nothing_goes_on_the_wire_before_the_storage_has_its_number() {
    let mut queue = queue(2);
    let mut kept = Kept::default();
    store(&mut queue, &mut kept);
    number(&mut queue);
    assert!(!queue.has_sendable(true));
    let change = queue.take_change().unwrap();
    queue.publish(event(3), now());
    number(&mut queue);
    queue.settle(&change);
    // The third came after the change.
    assert_eq!(drain(&mut queue, true).len(), 2);
}

#[test]
fn a_restart_goes_on_where_the_storage_is() {
    let mut queue = queue(4);
    let mut kept = Kept::default();
    number(&mut queue);
    queue.publish(event(5), now());
    store(&mut queue, &mut kept);
    drain(&mut queue, true);
    queue.acknowledge(1);
    store(&mut queue, &mut kept);
    queue.publish(event(6), now());
    let mut queue = kept.queue(ROOMY, WhenFull::Wait);
    assert_eq!((queue.epoch(), queue.publications(), queue.acknowledged()), (EPOCH, 5, 1));
    assert_eq!(queue.resume(2, FRESH), Resumption::Continued);
    assert_eq!(queue.publish(event(6), now()).1, 6);
    number(&mut queue);
    store(&mut queue, &mut kept);
    let messages = drain(&mut queue, true);
    let sent: Vec<_> = messages.iter().map(|sent| (&sent["seq"], &sent["event"]["payload"]["n"])).collect();
    assert_eq!(sent, [3, 4, 5, 6].map(|n| json!(n)).each_ref().map(|n| (n, n)));
}

#[test]
fn what_was_acknowledged_is_forgotten_later_and_not_at_once() {
    let mut queue = queue(1);
    let mut kept = Kept::default();
    number(&mut queue);
    store(&mut queue, &mut kept);
    drain(&mut queue, true);
    queue.acknowledge(1);
    assert!(!queue.has_urgent_change() && queue.has_change());
    store(&mut queue, &mut kept);
    assert_eq!(kept.stored().unwrap().messages, []);
    assert!(!queue.has_change());
}

#[test]
fn a_refused_number_is_spent_and_an_event_says_so() {
    let mut queue = queue(3);
    number(&mut queue);
    drain(&mut queue, false);
    assert!(queue.refuse(2, ErrorCode::InvalidMessage, "because", now()).is_some());
    assert!(queue.refuse(9, ErrorCode::InvalidMessage, "because", now()).is_none());
    queue.acknowledge(3);
    number(&mut queue);
    let messages = drain(&mut queue, false);
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["seq"], &messages[0]["event"]["type"]), (&json!(4), &json!("MESSAGE_REFUSED")));
    assert_eq!(messages[0]["event"]["payload"]["subject"], "E");
    // That is the end of it.
    assert!(queue.refuse(4, ErrorCode::InvalidMessage, "again", now()).is_none());
}

#[test]
fn a_frame_too_large_is_replaced_before_or_after_it_has_a_number() {
    let mut queue = Kept::default().queue(ROOMY, WhenFull::Wait);
    let large = || {
        let payload = json!("x".repeat(2_000));
        message(DashboardEvent { kind: "LARGE".into(), severity: Severity::Info, payload })
    };
    queue.publish(large(), now());
    assert_eq!(queue.number(1_000, now()), 1);
    assert_eq!(drain(&mut queue, false)[0]["event"]["payload"]["code"], "FRAME_TOO_LARGE");
    queue.publish(large(), now());
    number(&mut queue);
    queue.resume(1, FRESH);
    assert_eq!(queue.replace_too_large(1_000, now()), 1);
    assert_eq!(queue.replace_too_large(1_000, now()), 0);
    let messages = drain(&mut queue, false);
    assert_eq!((&messages[0]["seq"], &messages[0]["event"]["type"]), (&json!(2), &json!("MESSAGE_REFUSED")));
    queue.assert_consistent();
}

/// Publishes 6 alerts, 6 metrics and then events until there is no room, 30 at most; returns how many of these.
fn crowd(queue: &mut OutgoingQueue) -> u64 {
    for n in 1..=6 {
        queue.publish(alert(n), now());
    }
    for _ in 1..=6 {
        queue.publish(metrics(), now());
    }
    let events = (1..=30).take_while(|&n| queue.room() > 0 && queue.publish(event(n), now()).0 > 0).count();
    queue.assert_consistent();
    events as u64
}

fn overflows(messages: &[Value]) -> Vec<&Value> {
    messages.iter().map(|sent| &sent["event"]).filter(|event| event["type"] == "QUEUE_OVERFLOW").collect()
}

#[test]
fn measurements_go_first_and_then_publishers_wait() {
    let mut queue = Kept::default().queue(4_000, WhenFull::Wait);
    let events = crowd(&mut queue);
    assert!(events < 30 && queue.room() == 0);
    number(&mut queue);
    let mut messages = drain(&mut queue, false);
    queue.acknowledge(queue.last_sent());
    number(&mut queue);
    messages.extend(drain(&mut queue, false));
    assert_eq!(messages.iter().filter(|sent| sent["type"] == "ALERT").count(), 6);
    assert_eq!(messages.iter().filter(|sent| sent["type"] == "METRICS").count(), 0);
    let kept: Vec<_> = messages.iter().filter_map(|sent| sent["event"]["payload"]["n"].as_u64()).collect();
    assert_eq!(kept, (1..=events).collect::<Vec<_>>());
    let told = overflows(&messages);
    assert_eq!((told.len(), &told[0]["severity"]), (1, &json!("warning")));
    assert_eq!(told[0]["payload"]["dropped"], json!({"METRICS": 6}));
    assert_eq!(told[0]["payload"]["count"], queue.dropped());
}

#[test]
fn the_oldest_events_go_next_where_publishers_cannot_wait_and_alerts_last() {
    let mut queue = Kept::default().queue(4_000, WhenFull::DropOldest);
    assert_eq!(crowd(&mut queue), 30);
    assert!(queue.size() <= 4_000);
    let mut messages = vec![];
    while !queue.is_empty() {
        number(&mut queue);
        messages.extend(drain(&mut queue, false));
        queue.acknowledge(queue.last_sent());
    }
    assert_eq!(messages.iter().filter(|sent| sent["type"] == "ALERT").count(), 6);
    let kept: Vec<_> = messages.iter().filter_map(|sent| sent["event"]["payload"]["n"].as_u64()).collect();
    // The newest are the ones that stay.
    assert_eq!(kept, (31 - kept.len() as u64..=30).collect::<Vec<_>>());
    let told = overflows(&messages);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["payload"]["dropped"], json!({"METRICS": 6, "EVENT E": 30 - kept.len()}));
}

#[test]
fn dropped_alerts_make_the_count_an_error() {
    let mut queue = Kept::default().queue(2_000, WhenFull::DropOldest);
    for n in 1..=40 {
        queue.publish(alert(n), now());
    }
    number(&mut queue);
    queue.acknowledge(0);
    let mut messages = drain(&mut queue, false);
    queue.acknowledge(queue.last_sent());
    number(&mut queue);
    messages.extend(drain(&mut queue, false));
    let told = overflows(&messages);
    assert_eq!(told[0]["severity"], "error");
    assert_eq!(told[0]["payload"]["dropped"], json!({"ALERT A": queue.dropped()}));
}

#[test]
fn what_has_a_number_is_never_dropped() {
    let mut queue = Kept::default().queue(4_000, WhenFull::DropOldest);
    for n in 1..=4 {
        queue.publish(event(n), now());
    }
    number(&mut queue);
    for n in 1..=40 {
        queue.publish(alert(n), now());
    }
    assert_eq!(numbers(&mut queue)[..4], [1, 2, 3, 4]);
    queue.assert_consistent();
}

#[test]
fn results_nobody_can_hold_back_have_a_bound_too() {
    let mut queue = Kept::default().queue(4_000, WhenFull::Wait);
    crowd(&mut queue);
    for _ in 0..100 {
        queue.push(result(), now());
        queue.assert_consistent();
        assert!(queue.size() <= 5_000, "{}", queue.size());
    }
}

#[test]
fn what_could_not_be_read_before_is_taken_in_before_what_has_no_number() {
    let mut earlier = queue(3);
    let mut kept = Kept::default();
    number(&mut earlier);
    store(&mut earlier, &mut kept);
    let mut queue = queue(2);
    number(&mut queue);
    queue.publish(event(6), now());
    let moved = queue.absorb(kept.stored().unwrap());
    assert_eq!(moved.len(), 3);
    queue.keep_everything();
    let mut kept = Kept::default();
    number(&mut queue);
    store(&mut queue, &mut kept);
    let contents: Vec<_> =
        drain(&mut queue, true).iter().map(|sent| sent["event"]["payload"]["n"].clone()).collect();
    assert_eq!(contents, [1, 2, 1, 2, 3, 6]);
    assert_eq!(queue.publications(), 6);
    queue.assert_consistent();
}
