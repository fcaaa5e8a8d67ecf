//! The time conductor's engine: which instant every view shows, and what the logs say of it.
//!
//! The present goes on underneath: links, caches and notifications know nothing of a replay. Only what views are
//! computed from is exchanged for what was known at the instant.

mod changes;
mod conductor;
mod instants;
mod timeline;

use std::{sync::mpsc as thread_mpsc, thread};

use mission_control_protocol::Timestamp;
use tokio::{sync::mpsc, time::Instant};

pub(crate) use conductor::{Conductor, SPEEDS};
pub(crate) use instants::{HubInstant, InstantReader, LogOf, step};
pub(crate) use timeline::{TimelineSource, read as read_timeline};

use crate::{
    core::CoreMessage,
    models::Knowledge,
    view::{HubKey, conductor::ConductorView},
};

/// What was read of an instant.
pub(crate) struct ReadInstant {
    /// Which reading it is.
    pub(crate) number: u64,
    /// Of what instant.
    pub(crate) at: Timestamp,
    /// What each hub's log says of it.
    pub(crate) hubs: Vec<(HubKey, HubInstant)>,
}

struct Order {
    number: u64,
    at: Timestamp,
    logs: Vec<LogOf>,
}

/// What is shown of the past.
pub(crate) struct Shown {
    pub(crate) at: Timestamp,
    pub(crate) knowledge: Knowledge,
    last_record_at: Option<Timestamp>,
}

/// Which instant is shown.
#[derive(Default)]
pub(crate) struct Replay {
    pub(crate) conductor: Conductor,
    shown: Option<Shown>,
    /// The thread that reads instants; none while live.
    reader: Option<thread_mpsc::Sender<Order>>,
    /// Number of the last reading.
    number: u64,
    /// Whether that is still on its way, and of what instant it is.
    reading: Option<Timestamp>,
    /// The logs say more of the instant, or something else, than when it was last asked for.
    is_outdated: bool,
}

impl Replay {
    /// What is shown of the past; `None` while live, and until the first instant was read.
    pub(crate) fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    pub(crate) fn is_live(&self) -> bool {
        self.conductor == Conductor::Live
    }

    /// As the frame tells it.
    pub(crate) fn view(&self, now: Instant) -> ConductorView {
        match self.conductor.position(now) {
            None => ConductorView::Live,
            Some(position) => {
                let shown = self.shown.as_ref();
                // While it plays, the views are a moment behind; what they show is what is told.
                let at = match shown {
                    Some(shown) if self.conductor.speed().is_some() => shown.at,
                    _ => position,
                };
                ConductorView::Past {
                    at,
                    speed: self.conductor.speed(),
                    is_loading: shown
                        .is_none_or(|shown| self.conductor.speed().is_none() && shown.at != position),
                    last_record_at: shown.and_then(|shown| shown.last_record_at),
                }
            }
        }
    }

    /// Back to the present.
    pub(crate) fn go_live(&mut self) {
        self.conductor = Conductor::Live;
        self.shown = None;
        self.reader = None;
        self.reading = None;
        self.is_outdated = false;
    }

    /// A log has another past now: what was read of it, and what is being read, counts no more.
    pub(crate) fn past_changed(&mut self) {
        self.reader = None;
        self.reading = None;
        self.number += 1;
        self.is_outdated = true;
    }

    /// Records of the past came, from a hub that is catching up: what was read is folded on.
    pub(crate) fn past_grew(&mut self) {
        self.is_outdated = true;
    }

    /// Has the instant that is to be shown read, unless it is shown, or another is being read: then that one's arrival
    /// is the time to ask again.
    pub(crate) fn read(
        &mut self,
        now: Instant,
        logs: impl FnOnce() -> Vec<LogOf>,
        messages: &mpsc::WeakSender<CoreMessage>,
    ) {
        let Some(at) = self.conductor.position(now) else { return };
        let is_shown = self.shown.as_ref().is_some_and(|shown| shown.at == at && !self.is_outdated);
        if self.reading.is_some() || is_shown {
            return;
        }
        self.number += 1;
        self.is_outdated = false;
        let mut order = Order { number: self.number, at, logs: logs() };
        if let Some(reader) = &self.reader {
            match reader.send(order) {
                Ok(()) => {
                    self.reading = Some(at);
                    return;
                }
                // The thread has ended; another takes its place.
                Err(returned) => order = returned.0,
            }
        }
        let (orders, waiting) = thread_mpsc::channel();
        let messages = messages.clone();
        let started =
            thread::Builder::new().name("replay".to_owned()).spawn(move || serve(&waiting, &messages));
        match started {
            Ok(_) => {
                let _ = orders.send(order);
                self.reader = Some(orders);
                self.reading = Some(at);
            }
            Err(error) => tracing::error!(%error, "the past cannot be read: its thread cannot be started"),
        }
    }

    /// Takes what was read, unless it is wanted no more. Returns whether it is shown now.
    pub(crate) fn take(&mut self, read: ReadInstant, present: &Knowledge) -> bool {
        if read.number != self.number || self.is_live() {
            return false;
        }
        self.reading = None;
        let mut instants = read.hubs;
        let hubs = present.hubs.iter().map(|hub| {
            let index = instants.iter().position(|(key, _)| *key == hub.key);
            let instant = index.map(|index| instants.swap_remove(index).1).unwrap_or_default();
            hub.past(read.at, instant)
        });
        let knowledge = Knowledge {
            hubs: hubs.collect(),
            preferences: present.preferences.clone(),
            notification_policy: present.notification_policy.clone(),
            notifications: present.notifications.clone(),
            data_directory: present.data_directory.clone(),
            notices: present.notices.clone(),
        };
        let last_record_at = knowledge.hubs.iter().filter_map(|hub| hub.projection.last_at).max();
        self.shown = Some(Shown { at: read.at, knowledge, last_record_at });
        true
    }
}

/// Reads instants one after the other, until nobody asks any more.
fn serve(orders: &thread_mpsc::Receiver<Order>, messages: &mpsc::WeakSender<CoreMessage>) {
    let mut reader = InstantReader::default();
    while let Ok(Order { number, at, logs }) = orders.recv() {
        let read = ReadInstant { number, at, hubs: reader.read(&logs, at) };
        let Some(messages) = messages.upgrade() else { return };
        if messages.blocking_send(CoreMessage::InstantRead(read)).is_err() {
            return;
        }
    }
}
