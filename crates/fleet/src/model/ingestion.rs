//! Ingestion: jobs one after the other, each with progress, the dashboard's own on a schedule and the operator's at once.

use std::collections::VecDeque;

use mission_control_protocol::{CommandId, Severity, event::types};
use serde_json::{Value, json};

use super::{Model, signal::Drift};

/// The source whose data is always poor: one ingestion from it takes the quality under the usual threshold.
pub const FAULTY_SOURCE: &str = "faulty-sensor";

/// Operators' jobs that may wait.
const QUEUE_LIMIT: usize = 16;

/// What a job does to the data there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Adds to it.
    Append,
    /// Takes its place.
    Replace,
    /// Loads the same again.
    Refresh,
}

/// One ingestion.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) source: String,
    pub(super) records: u64,
    pub(super) mode: Mode,
    /// In milliseconds.
    pub(super) duration: f64,
    /// The command that waits for it.
    pub(super) command: Option<CommandId>,
}

#[derive(Debug)]
struct Running {
    job: Job,
    done: f64,
    reported: f64,
}

#[derive(Debug)]
pub(super) struct Ingestion {
    sources: &'static [&'static str],
    source: String,
    batch_quality: Drift,
    queue: VecDeque<Job>,
    running: Option<Running>,
    until_next: f64,
    /// Records per second of the last job, fading.
    rate: f64,
}

impl Ingestion {
    pub(super) fn new(rng: &mut fastrand::Rng, sources: &'static [&'static str]) -> Self {
        Self {
            sources,
            source: sources.first().copied().unwrap_or("unknown").to_owned(),
            batch_quality: Drift::new(rng, 180.0),
            queue: VecDeque::new(),
            running: None,
            until_next: 2_000.0 + 25_000.0 * rng.f64(),
            rate: 0.0,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// A source of this dashboard that delivers good data.
    pub(super) fn good_source(&self) -> &'static str {
        self.sources.first().copied().unwrap_or("unknown")
    }

    /// Records per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// The dashboard's own next ingestion comes in `milliseconds`.
    pub(super) fn postpone(&mut self, milliseconds: f64) {
        self.until_next = milliseconds;
    }

    /// An operator's job comes next.
    pub(super) fn enqueue(&mut self, job: Job) -> Result<(), String> {
        if self.queue.len() >= QUEUE_LIMIT {
            return Err(format!(
                "{QUEUE_LIMIT} ingestions are waiting already; try again when some are done"
            ));
        }
        self.queue.push_back(job);
        // The dashboard's own work gives way.
        if self.running.as_ref().is_some_and(|running| running.job.command.is_none()) {
            self.running = None;
        }
        Ok(())
    }

    pub(super) fn cancel(&mut self, command: &CommandId) -> bool {
        let before = self.queue.len();
        self.queue.retain(|job| job.command.as_ref() != Some(command));
        let waiting = before != self.queue.len();
        let running =
            self.running.as_ref().is_some_and(|running| running.job.command.as_ref() == Some(command));
        if running {
            self.running = None;
        }
        waiting || running
    }

    /// Drops all work; returns the commands that waited for it.
    pub(super) fn abandon(&mut self) -> Vec<CommandId> {
        let running = self.running.take().map(|running| running.job);
        running.into_iter().chain(self.queue.drain(..)).filter_map(|job| job.command).collect()
    }

    /// What goes on, for reports.
    pub(super) fn report(&self) -> Value {
        match &self.running {
            Some(running) => json!({
                "status": "ingesting", "source": running.job.source,
                "progress": (running.done / running.job.duration).min(1.0), "waiting": self.queue.len(),
            }),
            None => json!({"status": "idle", "source": self.source, "waiting": self.queue.len()}),
        }
    }
}

impl Model {
    pub(super) fn step_ingestion(&mut self, dt: f64) {
        self.ingestion.batch_quality.step(dt, &mut self.rng);
        self.ingestion.rate *= (-dt / 20_000.0).exp();
        self.ingestion.until_next -= dt;
        if self.ingestion.running.is_none() {
            let next = match self.ingestion.queue.pop_front() {
                Some(job) => Some(job),
                None if self.ingestion.until_next <= 0.0 => Some(self.scheduled_job()),
                None => None,
            };
            if let Some(job) = next {
                self.begin_job(job);
            }
            return;
        }
        self.continue_job(dt);
    }

