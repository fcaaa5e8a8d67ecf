//! Keeps `ui/src/bindings/` true to the Rust types. `UPDATE_GENERATED=1` (or `cargo xtask generate`) writes it anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fs, path::Path};

use mission_control_console::view::{
    ViewModel, ViewRequest,
    alert_changes::{AlertingChanged, ChangeAlerting, EventsAround, EventsAroundRequest},
    alert_statistics::{AlertStatistics, AlertStatisticsRequest},
    conductor::{ConductTime, Timeline, TimelineRequest},
    connect::{CreateToken, CreatedToken},
    metrics::{
        ChartSeriesRequest, OutliersRequest, RankSeriesRequest, SeriesCatalog, SeriesChartView,
        SeriesOutliers, SeriesRanking,
    },
    notification_policy::NotificationPolicySettings,
    requests::{
        AddHub, AlertActionOutcome, AlertButton, EventsPage, EventsPageRequest, IssueCommand, IssuedCommand,
        Navigation, PayloadVerdict, PushConfiguration, QueryAnswer, QueryDashboard, RequestError,
        ValidatePayload,
    },
    rules::{BackTestRequest, BackTestView},
    search::{
        CompleteQuery, QueryCompletions, SearchOverview, SearchOverviewRequest, SearchPage,
        SearchPageRequest, SearchRecord, SearchRecordRequest, SearchTail, SearchTailRequest,
    },
    storage::{RetentionPreview, RetentionRequest, StorageHealth, StorageTask, StorageWork},
    transfers::{StartExport, SuggestExportPath, SuggestedPath},
};
use ts_rs::{Config, TS};

#[test]
fn bindings_are_fresh() {
    let scratch = tempfile::tempdir().unwrap();
    let config = Config::new().with_large_int("number").with_out_dir(scratch.path());
    macro_rules! export {
        ($($type:ty),* $(,)?) => {$( <$type>::export_all(&config).unwrap(); )*};
    }
    export!(
        ViewRequest,
        ViewModel,
        ChangeAlerting,
        AlertingChanged,
        EventsAroundRequest,
        EventsAround,
        AlertStatisticsRequest,
        AlertStatistics,
        BackTestRequest,
        BackTestView,
        IssueCommand,
        IssuedCommand,
        ValidatePayload,
        PayloadVerdict,
        EventsPageRequest,
        EventsPage,
        SeriesCatalog,
        ChartSeriesRequest,
        SeriesChartView,
        RankSeriesRequest,
        SeriesRanking,
        OutliersRequest,
        SeriesOutliers,
        QueryDashboard,
        QueryAnswer,
        PushConfiguration,
        ConductTime,
        TimelineRequest,
        Timeline,
        AddHub,
        NotificationPolicySettings,
        CreateToken,
        CreatedToken,
        AlertActionOutcome,
        AlertButton,
        Navigation,
        RequestError,
        SearchPageRequest,
        SearchPage,
        SearchTailRequest,
        SearchTail,
        SearchRecordRequest,
        SearchRecord,
        SearchOverviewRequest,
        SearchOverview,
        CompleteQuery,
        QueryCompletions,
        StartExport,
        SuggestExportPath,
        SuggestedPath,
        RetentionRequest,
        RetentionPreview,
        StorageHealth,
        StorageTask,
        StorageWork,
    );

    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings");
    let generated = files(scratch.path(), scratch.path());
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let _ = fs::remove_dir_all(&committed);
        for (name, text) in &generated {
            let path = committed.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let present = files(&committed, &committed);
    let stale: Vec<_> = generated
        .iter()
        .filter(|(name, text)| present.get(*name) != Some(text))
        .map(|(name, _)| name)
        .chain(present.keys().filter(|name| !generated.contains_key(*name)))
        .collect();
    assert!(stale.is_empty(), "run `cargo xtask generate`: these bindings are stale: {stale:?}");
}

fn files(root: &Path, directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(root, &path));
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}
