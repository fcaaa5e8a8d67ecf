//! The Tauri commands: one for each request of the UI, each handed to the console. `permissions/operate.toml` lists
//! them again, as what the window may call.

#![expect(clippy::needless_pass_by_value, reason = "Tauri hands a command its arguments by value")]

use std::sync::Arc;

use mission_control_console::view::{
    HubKey, Preferences, ViewModel, ViewRequest,
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
        RequestErrorCode, ValidatePayload,
    },
    rules::{BackTestRequest, BackTestView},
    search::{
        CompleteQuery, QueryCompletions, SearchOverview, SearchOverviewRequest, SearchPage,
        SearchPageRequest, SearchRecord, SearchRecordRequest, SearchTail, SearchTailRequest,
    },
    storage::{RetentionPreview, RetentionRequest, StorageHealth, StorageTask, StorageWork},
    transfers::{StartExport, SuggestExportPath, SuggestedPath},
};
use mission_control_protocol::{AlertId, CommandId, TokenId};
use tauri::{ResourceId, State, Webview, ipc::Channel};

use crate::{desk::Desk, navigation::Navigator, pictures, subscriptions};

type Answer<T> = Result<T, RequestError>;

/// Follows a view; the number ends it again.
#[tauri::command]
pub async fn subscribe(
    webview: Webview,
    desk: State<'_, Desk>,
    request: ViewRequest,
    channel: Channel<Arc<ViewModel>>,
) -> Answer<ResourceId> {
    let models = desk.console().await?.subscribe(request);
    Ok(subscriptions::open(&webview, models, channel))
}

/// Stops following a view. One that has ended already is no error.
#[tauri::command]
pub fn unsubscribe(webview: Webview, subscription: ResourceId) {
    subscriptions::close(&webview, subscription);
}

/// Hears where the shell wants the UI to go.
#[tauri::command]
pub fn subscribe_navigation(navigator: State<'_, Navigator>, channel: Channel<Navigation>) {
    tauri::async_runtime::spawn(navigator.inner().clone().forward(channel));
}

/// Sends a command to a dashboard.
#[tauri::command]
pub async fn issue_command(desk: State<'_, Desk>, request: IssueCommand) -> Answer<IssuedCommand> {
    desk.console().await?.issue_command(request).await
}

/// Asks for a command to be cancelled.
#[tauri::command]
pub async fn cancel_command(desk: State<'_, Desk>, hub: HubKey, command_id: CommandId) -> Answer<()> {
    desk.console().await?.cancel_command(hub, command_id).await
}

/// Says what is wrong with a payload.
#[tauri::command]
pub async fn validate_payload(desk: State<'_, Desk>, request: ValidatePayload) -> Answer<PayloadVerdict> {
    desk.console().await?.validate_payload(request).await
}

/// Takes an alert up, for all operators.
#[tauri::command]
pub async fn acknowledge_alert(
    desk: State<'_, Desk>,
    hub: HubKey,
    alert_id: AlertId,
    note: Option<String>,
) -> Answer<()> {
    desk.console().await?.acknowledge_alert(hub, alert_id, note).await
}

/// Says that an alert is over.
#[tauri::command]
pub async fn resolve_alert(
    desk: State<'_, Desk>,
    hub: HubKey,
    alert_id: AlertId,
    note: Option<String>,
) -> Answer<()> {
    desk.console().await?.resolve_alert(hub, alert_id, note).await
}

/// Presses one of an alert's buttons.
#[tauri::command]
pub async fn run_alert_action(
    desk: State<'_, Desk>,
    hub: HubKey,
    alert_id: AlertId,
    button: AlertButton,
) -> Answer<AlertActionOutcome> {
    desk.console().await?.run_alert_action(hub, alert_id, button).await
}

/// Changes who has an alert, a silence, a rule, and the like.
#[tauri::command]
pub async fn change_alerting(desk: State<'_, Desk>, request: ChangeAlerting) -> Answer<AlertingChanged> {
    desk.console().await?.change_alerting(request).await
}

/// The rules of a hub as TOML.
#[tauri::command]
pub async fn export_rules(desk: State<'_, Desk>, hub: HubKey) -> Answer<String> {
    desk.console().await?.export_rules(hub).await
}

/// What a rule would have done, by the log that is here.
#[tauri::command]
pub async fn back_test_rule(desk: State<'_, Desk>, request: BackTestRequest) -> Answer<BackTestView> {
    desk.console().await?.back_test_rule(request).await
}

/// Ends a back-test that is under way.
#[tauri::command]
pub async fn cancel_back_test(desk: State<'_, Desk>) -> Answer<()> {
    desk.console().await?.cancel_back_test();
    Ok(())
}

