//! A disk that can be full.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A small disk of its own, for as long as it is kept.
pub struct Tmpfs(pub PathBuf);

impl Tmpfs {
    /// `None`, with the reason printed, where mounting is not permitted.
    pub fn mount(at: &Path, kilobytes: u32) -> Option<Self> {
        let place = at.join("disk");
        fs::create_dir(&place).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(&place)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(place)),
            other => {
                println!("skipped: a disk of its own cannot be mounted here: {other:?}");
                None
            }
        }
    }

    pub fn fill(&self) {
        use std::io::Write;
        let mut filler = fs::File::create(self.0.join("filler")).unwrap();
        for size in [65_536, 4_096, 512] {
            while filler.write_all(&vec![1; size]).is_ok() {}
        }
    }

    pub fn make_room(&self) {
        let _ = fs::remove_file(self.0.join("filler"));
    }

    pub fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a connection may still be open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