    fn scheduled_job(&mut self) -> Job {
        let rest = self.settings.ingestion_interval;
        self.ingestion.until_next = rest * (0.6 + 0.8 * self.rng.f64());
        let source = if self.rng.f64() < 0.15 {
            let sources = self.ingestion.sources;
            sources.get(self.rng.usize(..sources.len().max(1))).copied().unwrap_or("unknown").to_owned()
        } else if self.ingestion.source == FAULTY_SOURCE {
            self.ingestion.good_source().to_owned()
        } else {
            self.ingestion.source.clone()
        };
        let records = self.signals.throughput() * rest / 1000.0 * (0.7 + 0.6 * self.rng.f64());
        Job {
            source,
            records: (records as u64).max(1),
            mode: Mode::Append,
            duration: 1_500.0 + 4_000.0 * self.rng.f64(),
            command: None,
        }
    }

    fn begin_job(&mut self, job: Job) {
        if job.source != self.ingestion.source {
            let from = std::mem::replace(&mut self.ingestion.source, job.source.clone());
            self.out.event(
                types::DATA_SOURCE_CHANGED,
                Severity::Info,
                json!({"from": from, "to": job.source, "timestamp": self.now}),
            );
        }
        self.ingestion_status("ingesting", 0.0, &job.source);
        self.out.progress(job.command.as_ref(), 0.0, &format!("reading {}", job.source));
        self.ingestion.running = Some(Running { job, done: 0.0, reported: 0.0 });
    }

    fn continue_job(&mut self, dt: f64) {
        let slowness = self.services.stress().slowness.min(3.0);
        let Some(running) = &mut self.ingestion.running else { return };
        running.done += dt / slowness;
        let fraction = running.done / running.job.duration;
        if fraction < 1.0 {
            if fraction - running.reported >= 0.1 {
                let crossed_half = running.reported < 0.5 && fraction >= 0.5;
                running.reported = fraction;
                let (job, message) = (running.job.clone(), format!("{:.0} % read", fraction * 100.0));
                self.out.progress(job.command.as_ref(), fraction, &message);
                if crossed_half {
                    self.ingestion_status("processing", fraction, &job.source);
                }
            }
            return;
        }
        if let Some(finished) = self.ingestion.running.take() {
            self.finish_job(finished.job);
        }
    }

    fn finish_job(&mut self, job: Job) {
        if job.source == FAULTY_SOURCE {
            // The dip is to be seen before the dashboard's own data mends it.
            self.ingestion.postpone(30_000.0);
        }
        let flaky = self.services.has_bad_data();
        let drift = self.ingestion.batch_quality.value();
        let (quality, weight) = if job.source == FAULTY_SOURCE {
            (38.0 + 3.0 * drift, 0.55)
        } else if flaky && job.command.is_none() {
            (52.0 + 4.0 * drift, 0.45)
        } else {
            (97.0 + 0.8 * drift, if job.command.is_some() { 0.85 } else { 0.4 })
        };
        let quality = quality.clamp(0.0, 100.0);
        let before = self.data.count();
        let records = match job.mode {
            Mode::Append => job.records,
            Mode::Replace => {
                self.data.clear();
                job.records
            }
            Mode::Refresh => {
                self.data.clear();
                // The source has moved on a little since the last time.
                before.saturating_add((before as f64 * 0.002 * self.rng.f64()) as u64)
            }
        };
        self.data.ingest(records, &job.source, quality, weight, self.now, &mut self.rng);
        self.ingestion.rate = records.min(job.records.max(1)) as f64 / (job.duration / 1000.0);
        self.usage.use_feature("ingestion");
        self.ingestion_status("completed", 1.0, &job.source);
        let poor = quality < self.settings.quality_threshold;
        self.out.event(
            types::DATA_INGESTED,
            if poor { Severity::Warning } else { Severity::Info },
            json!({
                "source": job.source, "recordCount": records, "timestamp": self.now,
                "quality": (quality * 10.0).round() / 10.0,
            }),
        );
        let result = match job.mode {
            Mode::Refresh => {
                json!({"success": true, "timestamp": self.now, "recordCount": self.data.count()})
            }
            Mode::Append | Mode::Replace => json!({
                "success": true, "source": job.source, "recordCount": records,
                "totalRecords": self.data.count(), "quality": (quality * 10.0).round() / 10.0,
            }),
        };
        self.out.done(job.command, Ok(result));
    }

    fn ingestion_status(&mut self, status: &str, progress: f64, source: &str) {
        let progress = (progress * 100.0).round();
        self.out.event(
            types::INGESTION_STATUS_CHANGED,
            Severity::Info,
            json!({"status": status, "progress": progress, "source": source}),
        );
    }
}