/// How noisy alerts were, and how fast they were dealt with.
#[tauri::command]
pub async fn alert_statistics(
    desk: State<'_, Desk>,
    request: AlertStatisticsRequest,
) -> Answer<AlertStatistics> {
    desk.console().await?.alert_statistics(request).await
}

/// What happened on a dashboard around an instant.
#[tauri::command]
pub async fn events_around(desk: State<'_, Desk>, request: EventsAroundRequest) -> Answer<EventsAround> {
    desk.console().await?.events_around(request).await
}

/// Older events of a dashboard.
#[tauri::command]
pub async fn events_page(desk: State<'_, Desk>, request: EventsPageRequest) -> Answer<EventsPage> {
    desk.console().await?.events_page(request).await
}

/// Which series there are.
#[tauri::command]
pub async fn series_catalog(desk: State<'_, Desk>) -> Answer<SeriesCatalog> {
    desk.console().await?.series_catalog().await
}

/// Series of any dashboards over one span.
#[tauri::command]
pub async fn chart_series(desk: State<'_, Desk>, request: ChartSeriesRequest) -> Answer<SeriesChartView> {
    desk.console().await?.chart_series(request).await
}

/// The points of a chart as CSV.
#[tauri::command]
pub async fn chart_csv(desk: State<'_, Desk>, request: ChartSeriesRequest) -> Answer<String> {
    desk.console().await?.chart_csv(request).await
}

/// Where a picture of a chart could go: a file that is not there yet.
#[tauri::command]
pub async fn chart_image_place(name: String) -> Answer<String> {
    aside(move || Ok(pictures::place_for(&name).to_string_lossy().into_owned())).await
}

/// Writes a picture of a chart; `png` is base64. Returns where it is; null when a file is there that may not be replaced.
#[tauri::command]
pub async fn save_chart_image(path: String, png: String, replace: bool) -> Answer<Option<String>> {
    let save = move || pictures::save(&path, &png, replace);
    aside(move || Ok(save()?.map(|path| path.to_string_lossy().into_owned()))).await
}

/// What touches the disk is done on a thread that may block.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    match tauri::async_runtime::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(_) => Err(RequestError::new(RequestErrorCode::CacheUnavailable, "Mission Control is closing.")),
    }
}

/// The dashboards that stand at the top by one series.
#[tauri::command]
pub async fn rank_series(desk: State<'_, Desk>, request: RankSeriesRequest) -> Answer<SeriesRanking> {
    desk.console().await?.rank_series(request).await
}

/// The dashboards that are unlike the others.
#[tauri::command]
pub async fn outliers(desk: State<'_, Desk>, request: OutliersRequest) -> Answer<SeriesOutliers> {
    desk.console().await?.outliers(request).await
}

/// Asks a dashboard something.
#[tauri::command]
pub async fn query_dashboard(desk: State<'_, Desk>, request: QueryDashboard) -> Answer<QueryAnswer> {
    desk.console().await?.query_dashboard(request).await
}

/// Pushes a configuration to a dashboard.
#[tauri::command]
pub async fn push_configuration(desk: State<'_, Desk>, request: PushConfiguration) -> Answer<()> {
    desk.console().await?.push_configuration(request).await
}

/// Chooses the instant that every view shows.
#[tauri::command]
pub async fn conduct_time(desk: State<'_, Desk>, request: ConductTime) -> Answer<()> {
    desk.console().await?.conduct_time(request).await
}

/// What the scrubber is drawn from.
#[tauri::command]
pub async fn timeline(desk: State<'_, Desk>, request: TimelineRequest) -> Answer<Timeline> {
    desk.console().await?.timeline(request).await
}

/// A page of a search's hits.
#[tauri::command]
pub async fn search_page(desk: State<'_, Desk>, request: SearchPageRequest) -> Answer<SearchPage> {
    desk.console().await?.search_page(request).await
}

/// Hits of a search that came since.
#[tauri::command]
pub async fn search_tail(desk: State<'_, Desk>, request: SearchTailRequest) -> Answer<SearchTail> {
    desk.console().await?.search_tail(request).await
}

/// One hit of a search in full.
#[tauri::command]
pub async fn search_record(desk: State<'_, Desk>, request: SearchRecordRequest) -> Answer<SearchRecord> {
    desk.console().await?.search_record(request).await
}

/// Counts over all hits of a search.
#[tauri::command]
pub async fn search_overview(
    desk: State<'_, Desk>,
    request: SearchOverviewRequest,
) -> Answer<SearchOverview> {
    desk.console().await?.search_overview(request).await
}

/// What could stand at the cursor in a query, and what is wrong with it so far.
#[tauri::command]
pub async fn complete_query(desk: State<'_, Desk>, request: CompleteQuery) -> Answer<QueryCompletions> {
    desk.console().await?.complete_query(request).await
}

