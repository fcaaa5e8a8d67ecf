//! File descriptors: each connection takes one, and what a shell grants by default is soon used up.

use std::{io, sync::Once};

use rustix::{
    io::Errno,
    process::{Resource, getrlimit, setrlimit},
};

/// Raises the soft limit of open files to the hard one, for the whole process.
pub(crate) fn raise_limit() {
    static TOLD: Once = Once::new();
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    let raised = setrlimit(Resource::Nofile, limit);
    let now = getrlimit(Resource::Nofile).current;
    TOLD.call_once(|| match raised {
        Ok(()) => tracing::info!(before = told(before), now = told(now), "limit of open files"),
        Err(error) => {
            tracing::info!(now = told(now), %error, "the limit of open files stays as it was");
        }
    });
}

fn told(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

/// What to do when a connection cannot be accepted because of this error.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => {
            "every file this process may open is open; raise its limit (`ulimit -n`, or `LimitNOFILE=` of its systemd \
             unit) and start the hub again"
        }
        Some(Errno::NFILE) => {
            "every file this machine may open is open; raise its limit (`sysctl fs.file-max`) or close other programs"
        }
        _ => "the hub tries again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let mut limit = getrlimit(Resource::Nofile);
        let lower = limit.maximum.map_or(4_096, |maximum| maximum - 1).min(4_096);
        limit.current = Some(lower);
        setrlimit(Resource::Nofile, limit).unwrap();
        raise_limit();
        let raised = getrlimit(Resource::Nofile);
        assert_eq!(raised.current, raised.maximum);
        assert_ne!(raised.current, Some(lower));
    }

    #[test]
    fn one_who_runs_out_is_told_what_to_raise() {
        assert!(advice(&Errno::MFILE.into()).contains("ulimit -n"));
        assert!(advice(&Errno::NFILE.into()).contains("fs.file-max"));
        assert_eq!(advice(&Errno::CONNABORTED.into()), "the hub tries again");
    }
}
