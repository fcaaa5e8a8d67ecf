//! Deviation from the usual: how surprising each sample of one series is, in one pass, with no training and no
//! setting to choose for a series.
//!
//! A sample is looked at from six sides (the [`Aspect`]s). Each side has a [`Band`]: the range in which it has been so
//! far, slowly forgotten. What leaves its band by a good part of the band's own width has not been seen in a long
//! while, whatever the unit, the noise or the shape of the series: that is why one threshold does for all of them. The
//! most surprising side counts. What follows counts only where it is more surprising still, for a while, so that one
//! problem gives one or a few high scores at its beginning and not one with each sample.
//!
//! No I/O and no clock. The same samples give the same scores, however they are cut into batches.

mod band;
mod season;

#[cfg(test)]
mod tests;

use mission_control_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use self::{
    band::Band,
    season::{DAY, Season, WEEK},
};

/// The score from which a sample should be called an anomaly, for every series.
pub const ANOMALY: f64 = 0.5;

/// The surprise at which the score is one half: `ln(1 + UNUSUAL)`.
const HALF: f64 = 0.139_761_942_375_158_63;

/// Excess that makes no further difference.
const GREATEST_SURPRISE: f64 = 4.0;

/// Samples after which the surprise that a new one must beat has fallen to a third.
const REFRACTORY: f64 = 100.0;

/// Samples before changes of the activity mean anything.
const SETTLED: u64 = 100;

/// Values beyond this are taken as this, so that no difference of two overflows.
const GREATEST_VALUE: f64 = 1e300;

/// What is no more than rounding, as a share of the usual level.
const ROUNDING: f64 = 1e-9;

/// What every other side must move by at least to matter, as a share of the width of the values' own band.
const NEGLIGIBLE: f64 = 0.02;

/// The least that the logarithm of the activity must move by to matter.
const NEGLIGIBLE_ACTIVITY: f64 = 0.01;

/// Samples over which the level is taken: the recent one, and the one that is usual.
const SHORT: f64 = 30.0;
const LONG: f64 = 300.0;

/// Samples over which the activity is taken: now, and as usual.
const ACTIVITY_NOW: f64 = 60.0;
const ACTIVITY_USUAL: f64 = 500.0;

/// Samples over which the difference from the time of day is smoothed.
const DAY_SMOOTHING: f64 = 6.0;

/// From which side a sample was the most surprising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// The value itself is outside of what it has been.
    Value,
    /// It is unusually far from its recent level.
    Departure,
    /// The level itself has moved.
    Level,
    /// The series moves unusually much, or unusually little.
    Activity,
    /// It is unusual for this time of the day.
    TimeOfDay,
    /// It is unusual for this time of the week.
    TimeOfWeek,
}

/// The verdict on one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// From 0, as usual, to 1; from [`ANOMALY`] on it should be called an anomaly.
    pub anomaly: f64,
    /// The side from which it was surprising; `None` when it was from none.
    pub aspect: Option<Aspect>,
}

impl Score {
    /// As usual.
    const CALM: Self = Self { anomaly: 0.0, aspect: None };

    /// Whether the sample should be called an anomaly.
    #[must_use]
    pub fn is_anomaly(self) -> bool {
        self.anomaly >= ANOMALY
    }
}

/// The detector of one series. About three and a half kilobytes ([`Self::bytes`]), whatever it has seen; rules that watch the same
/// series can share one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviationDetector {
    observed: u64,
    ignored: u64,
    last_at: Timestamp,
    last: f64,
    short: f64,
    long: f64,
    activity_now: f64,
    activity_usual: f64,
    day: Season,
    day_difference: f64,
    week: Season,
    value_band: Band,
    departure_band: Band,
    level_band: Band,
    activity_band: Band,
    day_band: Band,
    week_band: Band,
    /// What a sample must be more surprising than.
    expected_surprise: f64,
}

