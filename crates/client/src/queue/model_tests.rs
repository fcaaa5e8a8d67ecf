//! Everything that can happen to a queue, in any order, crashes between any two steps included; then what must be true.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use serde_json::Value;

use super::{
    change::Change,
    outgoing::{OutgoingQueue, Resumption},
    outgoing_tests::{FRESH, Kept, ROOMY, alert, event, metrics, now, result},
    overflow::WhenFull,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    Event,
    Alert,
    Metrics,
    /// A message of the client's own.
    Result,
    Number,
    Send,
    /// The storage begins to make a change.
    Begin,
    /// The change under way is made.
    Finish,
    Acknowledge,
    Reconnect,
    /// The process is killed; whether the change under way was still made is left to chance.
    Crash {
        stored: bool,
    },
    /// The storage fails; it learns everything when it works again.
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Event),
        2 => Just(Step::Alert),
        3 => Just(Step::Metrics),
        1 => Just(Step::Result),
        3 => Just(Step::Number),
        6 => Just(Step::Send),
        4 => Just(Step::Begin),
        4 => Just(Step::Finish),
        2 => Just(Step::Acknowledge),
        1 => Just(Step::Reconnect),
        1 => any::<bool>().prop_map(|stored| Step::Crash { stored }),
        1 => Just(Step::Fail),
    ]
}

/// The queue with a storage and a hub that follow their contracts.
struct World {
    capacity: usize,
    when_full: WhenFull,
    queue: OutgoingQueue,
    kept: Kept,
    under_way: VecDeque<Change>,
    failing: bool,
    published: u64,
    watermark: u64,
    /// What the hub took, in order.
    log: Vec<Value>,
    /// What was ever sent under each number.
    sent: BTreeMap<u64, Value>,
}

impl World {
    fn new(capacity: usize, when_full: WhenFull) -> Self {
        Self {
            capacity,
            when_full,
            queue: Kept::default().queue(capacity, when_full),
            kept: Kept::default(),
            under_way: VecDeque::new(),
            failing: false,
            published: 0,
            watermark: 0,
            log: vec![],
            sent: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Event | Step::Alert | Step::Metrics if self.queue.room() == 0 => {}
            Step::Event => {
                self.published += 1;
                self.queue.publish(event(self.published), now());
            }
            Step::Alert => {
                self.published += 1;
                self.queue.publish(alert(self.published), now());
            }
            Step::Metrics => {
                self.queue.publish(metrics(), now());
            }
            Step::Result => {
                self.queue.push(result(), now());
            }
            Step::Number => {
                self.queue.number(ROOMY, now());
            }
            Step::Send => {
                self.send()?;
            }
            Step::Begin if self.under_way.is_empty() && !self.failing => {
                self.under_way.extend(self.queue.take_change());
            }
            Step::Begin => {}
            Step::Finish => self.finish(),
            Step::Acknowledge => {
                self.queue.acknowledge(self.watermark);
            }
            Step::Reconnect => {
                prop_assert_eq!(self.queue.resume(self.watermark, FRESH), Resumption::Continued);
            }
            Step::Crash { stored } => {
                if stored {
                    self.finish();
                }
                self.under_way.clear();
                self.failing = false;
                self.queue = self.kept.queue(self.capacity, self.when_full);
                prop_assert_eq!(self.queue.resume(self.watermark, FRESH), Resumption::Continued);
            }
            Step::Fail if self.failing => {
                self.failing = false;
                self.queue.keep_everything();
            }
            Step::Fail => {
                self.under_way.clear();
                self.failing = true;
                self.queue.forget_changes();
            }
        }
        self.queue.assert_consistent();
        prop_assert!(self.queue.size() <= self.capacity * 9 / 8 + 1_000, "{}", self.queue.size());
        Ok(())
    }

    fn finish(&mut self) {
        if let Some(change) = self.under_way.pop_front() {
            self.kept.make(&change);
            self.queue.settle(&change);
        }
    }

    /// Puts one frame on the wire. What the storage does not hold stays here even while that fails: this is about what
    /// the storage promises.
    fn send(&mut self) -> Result<bool, TestCaseError> {
        let Some(frame) = self.queue.next_frame(true) else { return Ok(false) };
        let message: Value = serde_json::from_str(&frame).unwrap();
        let seq = message["seq"].as_u64().unwrap();
        let first = self.sent.entry(seq).or_insert_with(|| message.clone());
        prop_assert_eq!(&*first, &message, "the number {} was used twice", seq);
        prop_assert!(seq <= self.watermark + 1, "{} came after {}", seq, self.watermark);
        if seq == self.watermark + 1 {
            self.watermark = seq;
            self.log.push(message);
        }
        Ok(true)
    }

    /// Lets everything arrive.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        self.finish();
        if self.failing {
            self.take(Step::Fail)?;
        }
        self.take(Step::Reconnect)?;
        while !self.queue.is_empty() {
            for step in [Step::Number, Step::Begin, Step::Finish] {
                self.take(step)?;
            }
            while self.send()? {}
            self.take(Step::Acknowledge)?;
        }
        Ok(())
    }

    fn assert_accounted_for(&self) -> Result<(), TestCaseError> {
        let (mut arrived, mut counted, mut alerts_counted) = (0, 0, 0);
        let mut last = 0;
        for message in &self.log {
            let event = &message["event"];
            let is_result = message["type"] == "COMMAND_RESULT";
            if event["type"] == "QUEUE_OVERFLOW" {
                for (name, count) in event["payload"]["dropped"].as_object().unwrap() {
                    let count = count.as_u64().unwrap();
                    counted += if name == "COMMAND_RESULT" { 0 } else { count };
                    alerts_counted += if name == "METRICS" { 0 } else { count };
                }
                continue;
            }
            arrived += u64::from(!is_result);
            let title = message["alert"]["title"].as_str().map(|title| title.parse().unwrap());
            if let Some(n) = event["payload"]["n"].as_u64().or(title) {
                prop_assert!(n > last, "{} came after {}", n, last);
                last = n;
            }
        }
        // Each publication that the storage ever held arrived, or was counted.
        prop_assert_eq!(arrived + counted, self.queue.publications());
        if self.when_full == WhenFull::Wait && self.capacity > 100_000 {
            prop_assert_eq!(alerts_counted, 0);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_is_lost_doubled_reordered_or_dropped_without_a_count(
        steps in proptest::collection::vec(step(), 1..300),
        capacity in prop_oneof![Just(1_500_usize), Just(6_000), Just(1 << 20)],
        when_full in prop_oneof![Just(WhenFull::Wait), Just(WhenFull::DropOldest)],
    ) {
        let mut world = World::new(capacity, when_full);
        for step in steps {
            world.take(step)?;
        }
        world.settle()?;
        world.assert_accounted_for()?;
    }
}
