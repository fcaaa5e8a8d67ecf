//! The operator's core: connections to hubs, the cache, notification policy and view models. Knows no Tauri.

pub mod view;
