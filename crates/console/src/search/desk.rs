//! Who is searching: a newer search of a view ends the one before, and counting goes on where it was.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{mpsc, oneshot};

use super::{Counting, CountingKey};

/// Views that are remembered at most; the one that has been quiet the longest is forgotten.
const VIEWS: usize = 32;

/// Messages that wait at most.
const INBOX: usize = 64;

/// What a search is for. Searches of one view for different purposes do not end each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Page,
    Tail,
    Overview,
}

enum Message {
    Begin { view: String, purpose: Purpose, reply: oneshot::Sender<Arc<AtomicBool>> },
    Take { view: String, key: CountingKey, reply: oneshot::Sender<Option<Counting>> },
    Put { view: String, counting: Counting },
}

/// The desk where searches are handed in. Cheap to clone; it closes with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct SearchDesk {
    messages: mpsc::Sender<Message>,
}

#[derive(Default)]
struct Attendant {
    /// The one asked for last stands last.
    running: Vec<(String, Purpose, Arc<AtomicBool>)>,
    counting: Vec<(String, Counting)>,
}

impl SearchDesk {
    /// Opens the desk; to be called inside a runtime.
    pub(crate) fn open() -> Self {
        let (messages, mut inbox) = mpsc::channel(INBOX);
        tokio::spawn(async move {
            let mut attendant = Attendant::default();
            while let Some(message) = inbox.recv().await {
                attendant.serve(message);
            }
        });
        Self { messages }
    }

    /// Begins a search, which ends an older one of the same view and purpose. `None` while the program ends.
    pub(crate) async fn begin(&self, view: &str, purpose: Purpose) -> Option<Arc<AtomicBool>> {
        let (reply, answer) = oneshot::channel();
        self.messages.send(Message::Begin { view: view.to_owned(), purpose, reply }).await.ok()?;
        answer.await.ok()
    }

    /// What was counted of this so far.
    pub(crate) async fn take(&self, view: &str, key: CountingKey) -> Option<Counting> {
        let (reply, answer) = oneshot::channel();
        self.messages.send(Message::Take { view: view.to_owned(), key, reply }).await.ok()?;
        answer.await.ok()?
    }

    /// Keeps what was counted, to be gone on with.
    pub(crate) async fn put(&self, view: &str, counting: Counting) {
        let _ = self.messages.send(Message::Put { view: view.to_owned(), counting }).await;
    }
}

impl Attendant {
    fn serve(&mut self, message: Message) {
        match message {
            Message::Begin { view, purpose, reply } => {
                self.running.retain(|(of, what, cancelled)| {
                    let is_older = *of == view && *what == purpose;
                    if is_older {
                        cancelled.store(true, Ordering::Relaxed);
                    }
                    !is_older
                });
                let cancelled = Arc::<AtomicBool>::default();
                self.running.push((view, purpose, Arc::clone(&cancelled)));
                if self.running.len() > 3 * VIEWS {
                    let (.., forgotten) = self.running.remove(0);
                    forgotten.store(true, Ordering::Relaxed);
                }
                let _ = reply.send(cancelled);
            }
            Message::Take { view, key, reply } => {
                let index = self.counting.iter().position(|(of, _)| *of == view);
                let counting = index.map(|index| self.counting.remove(index).1);
                let _ = reply.send(counting.filter(|counting| counting.is_of(&key)));
            }
            Message::Put { view, counting } => {
                self.counting.retain(|(of, _)| *of != view);
                self.counting.push((view, counting));
                if self.counting.len() > VIEWS {
                    self.counting.remove(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_search_of_a_view_ends_the_older_and_no_other() {
        let desk = SearchDesk::open();
        let is_over = |search: &Arc<AtomicBool>| search.load(Ordering::Relaxed);
        let first = desk.begin("events", Purpose::Page).await.unwrap();
        let overview = desk.begin("events", Purpose::Overview).await.unwrap();
        let other = desk.begin("dashboard", Purpose::Page).await.unwrap();
        assert!(!is_over(&first));
        let second = desk.begin("events", Purpose::Page).await.unwrap();
        assert!(is_over(&first));
        assert!(!is_over(&second) && !is_over(&overview) && !is_over(&other));
    }
}