/// Follows another hub from now on.
#[tauri::command]
pub async fn add_hub(desk: State<'_, Desk>, request: AddHub) -> Answer<HubKey> {
    desk.console().await?.add_hub(request).await
}

/// No longer follows a hub.
#[tauri::command]
pub async fn remove_hub(desk: State<'_, Desk>, hub: HubKey) -> Answer<()> {
    desk.console().await?.remove_hub(hub).await
}

/// Connects to a hub at once instead of at the next attempt.
#[tauri::command]
pub async fn retry_hub(desk: State<'_, Desk>, hub: HubKey) -> Answer<()> {
    desk.console().await?.retry_hub(hub).await
}

/// Has a hub make a token for a dashboard.
#[tauri::command]
pub async fn create_token(desk: State<'_, Desk>, request: CreateToken) -> Answer<CreatedToken> {
    desk.console().await?.create_token(request).await
}

/// Revokes a token.
#[tauri::command]
pub async fn revoke_token(desk: State<'_, Desk>, hub: HubKey, token_id: TokenId) -> Answer<()> {
    desk.console().await?.revoke_token(hub, token_id).await
}

/// Begins to write a file.
#[tauri::command]
pub async fn start_export(desk: State<'_, Desk>, request: StartExport) -> Answer<u32> {
    desk.console().await?.start_export(request).await
}

/// Begins to take an archive in.
#[tauri::command]
pub async fn import_archive(desk: State<'_, Desk>, path: String) -> Answer<u32> {
    desk.console().await?.import_archive(path).await
}

/// Ends an export, archive or import.
#[tauri::command]
pub async fn cancel_transfer(desk: State<'_, Desk>, id: u32) -> Answer<()> {
    desk.console().await?.cancel_transfer(id).await
}

/// Takes one that is over off the list.
#[tauri::command]
pub async fn dismiss_transfer(desk: State<'_, Desk>, id: u32) -> Answer<()> {
    desk.console().await?.dismiss_transfer(id).await
}

/// Where a file might be written.
#[tauri::command]
pub async fn suggest_export_path(desk: State<'_, Desk>, request: SuggestExportPath) -> Answer<SuggestedPath> {
    desk.console().await?.suggest_export_path(request).await
}

/// How a hub's log fares on disk.
#[tauri::command]
pub async fn storage_health(desk: State<'_, Desk>, hub: HubKey) -> Answer<StorageHealth> {
    desk.console().await?.storage_health(hub).await
}

/// What a choice of what is kept would drop.
#[tauri::command]
pub async fn preview_retention(desk: State<'_, Desk>, request: RetentionRequest) -> Answer<RetentionPreview> {
    desk.console().await?.preview_retention(request).await
}

/// Keeps so much from now on.
#[tauri::command]
pub async fn save_retention(desk: State<'_, Desk>, request: RetentionRequest) -> Answer<()> {
    desk.console().await?.save_retention(request).await
}

/// Starts checking, backing up or restoring a log.
#[tauri::command]
pub async fn start_storage_work(desk: State<'_, Desk>, hub: HubKey, task: StorageTask) -> Answer<()> {
    desk.console().await?.start_storage_work(hub, task).await
}

/// How far that work is.
#[tauri::command]
pub async fn storage_work(desk: State<'_, Desk>) -> Answer<Option<StorageWork>> {
    Ok(desk.console().await?.storage_work())
}

/// Breaks it off.
#[tauri::command]
pub async fn cancel_storage_work(desk: State<'_, Desk>) -> Answer<()> {
    desk.console().await?.cancel_storage_work();
    Ok(())
}

/// Gives up a restore that waits for the next start.
#[tauri::command]
pub async fn forget_restore(desk: State<'_, Desk>) -> Answer<()> {
    desk.console().await?.forget_restore().await
}

/// Copies the log of a remote hub anew.
#[tauri::command]
pub async fn rebuild_cache(desk: State<'_, Desk>, hub: HubKey) -> Answer<()> {
    desk.console().await?.rebuild_cache(hub).await
}

/// Keeps what the operator chose.
#[tauri::command]
pub async fn save_preferences(desk: State<'_, Desk>, preferences: Preferences) -> Answer<()> {
    desk.console().await?.save_preferences(preferences).await
}

/// Keeps another notification policy.
#[tauri::command]
pub async fn save_notification_policy(
    desk: State<'_, Desk>,
    policy: NotificationPolicySettings,
) -> Answer<()> {
    desk.console().await?.save_notification_policy(policy).await
}

/// Shows a notification, to see that they work.
#[tauri::command]
pub async fn test_notification(desk: State<'_, Desk>) -> Answer<()> {
    desk.console().await?.test_notification().await
}
