//! Exports, archives and imports: what leaves and enters the program as files. The work is done on blocking threads,
//! which tell the core how far they are; the core keeps the list that is shown.

mod list;
mod paths;
mod requests;

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mission_control_protocol::Timestamp;
use mission_control_store::{
    ArchiveError, ArchiveManifest, ArchiveRequest, ExportError, ExportFormat, ExportProgress, Exported,
    NewFile, RecordSource, SampleSource, export_records, export_samples, import_archive, write_archive,
};
use tokio::sync::mpsc;

pub(crate) use self::{list::Transfers, paths::suggest};
use crate::{
    core::CoreMessage,
    settings::ArchivedHub,
    view::transfers::{TransferKind, TransferState},
};

/// What is to be done, with everything known that it takes.
pub(crate) enum Work {
    Records {
        sources: Vec<RecordSource>,
        format: ExportFormat,
        target: PathBuf,
        replace: bool,
    },
    Samples {
        sources: Vec<SampleSource>,
        span: (Timestamp, Timestamp),
        format: ExportFormat,
        target: PathBuf,
        replace: bool,
    },
    /// A text that is at hand, with so many rows.
    Text {
        text: String,
        rows: u64,
        target: PathBuf,
        replace: bool,
    },
    Archive {
        request: Box<ArchiveRequest>,
        target: PathBuf,
        replace: bool,
    },
    /// Taking an archive in: a copy of it, and the hub it then is.
    Import {
        from: PathBuf,
        to: PathBuf,
        hub: ArchivedHub,
    },
}

impl Work {
    /// What sort of thing it is.
    pub(crate) fn kind(&self) -> TransferKind {
        match self {
            Self::Records { .. } | Self::Samples { .. } | Self::Text { .. } => TransferKind::Export,
            Self::Archive { .. } => TransferKind::Archive,
            Self::Import { .. } => TransferKind::Import,
        }
    }
}

/// What work tells the core.
pub(crate) enum TransferReport {
    /// Where it stands.
    State(TransferState),
    /// An archive is there to be looked at.
    Imported { hub: ArchivedHub, state: TransferState },
}

/// Does `work`, and tells the core of `id` where it stands.
pub(crate) fn run(work: Work, id: u32, cancelled: &AtomicBool, core: &mpsc::WeakSender<CoreMessage>) {
    let tell = |report: TransferReport| {
        if let Some(core) = core.upgrade() {
            let _ = core.blocking_send(CoreMessage::Transfer { id, report });
        }
    };
    let mut watch = |progress: ExportProgress| {
        // A core that has no room is told the next time.
        if let Some(core) = core.upgrade() {
            let ExportProgress { part, looked_at, written } = progress;
            let report = TransferReport::State(TransferState::Running { part, looked_at, written });
            let _ = core.try_send(CoreMessage::Transfer { id, report });
        } else {
            return ControlFlow::Break(());
        }
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let ended = match work {
        Work::Records { sources, format, target, replace } => {
            export_records(&sources, format, &target, replace, &mut watch).map(|exported| done(&exported))
        }
        Work::Samples { sources, span, format, target, replace } => {
            export_samples(&sources, span, format, &target, replace, &mut watch)
                .map(|exported| done(&exported))
        }
        Work::Text { text, rows, target, replace } => write_text(&text, rows, &target, replace),
        Work::Archive { request, target, replace } => {
            write_archive(&request, &target, replace, &mut watch).map(|manifest| archived(&manifest, &target))
        }
        Work::Import { from, to, hub } => {
            match import_archive(&from, &to, &mut watch) {
                Ok(manifest) => {
                    let state = archived(&manifest, &to);
                    tell(TransferReport::Imported { hub, state });
                }
                Err(ArchiveError::Copy(ExportError::Cancelled)) => {
                    tell(TransferReport::State(TransferState::Cancelled));
                }
                Err(error) => tell(TransferReport::State(failed(&error.to_string()))),
            }
            return;
        }
    };
    tell(TransferReport::State(match ended {
        Ok(state) => state,
        Err(ExportError::Cancelled) => TransferState::Cancelled,
        Err(error) => failed(&error.to_string()),
    }));
}

/// Starts `work` on a thread that may block; the flag ends it.
pub(crate) fn start(work: Work, id: u32, core: mpsc::WeakSender<CoreMessage>) -> Arc<AtomicBool> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancelled);
    tokio::task::spawn_blocking(move || run(work, id, &flag, &core));
    cancelled
}

fn write_text(
    text: &str,
    rows: u64,
    target: &std::path::Path,
    replace: bool,
) -> Result<TransferState, ExportError> {
    use std::io::Write;
    let mut file = NewFile::create(target, replace)?;
    file.write_all(text.as_bytes()).map_err(|error| ExportError::from_disk(target, error))?;
    let bytes = file.finish()?;
    Ok(TransferState::Done { count: rows, bytes, note: None })
}

fn done(exported: &Exported) -> TransferState {
    let note = if exported.missing > 0 {
        Some(format!(
            "{} records of that time are missing here: holes that are filled when the hub is connected.",
            exported.missing
        ))
    } else if exported.is_complete {
        None
    } else {
        Some(
            "An older log is still being read into series: not every sample is in it yet. Try again later."
                .to_owned(),
        )
    };
    TransferState::Done { count: exported.rows, bytes: exported.bytes, note }
}

fn archived(manifest: &ArchiveManifest, path: &std::path::Path) -> TransferState {
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    let note = (manifest.missing > 0)
        .then(|| format!("{} records of that time were missing where it was made.", manifest.missing));
    TransferState::Done { count: manifest.records, bytes, note }
}

/// A sentence of its own, whatever it begins with.
fn failed(message: &str) -> TransferState {
    let mut characters = message.chars();
    let first = characters
        .next()
        .map(|first| if message.starts_with('/') { first } else { first.to_ascii_uppercase() });
    let mut message: String = first.into_iter().chain(characters).collect();
    if !message.ends_with('.') {
        message.push('.');
    }
    TransferState::Failed { message }
}
