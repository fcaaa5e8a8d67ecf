//! The exports, archives and imports that a [`ConsoleHandle`] begins.

use std::path::Path;

use mission_control_protocol::Timestamp;
use mission_control_store::{ArchiveRequest, ExportFormat, RecordSource, SampleSource, read_manifest};

use super::{Work, paths, suggest};
use crate::{
    core::CoreRequest,
    handle::ConsoleHandle,
    search::plan,
    view::{
        requests::{RequestError, RequestErrorCode},
        search::SearchScope,
        transfers::{ExportSubject, FileFormat, StartExport, SuggestExportPath, SuggestedPath},
    },
};

/// Series of one export at most.
const MOST_SERIES: usize = 1_000;

impl ConsoleHandle {
    /// Begins to write a file, and returns the number of that: how far it is stands in
    /// [`crate::view::ViewRequest::Transfers`].
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] naming the field, [`RequestErrorCode::QueryInvalid`] with the place of the
    /// mistake, [`RequestErrorCode::HubUnknown`]. What goes wrong later is told in the view.
    pub async fn start_export(&self, request: StartExport) -> Result<u32, RequestError> {
        let StartExport { subject, format, path, replace } = request;
        let target = paths::checked(&path)?;
        let place = target.clone();
        blocking(move || check_place(&place, replace)).await??;
        let (title, work) = match subject {
            ExportSubject::Records { scope } if format == FileFormat::Archive => {
                let request = Box::new(self.archive_request(&scope).await?);
                let title = format!("Archive of {}", request.hub_name);
                (title, Work::Archive { request, target, replace })
            }
            ExportSubject::Records { scope } => {
                let (sources, format) = (self.record_sources(&scope).await?, rows(format)?);
                ("Export of records".to_owned(), Work::Records { sources, format, target, replace })
            }
            ExportSubject::Samples { selections, from, to } => {
                if selections.is_empty() {
                    return Err(invalid("Series: choose at least one."));
                }
                if selections.len() > MOST_SERIES {
                    return Err(invalid("Series: choose 1,000 at most."));
                }
                if from > to {
                    return Err(invalid("Span: it ends before it begins."));
                }
                let known = self.ask_core(|reply| CoreRequest::MetricsSources { reply }).await?;
                let sources = selections.into_iter().filter_map(|selection| {
                    let hub = known.iter().find(|source| source.hub == selection.dashboard.hub)?;
                    Some(SampleSource {
                        hub: hub.hub_name.clone(),
                        log: hub.path.clone(),
                        dashboard: selection.dashboard.dashboard_id,
                        series: selection.name,
                    })
                });
                let span = (Timestamp::from_milliseconds(from), Timestamp::from_milliseconds(to));
                let work = Work::Samples {
                    sources: sources.collect(),
                    span,
                    format: rows(format)?,
                    target,
                    replace,
                };
                ("Export of samples".to_owned(), work)
            }
            ExportSubject::Chart { request } => {
                if format != FileFormat::Csv {
                    return Err(invalid(
                        "Format: the points of a chart are written as CSV; choose that, or all samples.",
                    ));
                }
                let text = self.chart_csv(request).await?;
                let rows = text.matches("\r\n").count().saturating_sub(1) as u64;
                ("Export of a chart".to_owned(), Work::Text { text, rows, target, replace })
            }
        };
        let path = path.trim().to_owned();
        self.ask_core(|reply| CoreRequest::StartTransfer { title, path, work, reply }).await
    }

    /// Begins to take an archive in, and returns the number of that. It is then followed like a hub that is never
    /// connected.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] when the file is no archive, or is here already. What goes wrong later is told
    /// in the view.
    pub async fn import_archive(&self, path: String) -> Result<u32, RequestError> {
        let from = paths::checked(&path)?;
        let place = from.clone();
        let manifest = blocking(move || read_manifest(&place))
            .await?
            .map_err(|error| invalid(&format!("File: {error}.")))?;
        let manifest = Box::new(manifest);
        self.ask_core(|reply| CoreRequest::ImportArchive { from, manifest, reply }).await
    }

    /// Ends an export, archive or import that is under way: no file is left.
    ///
    /// # Errors
    /// Only while the console is shutting down. One that is over already is no error.
    pub async fn cancel_transfer(&self, id: u32) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::CancelTransfer { id, reply }).await
    }

    /// Takes one that is over off the list.
    ///
    /// # Errors
    /// Only while the console is shutting down.
    pub async fn dismiss_transfer(&self, id: u32) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::DismissTransfer { id, reply }).await
    }

    /// Where a file might be written: in the operator's folder for downloads, under a name that tells what it is.
    ///
    /// # Errors
    /// Only while the console is shutting down.
    pub async fn suggest_export_path(
        &self,
        request: SuggestExportPath,
    ) -> Result<SuggestedPath, RequestError> {
        let (directory, now) = self.ask_core(|reply| CoreRequest::Downloads { reply }).await?;
        let path = blocking(move || suggest(&directory, &request, now)).await?;
        Ok(SuggestedPath { path: path.display().to_string() })
    }

    async fn record_sources(&self, scope: &SearchScope) -> Result<Vec<RecordSource>, RequestError> {
        let hubs = scope.hubs.clone();
        let ground = self.ask_core(|reply| CoreRequest::SearchGround { hubs, reply }).await?;
        let source = |hub: &crate::search::SearchedHub| {
            Ok(RecordSource {
                hub: hub.name.clone(),
                log: hub.log.clone(),
                plan: plan(scope, ground.now, hub)?,
            })
        };
        ground.hubs.iter().map(source).collect()
    }

    async fn archive_request(&self, scope: &SearchScope) -> Result<ArchiveRequest, RequestError> {
        let mut sources = self.record_sources(scope).await?;
        let (Some(source), true) = (sources.pop(), sources.is_empty()) else {
            return Err(invalid("Hub: an archive is of one hub; choose which."));
        };
        let (operator, now) = self.ask_core(|reply| CoreRequest::Operator { reply }).await?;
        Ok(ArchiveRequest {
            log: source.log,
            hub_name: source.hub,
            made_by: format!("{operator} with Mission Control {}", env!("CARGO_PKG_VERSION")),
            made_at: now,
            query: scope.query.trim().to_owned(),
            plan: source.plan,
        })
    }
}

fn invalid(message: &str) -> RequestError {
    RequestError::new(RequestErrorCode::InvalidInput, message)
}

fn rows(format: FileFormat) -> Result<ExportFormat, RequestError> {
    match format {
        FileFormat::Csv => Ok(ExportFormat::Csv),
        FileFormat::Ndjson => Ok(ExportFormat::Ndjson),
        FileFormat::Parquet => Ok(ExportFormat::Parquet),
        FileFormat::Archive => {
            Err(invalid("Format: an archive is of records; choose CSV, NDJSON or Parquet for series."))
        }
    }
}

/// Tells at once what would only come out later.
fn check_place(target: &Path, replace: bool) -> Result<(), RequestError> {
    if target.is_dir() {
        return Err(invalid("File: this is a folder; add the name of a file."));
    }
    if !replace && target.exists() {
        return Err(invalid(
            "File: there is one of this name already; choose another name, or have it replaced.",
        ));
    }
    if !target.parent().is_some_and(Path::is_dir) {
        return Err(invalid("File: there is no such folder; choose one that is there."));
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RequestError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        RequestError::new(RequestErrorCode::CacheUnavailable, format!("It could not be done: {error}."))
    })
}