impl Default for DeviationDetector {
    fn default() -> Self {
        Self {
            observed: 0,
            ignored: 0,
            last_at: Timestamp::default(),
            last: 0.0,
            short: 0.0,
            long: 0.0,
            activity_now: 0.0,
            activity_usual: 0.0,
            day: Season::new(&DAY),
            day_difference: 0.0,
            week: Season::new(&WEEK),
            value_band: Band::default(),
            departure_band: Band::default(),
            level_band: Band::default(),
            activity_band: Band::default(),
            day_band: Band::default(),
            week_band: Band::default(),
            expected_surprise: 0.0,
        }
    }
}

impl DeviationDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the sample `value` of the time `at` by all that came before, and learns it. A value that is no finite
    /// number is counted, scored 0 and otherwise ignored. A time before the last one is taken as it stands for the time
    /// of the day and the week, and as no time at all for forgetting.
    pub fn observe(&mut self, at: Timestamp, value: f64) -> Score {
        if !value.is_finite() {
            self.ignored = self.ignored.saturating_add(1);
            return Score::CALM;
        }
        let value = value.clamp(-GREATEST_VALUE, GREATEST_VALUE);
        if self.observed == 0 {
            (self.last_at, self.last, self.short, self.long) = (at, value, value, value);
        }
        let (surprise, aspect) = self.surprise(at, value);
        self.learn(at, value);
        let beaten = surprise > self.expected_surprise;
        self.expected_surprise *= (-1.0 / REFRACTORY).exp();
        self.expected_surprise = self.expected_surprise.max(surprise);
        if beaten {
            Score { anomaly: surprise / (surprise + HALF), aspect: Some(aspect) }
        } else {
            Score::CALM
        }
    }

    /// Samples that were judged.
    #[must_use]
    pub fn observed(&self) -> u64 {
        self.observed
    }

    /// Samples that were ignored because they were no finite number.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// The memory this detector takes, in bytes. It does not depend on what was observed.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.day.heap_bytes() + self.week.heap_bytes()
    }

    /// The most surprising side of a sample; each side's band learns it.
    fn surprise(&mut self, at: Timestamp, value: f64) -> (f64, Aspect) {
        let elapsed = at.milliseconds_since(self.last_at).max(0);
        let rounding = ROUNDING * self.long.abs();
        let negligible = rounding + NEGLIGIBLE * self.value_band.width();
        let departure = value - self.long;
        let level = self.short - self.long;
        let mut most = (self.value_band.excess(value, rounding, elapsed), Aspect::Value);
        let mut consider = |excess: f64, aspect| {
            if excess > most.0 {
                most = (excess, aspect);
            }
        };
        consider(self.departure_band.excess(departure, negligible, elapsed), Aspect::Departure);
        consider(self.level_band.excess(level, negligible, elapsed), Aspect::Level);
        if self.observed > SETTLED {
            let least = 1e-3 * self.activity_usual + rounding + f64::MIN_POSITIVE;
            let activity = ((self.activity_now + least) / (self.activity_usual + least)).ln();
            consider(self.activity_band.excess(activity, NEGLIGIBLE_ACTIVITY, elapsed), Aspect::Activity);
        }
        if let Some(difference) = self.day.learn(at, value) {
            self.day_difference += (difference - self.day_difference) / DAY_SMOOTHING;
            consider(self.day_band.excess(self.day_difference, negligible, elapsed), Aspect::TimeOfDay);
        }
        if let Some(difference) = self.week.learn(at, value) {
            consider(self.week_band.excess(difference, negligible, elapsed), Aspect::TimeOfWeek);
        }
        (most.0.ln_1p().min(GREATEST_SURPRISE), most.1)
    }

    fn learn(&mut self, at: Timestamp, value: f64) {
        self.observed = self.observed.saturating_add(1);
        let observed = self.observed as f64;
        let step = (value - self.last).abs();
        self.short += (value - self.short) / SHORT.min(observed);
        self.long += (value - self.long) / LONG.min(observed);
        self.activity_now += (step - self.activity_now) / ACTIVITY_NOW.min(observed);
        self.activity_usual += (step - self.activity_usual) / ACTIVITY_USUAL.min(observed);
        self.last = value;
        self.last_at = at;
    }
}
