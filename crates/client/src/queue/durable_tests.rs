//! The queue with a storage that can be made to fail.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use serde_json::Value;

use super::{
    change::{Change, Opened},
    disk::QueueStorage,
    durable::{DurableQueue, StorageState},
    outgoing::OutgoingQueue,
    outgoing_tests::{EPOCH, Kept, ROOMY, event, identity, now},
    overflow::WhenFull,
};
use crate::{error::QueueFileError, receipt::Stage};

/// What is on the disk, and whether that works.
#[derive(Clone, Default)]
struct Fragile {
    kept: Arc<Mutex<Kept>>,
    failing: Arc<AtomicBool>,
    panicking: Arc<AtomicBool>,
    commits: Arc<AtomicUsize>,
}

impl Fragile {
    fn check(&self) -> Result<(), QueueFileError> {
        assert!(!self.panicking.load(Ordering::SeqCst), "as the test says");
        match self.failing.load(Ordering::SeqCst) {
            true => Err(QueueFileError::DiskFull { path: "queue".into() }),
            false => Ok(()),
        }
    }

    fn numbers_stored(&self) -> u64 {
        self.kept.lock().unwrap().session.map_or(0, |session| session.numbered_through)
    }

    fn stored(&self) -> usize {
        self.kept.lock().unwrap().stored().map_or(0, |stored| stored.messages.len())
    }
}

impl QueueStorage for Fragile {
    fn open(&mut self) -> Result<Opened, QueueFileError> {
        self.check()?;
        Ok(Opened { stored: self.kept.lock().unwrap().stored(), set_aside: None })
    }

    fn commit(&mut self, change: &Change) -> Result<(), QueueFileError> {
        self.check()?;
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.kept.lock().unwrap().make(change);
        Ok(())
    }
}

fn open(storage: &Fragile) -> DurableQueue {
    let queue = OutgoingQueue::new(EPOCH, ROOMY, WhenFull::Wait, identity());
    let mut storage = storage.clone();
    let opened = storage.open();
    DurableQueue::stored_in(queue, storage, opened).unwrap()
}

fn publish(queue: &mut DurableQueue, n: u64) -> tokio::sync::watch::Receiver<Stage> {
    let (sender, stage) = tokio::sync::watch::channel(Stage::HandedOver);
    queue.publish(event(n), sender, now());
    stage
}

/// Lets the storage work until the queue is where `is_done` wants it.
async fn until(queue: &mut DurableQueue, is_done: impl Fn(&DurableQueue) -> bool) {
    while !is_done(queue) {
        queue.store();
        let event = queue.next().await;
        queue.take(event);
    }
}

fn frames(queue: &mut DurableQueue) -> Vec<u64> {
    std::iter::from_fn(|| queue.next_frame())
        .map(|frame| {
            serde_json::from_str::<Value>(&frame).unwrap()["event"]["payload"]["n"].as_u64().unwrap()
        })
        .collect()
}

fn is_failing(queue: &DurableQueue) -> bool {
    matches!(&*queue.state().borrow(), StorageState::Failing { .. })
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_the_disk_is_busy_is_stored_together() {
    let storage = Fragile::default();
    let mut queue = open(&storage);
    let stages: Vec<_> = (1..=100).map(|n| publish(&mut queue, n)).collect();
    until(&mut queue, |_| *stages[99].borrow() == Stage::Stored(100)).await;
    // The first held the new session alone.
    assert!(storage.commits.load(Ordering::SeqCst) <= 2);
    assert_eq!(storage.stored(), 100);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_its_number_is_stored() {
    let storage = Fragile::default();
    let mut queue = open(&storage);
    publish(&mut queue, 1);
    queue.number(ROOMY, now());
    assert!(!queue.has_sendable());
    until(&mut queue, DurableQueue::has_sendable).await;
    assert_eq!(storage.numbers_stored(), 1);
    assert_eq!(frames(&mut queue), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_fails_is_told_worked_around_and_tried_again() {
    let storage = Fragile::default();
    let mut queue = open(&storage);
    let mut first = publish(&mut queue, 1);
    until(&mut queue, |_| *first.borrow() == Stage::Stored(1)).await;
    storage.failing.store(true, Ordering::SeqCst);
    let second = publish(&mut queue, 2);
    until(&mut queue, is_failing).await;
    assert!(matches!(&*queue.state().borrow(), StorageState::Failing { reason } if reason.contains("full")));
    queue.number(ROOMY, now());
    assert_eq!(frames(&mut queue), [1, 2]);
    assert_eq!(queue.acknowledge(1), 1);
    assert_eq!(*first.borrow_and_update(), Stage::Acknowledged(1));
    assert_eq!(*second.borrow(), Stage::Accepted(2));

    storage.failing.store(false, Ordering::SeqCst);
    let third = publish(&mut queue, 3);
    until(&mut queue, DurableQueue::is_durable).await;
    assert_eq!((*second.borrow(), *third.borrow()), (Stage::Stored(2), Stage::Stored(3)));
    assert_eq!(storage.stored(), 2);
    assert_eq!(storage.kept.lock().unwrap().session.unwrap().acknowledged, 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_storage_held_that_did_not_open_at_first_is_taken_in_later() {
    let storage = Fragile::default();
    let mut queue = open(&storage);
    let stage = publish(&mut queue, 1);
    until(&mut queue, |_| *stage.borrow() == Stage::Stored(1)).await;
    queue.close().await;

    storage.failing.store(true, Ordering::SeqCst);
    let mut queue = open(&storage);
    assert!(is_failing(&queue));
    publish(&mut queue, 2);
    queue.number(ROOMY, now());
    assert_eq!(frames(&mut queue), [2]);
    let third = publish(&mut queue, 3);
    let (flush, mut flushed) = tokio::sync::oneshot::channel();
    queue.when_flushed(flush);
    storage.failing.store(false, Ordering::SeqCst);
    until(&mut queue, DurableQueue::is_durable).await;
    queue.number(ROOMY, now());
    until(&mut queue, DurableQueue::has_sendable).await;
    assert_eq!(frames(&mut queue), [1, 3]);
    assert_eq!(queue.acknowledge(2), 2);
    assert!(flushed.try_recv().is_err());
    assert_eq!(queue.acknowledge(3), 1);
    flushed.try_recv().unwrap();
    assert!(matches!(*third.borrow(), Stage::Acknowledged(_)));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_ends_leaves_a_queue_in_memory() {
    let storage = Fragile::default();
    let mut queue = open(&storage);
    storage.panicking.store(true, Ordering::SeqCst);
    publish(&mut queue, 1);
    until(&mut queue, is_failing).await;
    queue.number(ROOMY, now());
    assert_eq!(frames(&mut queue), [1]);
    queue.close().await;
}

// A paused clock would leap over the time that the end of the thread is given.
#[tokio::test]
async fn what_is_left_is_stored_at_the_end() {
    let storage = Fragile::default();
    let mut queue = open(&storage);
    publish(&mut queue, 1);
    queue.close().await;
    assert_eq!(storage.stored(), 1);

    let mut queue = open(&storage);
    assert_eq!(queue.publications(), 1);
    queue.number(ROOMY, now());
    until(&mut queue, DurableQueue::has_sendable).await;
    frames(&mut queue);
    queue.acknowledge(1);
    // What the hub has too need not be forgotten at once, but in the end it is.
    queue.store();
    let event = queue.next().await;
    queue.take(event);
    until(&mut queue, |_| storage.stored() == 0).await;
    queue.close().await;
}
