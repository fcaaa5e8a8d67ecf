//! WebKitGTK's DMABUF renderer aborts where there is no usable GPU. There it is switched off before GTK starts.
//!
//! WebKitGTK reads the switch from the environment, and a process may not safely change its own once it has threads:
//! so the program replaces itself with itself, the switch set.

use std::{ffi::OsStr, fs, io, os::unix::process::CommandExt, path::Path, process::Command};

const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Why the DMABUF renderer cannot be used here; `None` where it can.
fn obstacle(render_nodes: &Path, nvidia: &Path) -> Option<&'static str> {
    if nvidia.exists() {
        return Some("the NVIDIA driver does not support it well");
    }
    let usable = fs::read_dir(render_nodes).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            entry.file_name().to_string_lossy().starts_with("renderD")
                && fs::OpenOptions::new().read(true).write(true).open(entry.path()).is_ok()
        })
    });
    (!usable).then_some("there is no GPU this user can open")
}

/// Restarts the program without the DMABUF renderer where that would not work and the user has not decided it.
/// Returns only when nothing needed to be done, or the restart failed; then the program goes on as it is.
///
/// # Errors
/// When the restart failed.
pub fn fall_back_without_gpu() -> io::Result<()> {
    if std::env::var_os(SWITCH).is_some() {
        return Ok(());
    }
    let Some(reason) = obstacle(Path::new("/dev/dri"), Path::new("/proc/driver/nvidia/version")) else {
        return Ok(());
    };
    tracing::info!("drawing without DMABUF: {reason} ({SWITCH}=1)");
    let program = std::env::current_exe()?;
    Err(restart(&program, OsStr::new("1")))
}

fn restart(program: &Path, switch: &OsStr) -> io::Error {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.into());
    Command::new(program).arg0(name).args(arguments).env(SWITCH, switch).exec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_render_nodes_needs_the_fallback() {
        let directory = tempfile::tempdir().unwrap();
        let nvidia = directory.path().join("version");
        assert!(obstacle(&directory.path().join("absent"), &nvidia).is_some());
        fs::write(directory.path().join("card0"), "").unwrap();
        assert!(obstacle(directory.path(), &nvidia).is_some());
        fs::write(directory.path().join("renderD128"), "").unwrap();
        assert_eq!(obstacle(directory.path(), &nvidia), None);
        fs::write(&nvidia, "").unwrap();
        assert!(obstacle(directory.path(), &nvidia).is_some());
    }
}
