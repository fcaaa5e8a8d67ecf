//! The core's part of a replay: moving the conductor, having instants read, exchanging what views are computed from.

use std::time::Duration;

use mission_control_protocol::{Record, Timestamp};
use tokio::{sync::oneshot, time::Instant};

use super::{Core, CoreMessage};
use crate::{
    models::Knowledge,
    replay::{LogOf, ReadInstant, SPEEDS, TimelineSource, read_timeline, step},
    view::{
        conductor::{ConductTime, Timeline, TimelineRequest},
        requests::{RequestError, RequestErrorCode},
    },
};

/// Time between two instants of what plays.
const FRAME: Duration = Duration::from_millis(100);

/// Time between two readings of a dashboard's charts and events while the past plays.
const FEED_FRAME: Duration = Duration::from_secs(1);

type Reply<T> = oneshot::Sender<Result<T, RequestError>>;

impl Core {
    /// What views are computed from.
    pub(super) fn shown(&self) -> &Knowledge {
        self.replay.shown().map_or(&self.knowledge, |shown| &shown.knowledge)
    }

    /// The instant that views show.
    pub(super) fn shown_now(&self) -> Timestamp {
        self.replay.shown().map_or_else(|| self.now(), |shown| shown.at)
    }

    pub(super) fn conduct(&mut self, request: ConductTime, reply: Reply<()>) {
        let (instant, present) = (Instant::now(), self.now());
        let conductor = self.replay.conductor;
        self.replay.conductor = match request {
            ConductTime::Live => super::Conductor::Live,
            ConductTime::Seek { at } => super::Conductor::seek(at, present),
            ConductTime::Play { speed } if !speed.is_finite() || !SPEEDS.contains(&speed) => {
                let message = format!("The speed must be from {} to {}.", SPEEDS.start(), SPEEDS.end());
                let _ = reply.send(Err(RequestError::new(RequestErrorCode::InvalidInput, message)));
                return;
            }
            ConductTime::Play { speed } => conductor.play(speed, instant),
            ConductTime::Pause => conductor.pause(instant, present),
            ConductTime::Step { to, backwards } => {
                let at = conductor.position(instant).unwrap_or(present);
                let (logs, messages) = (self.logs(), self.messages_in.clone());
                tokio::task::spawn_blocking(move || {
                    let found = step(&logs, at, to, backwards).map_err(|error| unreadable(&error));
                    if let Some(messages) = messages.upgrade() {
                        let _ = messages.blocking_send(CoreMessage::Stepped { found, reply });
                    }
                });
                return;
            }
        };
        self.conducted();
        let _ = reply.send(Ok(()));
    }

    pub(super) fn stepped(&mut self, found: Result<Option<Timestamp>, RequestError>, reply: Reply<()>) {
        let answer = match found {
            Ok(Some(at)) => {
                self.replay.conductor = super::Conductor::seek(at, self.now());
                self.conducted();
                Ok(())
            }
            Ok(None) => Err(RequestError::new(
                RequestErrorCode::InvalidInput,
                "There is none in that direction in what is recorded.",
            )),
            Err(error) => Err(error),
        };
        let _ = reply.send(answer);
    }

    /// The conductor was moved.
    fn conducted(&mut self) {
        if self.replay.is_live() {
            self.show_the_present();
        } else {
            self.read_instant();
            self.everything_changed();
        }
    }

    fn show_the_present(&mut self) {
        self.replay.go_live();
        self.feeds_read_at = None;
        self.read_feeds();
        self.everything_changed();
    }

    /// The past of a hub was replaced while it is looked at.
    pub(super) fn past_changed(&mut self) {
        self.replay.past_changed();
        self.read_instant();
    }

    /// Records came while the past is looked at. Those of a hub that catches up may be of that past.
    pub(super) fn past_grew(&mut self, records: &[Record]) {
        let Some(position) = self.replay.conductor.position(Instant::now()) else { return };
        if records.first().is_some_and(|first| first.at <= position) {
            self.replay.past_grew();
            self.read_instant();
        }
    }

    fn read_instant(&mut self) {
        let logs = self.logs();
        self.replay.read(Instant::now(), || logs, &self.messages_in);
    }

    pub(super) fn instant_read(&mut self, read: ReadInstant) {
        if !self.replay.take(read, &self.knowledge) {
            return;
        }
        self.everything_changed();
        let now = Instant::now();
        let plays = self.replay.conductor.speed().is_some();
        let is_due = self.feeds_read_at.is_none_or(|read_at| now >= read_at + FEED_FRAME);
        if !plays || is_due {
            self.feeds_read_at = Some(now);
            self.read_feeds();
        }
        // What stands still may have been moved meanwhile.
        if !plays {
            self.read_instant();
        }
    }

    /// When what plays moves on.
    pub(super) fn next_frame(&self) -> Option<Instant> {
        self.replay.conductor.speed().map(|_| self.frame_at)
    }

    pub(super) fn play_on(&mut self) {
        let now = Instant::now();
        self.frame_at = now + FRAME;
        let present = self.now();
        if self.replay.conductor.catch_up(now, present) {
            self.show_the_present();
        } else {
            self.read_instant();
        }
    }

    fn logs(&self) -> Vec<LogOf> {
        self.knowledge.hubs.iter().map(|hub| LogOf { hub: hub.key, path: hub.log_path.clone() }).collect()
    }

    pub(super) fn timeline(&self, request: TimelineRequest, reply: Reply<Timeline>) {
        let sources: Vec<_> = self
            .knowledge
            .hubs
            .iter()
            .map(|hub| TimelineSource {
                log: LogOf { hub: hub.key, path: hub.log_path.clone() },
                names: hub
                    .projection
                    .dashboards
                    .keys()
                    .map(|id| (id.clone(), hub.dashboard_name(id)))
                    .collect(),
            })
            .collect();
        let now = self.now();
        tokio::task::spawn_blocking(move || {
            let _ = reply.send(read_timeline(&sources, request, now).map_err(|error| unreadable(&error)));
        });
    }
}

fn unreadable(error: &mission_control_store::StoreError) -> RequestError {
    RequestError::new(RequestErrorCode::CacheUnavailable, format!("The record cannot be read: {error}"))
}
