//! Numbers that move the way real ones do: they drift, return to their level, follow the day, and suffer in an incident.

use std::f64::consts::TAU;

use mission_control_protocol::Timestamp;

/// A value that wanders around 0 with a spread of about 1: an Ornstein–Uhlenbeck process.
#[derive(Debug, Clone)]
pub(super) struct Drift {
    value: f64,
    /// Time to forget where it was, in milliseconds.
    memory: f64,
}

impl Drift {
    pub(super) fn new(rng: &mut fastrand::Rng, memory_seconds: f64) -> Self {
        Self { value: normal(rng) * 0.7, memory: memory_seconds * 1000.0 }
    }

    pub(super) fn step(&mut self, dt: f64, rng: &mut fastrand::Rng) -> f64 {
        // Exact for any dt, so that a fast clock gives the same statistics.
        let kept = (-dt / self.memory).exp();
        self.value = self.value * kept + normal(rng) * (1.0 - kept * kept).sqrt();
        self.value = self.value.clamp(-3.0, 3.0);
        self.value
    }

    pub(super) fn value(&self) -> f64 {
        self.value
    }
}

/// A sample of the standard normal distribution (Box–Muller).
fn normal(rng: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (TAU * rng.f64()).cos()
}

/// How much worse than usual things are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stress {
    /// Factor on times; 1 is usual.
    pub(super) slowness: f64,
    /// Percent of requests that fail beyond the usual.
    pub(super) errors: f64,
    /// Factor on throughput; 1 is usual.
    pub(super) capacity: f64,
}

const DAY: f64 = 24.0 * 3600.0 * 1000.0;
/// A shorter wave on top of the day's, so that load is seen to move within minutes.
const RIPPLE: f64 = 11.0 * 60.0 * 1000.0;

/// The dashboard's performance.
#[derive(Debug)]
pub(super) struct Signals {
    /// Milliseconds into the simulated day.
    clock: f64,
    ripple_phase: f64,
    base_response: f64,
    base_throughput: f64,
    base_errors: f64,
    base_memory: f64,
    response: Drift,
    throughput: Drift,
    errors: Drift,
    memory: Drift,
    render: Drift,
    /// Whether nothing was answered at the last step.
    outage: bool,
    /// Follows the stress at hand with some inertia.
    felt: Stress,
}

impl Signals {
    pub(super) fn new(rng: &mut fastrand::Rng, now: Timestamp) -> Self {
        // Dashboards stand in different time zones.
        let zone = f64::from(rng.i32(-3..=3)) * 3_600_000.0;
        let milliseconds_of_day = now.as_milliseconds().rem_euclid(86_400_000);
        Self {
            clock: f64::from(i32::try_from(milliseconds_of_day).unwrap_or(0)) + zone,
            ripple_phase: rng.f64() * TAU,
            base_response: 55.0 + 190.0 * rng.f64().powi(2),
            base_throughput: 25.0 + 360.0 * rng.f64(),
            base_errors: 0.15 + 0.7 * rng.f64(),
            base_memory: (180.0 + 420.0 * rng.f64()) * 1_048_576.0,
            response: Drift::new(rng, 45.0),
            throughput: Drift::new(rng, 60.0),
            errors: Drift::new(rng, 90.0),
            memory: Drift::new(rng, 240.0),
            render: Drift::new(rng, 40.0),
            outage: false,
            felt: Stress { slowness: 1.0, errors: 0.0, capacity: 1.0 },
        }
    }

    pub(super) fn step(&mut self, dt: f64, stress: Stress, rng: &mut fastrand::Rng) {
        self.clock += dt;
        for drift in
            [&mut self.response, &mut self.throughput, &mut self.errors, &mut self.memory, &mut self.render]
        {
            drift.step(dt, rng);
        }
        let follow = 1.0 - (-dt / 6_000.0).exp();
        self.felt.slowness += (stress.slowness - self.felt.slowness) * follow;
        if self.outage && stress.capacity > 0.0 {
            // Recovery from an outage is a step: services that are back answer.
            self.felt.errors = stress.errors;
        }
        self.outage = stress.capacity == 0.0;
        self.felt.errors += (stress.errors - self.felt.errors) * follow;
        self.felt.capacity += (stress.capacity - self.felt.capacity) * follow;
    }

    /// How busy the day is, about 0.3 at night to 1.1 in the afternoon.
    pub(super) fn load(&self) -> f64 {
        let day = (TAU * (self.clock / DAY - 0.375)).sin();
        let ripple = (TAU * self.clock / RIPPLE + self.ripple_phase).sin();
        0.7 + 0.3 * day + 0.08 * ripple
    }

    /// Mean time to answer, in milliseconds.
    pub(super) fn response_time(&self) -> f64 {
        self.base_response
            * (0.75 + 0.35 * self.load())
            * (0.11 * self.response.value()).exp()
            * self.felt.slowness
    }

    /// Failed requests, in percent.
    pub(super) fn error_rate(&self) -> f64 {
        (self.base_errors * (0.35 * self.errors.value()).exp() + self.felt.errors).clamp(0.0, 100.0)
    }

    /// Requests per second.
    pub(super) fn throughput(&self) -> f64 {
        self.base_throughput * self.load() * (0.09 * self.throughput.value()).exp() * self.felt.capacity
    }

    /// Page load, in milliseconds.
    pub(super) fn page_load_time(&self) -> f64 {
        380.0 + 2.6 * self.response_time()
    }

    /// Mean render, in milliseconds.
    pub(super) fn render_time(&self) -> f64 {
        9.0 * (0.18 * self.render.value()).exp() * (0.7 + 0.5 * self.load())
    }

    /// Memory in use, in bytes.
    pub(super) fn memory(&self, records: f64) -> f64 {
        self.base_memory * (0.05 * self.memory.value()).exp() + records * 96.0
    }

    /// CPU in use, in percent of one core.
    pub(super) fn cpu(&self, work: f64) -> f64 {
        (6.0 + 26.0 * self.load() * (0.12 * self.throughput.value()).exp() + 14.0 * work).clamp(0.5, 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_is_smooth_and_returns() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut drift = Drift::new(&mut rng, 60.0);
        let (mut sum, mut largest_step, mut before) = (0.0, 0.0_f64, drift.value());
        for _ in 0..40_000 {
            let value = drift.step(250.0, &mut rng);
            largest_step = largest_step.max((value - before).abs());
            before = value;
            sum += value;
        }
        assert!(largest_step < 0.5, "{largest_step}");
        assert!((sum / 40_000.0).abs() < 0.3);
    }

    #[test]
    fn response_time_does_not_jump_in_calm() {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut signals = Signals::new(&mut rng, Timestamp::from_milliseconds(0));
        let calm = Stress { slowness: 1.0, errors: 0.0, capacity: 1.0 };
        let mut before = signals.response_time();
        for _ in 0..4_000 {
            signals.step(250.0, calm, &mut rng);
            let ratio = signals.response_time() / before;
            assert!((0.9..1.1).contains(&ratio), "{ratio}");
            before = signals.response_time();
        }
    }
}
