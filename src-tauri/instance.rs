//! One program per data directory: a second one brings the window of the first to the front, and ends.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use tauri::{Wry, plugin::TauriPlugin};

use crate::window;

/// The plugin that finds the other program, over the session bus. Without a bus, the lock in the data directory keeps
/// a second one away.
pub fn single(data_directory: &Path) -> TauriPlugin<Wry> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(bus_name(data_directory))
        .callback(|app, _, _| window::raise(app))
        .build()
}

/// Programs with different data may run side by side, so the name depends on the directory.
fn bus_name(data_directory: &Path) -> String {
    // The same in every build of one version: all that is needed, since an update restarts the program.
    let mut hasher = DefaultHasher::new();
    data_directory.hash(&mut hasher);
    format!("io.mission_control.desktop.data{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_data_directory_has_a_bus_name_of_its_own() {
        let name = bus_name(Path::new("/home/ann/data"));
        assert_eq!(name, bus_name(Path::new("/home/ann/data")));
        assert_ne!(name, bus_name(Path::new("/home/ann/other")));
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')));
    }
}
