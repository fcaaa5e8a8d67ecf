//! The operator's desk as the rest of the shell sees it: the console when it is there, and a way to end.
//!
//! One task ([`crate::attendance`]) owns the embedded hub, the console, the tray and what is on the screen; this is how
//! others reach it. It starts beside the window, so that the window opens at once whatever there is to do; requests wait.

use std::time::Duration;

use mission_control_console::{
    ConsoleHandle,
    view::requests::{RequestError, RequestErrorCode},
};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

/// Writing everything down may take so long; then the program ends all the same. What was acknowledged is durable.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where the desk stands.
#[derive(Debug, Clone)]
pub enum Phase {
    /// The hub and the console are starting.
    Starting,
    /// They are there.
    Running(ConsoleHandle),
    /// They cannot be: why, and what to do.
    Failed(String),
    /// They have ended, everything written down.
    Ended,
}

/// The operator's desk.
#[derive(Debug, Clone)]
pub struct Desk {
    phase: watch::Receiver<Phase>,
    ending: CancellationToken,
}

impl Desk {
    /// A desk that is about to start, and what its one owner needs: where to say how it stands, and when to end.
    #[must_use]
    pub fn new() -> (Self, watch::Sender<Phase>, CancellationToken) {
        let (sender, phase) = watch::channel(Phase::Starting);
        let ending = CancellationToken::new();
        (Self { phase, ending: ending.clone() }, sender, ending)
    }

    /// The console, as soon as it is there.
    ///
    /// # Errors
    /// [`RequestErrorCode::CacheUnavailable`] when it could not start, or has ended.
    pub async fn console(&self) -> Result<ConsoleHandle, RequestError> {
        let mut phase = self.phase.clone();
        let unavailable = |message: String| RequestError::new(RequestErrorCode::CacheUnavailable, message);
        let known =
            phase.wait_for(|phase| !matches!(phase, Phase::Starting)).await.map(|phase| phase.clone());
        match known {
            Ok(Phase::Running(console)) => Ok(console),
            Ok(Phase::Failed(reason)) => Err(unavailable(reason)),
            Ok(Phase::Starting | Phase::Ended) | Err(_) => {
                Err(unavailable("Mission Control is closing. Start it again to go on.".to_owned()))
            }
        }
    }

    /// Ends the console and the hub, and waits until everything is written down.
    pub async fn end(&self) {
        self.ending.cancel();
        let mut phase = self.phase.clone();
        let ended = phase.wait_for(|phase| matches!(phase, Phase::Ended | Phase::Failed(_)));
        if timeout(PATIENCE, ended).await.is_err() {
            tracing::error!(
                "not everything was written down within {} s; ending all the same",
                PATIENCE.as_secs()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_waits_for_the_start_and_hears_why_it_failed() {
        let (desk, phase, _) = Desk::new();
        let asking = tokio::spawn({
            let desk = desk.clone();
            async move { desk.console().await }
        });
        tokio::task::yield_now().await;
        assert!(!asking.is_finished());
        phase.send_replace(Phase::Failed("the data directory cannot be used".to_owned()));
        let error = asking.await.unwrap().unwrap_err();
        assert_eq!(error.code, RequestErrorCode::CacheUnavailable);
        assert_eq!(error.message, "the data directory cannot be used");
    }

    #[tokio::test]
    async fn ending_waits_until_everything_is_written_down() {
        let (desk, phase, ending) = Desk::new();
        let waiting = tokio::spawn(async move {
            desk.end().await;
            desk.console().await
        });
        ending.cancelled().await;
        assert!(!waiting.is_finished());
        phase.send_replace(Phase::Ended);
        assert!(waiting.await.unwrap().is_err(), "nothing can be asked of a console that has ended");
    }

    #[tokio::test]
    async fn a_start_that_was_given_up_does_not_hold_requests() {
        let (desk, phase, _) = Desk::new();
        drop(phase);
        assert!(desk.console().await.is_err());
    }
}
