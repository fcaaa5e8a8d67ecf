//! Waiting for a condition, with a deadline.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

/// Between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(25);

/// Long enough for anything that works, on a slow machine that builds something else at the same time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `found` finds something, and returns it.
///
/// # Panics
/// When nothing was found within `limit`; the message ends with `what`, and what `found` said last.
pub fn wait_within<T, E: Display>(limit: Duration, what: &str, mut found: impl FnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match found() {
            Ok(value) => return value,
            Err(error) if Instant::now() >= deadline => {
                panic!("waited {} s in vain for {what}; at the end: {error}", limit.as_secs_f32())
            }
            Err(_) => std::thread::sleep(INTERVAL),
        }
    }
}

/// [`wait_within`] the usual patience.
pub fn wait_for<T, E: Display>(what: &str, found: impl FnMut() -> Result<T, E>) -> T {
    wait_within(PATIENCE, what, found)
}

/// Waits until it is so.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || if is_so() { Ok(()) } else { Err("it is not so") });
}

/// The same for what is asynchronous: the runtime goes on meanwhile, also where it has one thread only.
pub async fn until<T, E: Display>(what: &str, mut found: impl AsyncFnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match found().await {
            Ok(value) => return value,
            Err(error) if Instant::now() >= deadline => {
                panic!("waited {} s in vain for {what}; at the end: {error}", PATIENCE.as_secs())
            }
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}
