//! What handles ask of the core.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use mission_control_protocol::{
    AlertId, CommandDeclaration, Hazard, OperatorId, Record, Timestamp,
    alerting::Rule,
    operator_wire::{OperatorReply, OperatorRequest},
};
use mission_control_store::{ArchiveManifest, search::query::KnownValues};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Core, present};
use crate::{
    alert_actions::{self, Plan},
    hub_link::{LinkCommand, Route},
    hub_state::{HubState, IN_THE_PAST, archived},
    metrics::MetricsSource,
    models::{self, events},
    search::{self, SearchGround},
    settings::{RemoteHub, Settings, check_hub, check_preferences},
    storage::StoredLog,
    transfers::Work,
    view::{
        DashboardKey, DashboardSection, EventRow, HubKey, Preferences,
        conductor::{ConductTime, Timeline, TimelineRequest},
        frame::{HubConnection, NotificationService},
        notification_policy::NotificationPolicySettings,
        requests::{AddHub, AlertButton, RequestError, RequestErrorCode},
        search::SearchRow,
        storage::RetentionRequest,
    },
};

pub(super) type Reply<T> = oneshot::Sender<Result<T, RequestError>>;

/// What handles ask of the core.
pub(crate) enum CoreRequest {
    /// Ask a hub.
    Ask { hub: HubKey, request: OperatorRequest, reply: Reply<OperatorReply> },
    /// What the form of a command is.
    CommandForm { dashboard: DashboardKey, kind: String, reply: Reply<CommandForm> },
    /// What a button of an alert does.
    AlertAction { hub: HubKey, alert_id: AlertId, button: AlertButton, reply: Reply<AlertActionPlan> },
    /// Where the log of a hub is.
    LogPath { hub: HubKey, reply: Reply<PathBuf> },
    /// Where the logs of all hubs are, and what their dashboards are called.
    MetricsSources { reply: Reply<Vec<MetricsSource>> },
    /// The rules of a hub.
    Rules { hub: HubKey, reply: Reply<Vec<Rule>> },
    /// What the rules of all hubs are called.
    RuleTitles { reply: Reply<BTreeMap<(HubKey, String), String>> },
    /// The address of a hub.
    HubAddress { hub: HubKey, reply: Reply<String> },
    /// Records as lines of the event feed.
    EventRows { hub: HubKey, records: Vec<Record>, reply: Reply<Vec<EventRow>> },
    /// What a search needs to know; of all hubs when none is named.
    SearchGround { hubs: Vec<HubKey>, reply: Reply<SearchGround> },
    /// The values that are known to occur in queries.
    KnownValues { reply: Reply<KnownValues> },
    /// Hits of a search as lines; of hubs that are followed.
    SearchRows { hits: Vec<(HubKey, Record)>, reply: Reply<Vec<SearchRow>> },
    /// Follow a hub.
    AddHub { request: AddHub, reply: Reply<HubKey> },
    /// Follow a hub no more.
    RemoveHub { hub: HubKey, reply: Reply<()> },
    /// Where the log of a hub is, and what is kept of it.
    StoredLog { hub: HubKey, reply: Reply<StoredLog> },
    /// Keep so much from now on.
    SaveRetention { request: RetentionRequest, reply: Reply<()> },
    /// Copy the log of a hub anew.
    RebuildCache { hub: HubKey, reply: Reply<()> },
    /// Connect now.
    RetryHub { hub: HubKey, reply: Reply<()> },
    /// Take over what the operator chose.
    SavePreferences { preferences: Preferences, reply: Reply<()> },
    /// Choose the instant that every view shows.
    Conduct { request: ConductTime, reply: Reply<()> },
    /// What the scrubber is drawn from.
    Timeline { request: TimelineRequest, reply: Reply<Timeline> },
    /// Whether something may be changed now at a hub: not while the past is shown, and not in an archive.
    MayChange { hub: HubKey, reply: Reply<()> },
    /// Who operates, and what time it is.
    Operator { reply: Reply<(OperatorId, Timestamp)> },
    /// Where files go that the operator has written, and what time it is.
    Downloads { reply: Reply<(PathBuf, Timestamp)> },
    /// Begin an export or an archive.
    StartTransfer { title: String, path: String, work: Work, reply: Reply<u32> },
    /// Take an archive in.
    ImportArchive { from: PathBuf, manifest: Box<ArchiveManifest>, reply: Reply<u32> },
    /// End an export, archive or import.
    CancelTransfer { id: u32, reply: Reply<()> },
    /// Take one that is over off the list.
    DismissTransfer { id: u32, reply: Reply<()> },
    /// Whether native notifications work.
    NotificationService(NotificationService),
    /// Take over another notification policy.
    SaveNotificationPolicy { policy: NotificationPolicySettings, reply: Reply<()> },
    /// Until when an alert is on the shelf that is put there now from its notification.
    SnoozeUntil { reply: Reply<Timestamp> },
    /// Show that notifications work.
    TestNotification { reply: Reply<()> },
}

/// The form of a command.
pub(crate) struct CommandForm {
    pub(crate) declaration: CommandDeclaration,
}

/// What a button of an alert does.
pub(crate) enum AlertActionPlan {
    Open { dashboard: DashboardKey, section: DashboardSection },
    Send { dashboard: DashboardKey, command: String, payload: Value, hazard: Hazard },
}

fn unknown_hub() -> RequestError {
    RequestError::new(
        RequestErrorCode::HubUnknown,
        "This console follows no such hub; it may have been removed.",
    )
}

pub(super) fn invalid(message: String) -> RequestError {
    RequestError::new(RequestErrorCode::InvalidInput, message)
}

/// Refuses what is for an archive, whatever it is.
fn not_archived(hub: &HubState) -> Result<(), RequestError> {
    let refused = |mark| RequestError::new(RequestErrorCode::HubDisconnected, archived(mark));
    hub.archive.as_ref().map_or(Ok(()), |mark| Err(refused(mark)))
}

fn metrics_source(hub: &HubState) -> MetricsSource {
    let names = hub.projection.dashboards.keys().map(|id| (id.clone(), hub.dashboard_name(id))).collect();
    MetricsSource { hub: hub.key, hub_name: hub.name.clone(), path: hub.log_path.clone(), names }
}

impl Core {
    pub(super) fn request(&mut self, request: CoreRequest) {
        match request {
            CoreRequest::Ask { hub, request, reply } => self.ask(hub, request, reply),
            CoreRequest::CommandForm { dashboard, kind, reply } => {
                let _ = reply.send(self.command_form(&dashboard, &kind));
            }
            CoreRequest::AlertAction { hub, alert_id, button, reply } => {
                let _ = reply.send(self.alert_action(hub, &alert_id, &button));
            }
            CoreRequest::StoredLog { hub, reply } => {
                let _ = reply.send(self.stored_log(hub));
            }
            CoreRequest::SaveRetention { request, reply } => self.save_retention(request, reply),
            CoreRequest::RebuildCache { hub, reply } => {
                let _ = reply.send(self.rebuild_cache(hub));
            }
            CoreRequest::LogPath { hub, reply } => {
                let path = self.knowledge.hub(hub).map(|hub| hub.log_path.clone());
                let _ = reply.send(path.ok_or_else(unknown_hub));
            }
            CoreRequest::MetricsSources { reply } => {
                let _ = reply.send(Ok(self.knowledge.hubs.iter().map(metrics_source).collect()));
            }
            CoreRequest::Rules { hub, reply } => {
                let rules = self.knowledge.hub(hub).map(|hub| {
                    hub.projection.alert_policies.rules().map(|known| known.rule.clone()).collect()
                });
                let _ = reply.send(rules.ok_or_else(unknown_hub));
            }
            CoreRequest::RuleTitles { reply } => {
                let titles = self.knowledge.hubs.iter().flat_map(|hub| {
                    let rules = hub.projection.alert_policies.rules();
                    rules.map(|known| {
                        let title = crate::plain_text::harmless(&known.rule.title, 200);
                        ((hub.key, known.rule.id.as_str().to_owned()), title)
                    })
                });
                let _ = reply.send(Ok(titles.collect()));
            }
            CoreRequest::HubAddress { hub, reply } => {
                let address = self.knowledge.hub(hub).map(|hub| hub.address.clone());
                let _ = reply.send(address.ok_or_else(unknown_hub));
            }
            CoreRequest::EventRows { hub, records, reply } => {
                let rows = self
                    .knowledge
                    .hub(hub)
                    .map(|hub| records.iter().filter_map(|record| events::row(hub, record)).collect());
                let _ = reply.send(rows.ok_or_else(unknown_hub));
            }
            CoreRequest::SearchGround { hubs, reply } => {
                let ground = search::ground(self.knowledge.hubs.iter(), &hubs, (self.clock)());
                let _ = reply.send(ground.ok_or_else(unknown_hub));
            }
            CoreRequest::KnownValues { reply } => {
                let _ = reply.send(Ok(search::known(self.knowledge.hubs.iter())));
            }
            CoreRequest::SearchRows { hits, reply } => {
                let row = |(hub, record): &(HubKey, Record)| {
                    Some(models::search::row(self.knowledge.hub(*hub)?, record))
                };
                let _ = reply.send(Ok(hits.iter().filter_map(row).collect()));
            }
            CoreRequest::AddHub { request, reply } => self.add_hub(&request, reply),
            CoreRequest::RemoveHub { hub, reply } => self.remove_hub(hub, reply),
            CoreRequest::RetryHub { hub, reply } => {
                let told = self.tell_link(hub, LinkCommand::Retry).map_err(|_| unknown_hub());
                let _ = reply.send(told);
            }
            CoreRequest::SavePreferences { preferences, reply } => self.save_preferences(preferences, reply),
            CoreRequest::Conduct { request, reply } => self.conduct(request, reply),
            CoreRequest::Timeline { request, reply } => self.timeline(request, reply),
            CoreRequest::MayChange { hub, reply } => {
                let _ = reply.send(self.may_change(hub));
            }
            CoreRequest::Operator { reply } => {
                let _ = reply.send(Ok((self.operator.clone(), self.now())));
            }
            CoreRequest::Downloads { reply } => {
                let _ = reply.send(Ok((self.downloads_directory.clone(), self.now())));
            }
            CoreRequest::StartTransfer { title, path, work, reply } => {
                let _ = reply.send(self.start_transfer(title, path, work));
            }
            CoreRequest::ImportArchive { from, manifest, reply } => {
                let _ = reply.send(self.import_archive(from, *manifest));
            }
            CoreRequest::CancelTransfer { id, reply } => {
                self.transfers.cancel(id);
                let _ = reply.send(Ok(()));
            }
            CoreRequest::DismissTransfer { id, reply } => {
                self.transfers.dismiss(id);
                self.transfers_changed();
                let _ = reply.send(Ok(()));
            }
            CoreRequest::NotificationService(service) => {
                self.knowledge.notifications = service;
                self.everything_changed();
            }
            CoreRequest::SaveNotificationPolicy { policy, reply } => {
                self.save_notification_policy(policy, reply);
            }
            CoreRequest::SnoozeUntil { reply } => {
                let _ = reply.send(Ok(self.snooze_until()));
            }
            CoreRequest::TestNotification { reply } => {
                let _ = reply.send(self.test_notification());
            }
        }
    }

    /// Whether anything may be changed at a hub: not in the past, and never in an archive.
    fn may_change(&self, hub: HubKey) -> Result<(), RequestError> {
        if !self.replay.is_live() {
            return Err(RequestError::new(RequestErrorCode::InThePast, IN_THE_PAST));
        }
        self.knowledge.hub(hub).map_or(Ok(()), not_archived)
    }

    fn ask(&self, key: HubKey, request: OperatorRequest, reply: Reply<OperatorReply>) {
        let Some(hub) = self.knowledge.hub(key) else {
            let _ = reply.send(Err(unknown_hub()));
            return;
        };
        if let Err(refused) = not_archived(hub) {
            let _ = reply.send(Err(refused));
            return;
        }
        if let HubConnection::Cached { reason, .. } = &hub.connection {
            let message = format!("{} is not connected: {reason}", hub.name);
            let _ = reply.send(Err(RequestError::new(RequestErrorCode::HubDisconnected, message)));
            return;
        }
        match self.tell_link(key, LinkCommand::Request { request, reply }) {
            Ok(()) => {}
            Err(Some(LinkCommand::Request { reply, .. })) => {
                let _ = reply.send(Err(RequestError::new(
                    RequestErrorCode::Timeout,
                    "Too many requests wait for this hub already; try again in a moment.",
                )));
            }
            Err(_) => {}
        }
    }

    fn command_form(&self, dashboard: &DashboardKey, kind: &str) -> Result<CommandForm, RequestError> {
        let hub = self.knowledge.hub(dashboard.hub).ok_or_else(unknown_hub)?;
        let accepts = alert_actions::accepted(hub, &dashboard.dashboard_id);
        let declaration = accepts.iter().find(|declared| declared.kind == kind).cloned();
        declaration.map(|declaration| CommandForm { declaration }).ok_or_else(|| {
            let name = hub.dashboard_name(&dashboard.dashboard_id);
            let kind = crate::plain_text::harmless(kind, 60);
            let message = if accepts.is_empty() {
                format!("{name} accepts no commands.")
            } else {
                format!("{name} does not accept {kind}; choose one of the commands it declares.")
            };
            invalid(message)
        })
    }

    fn alert_action(
        &self,
        key: HubKey,
        alert_id: &AlertId,
        button: &AlertButton,
    ) -> Result<AlertActionPlan, RequestError> {
        let hub = self.knowledge.hub(key).ok_or_else(unknown_hub)?;
        let alert = hub
            .projection
            .alert(alert_id)
            .ok_or_else(|| invalid("This alert is known no more; it was over long ago.".to_owned()))?;
        let actions = &alert.alert.alert.actions;
        // Reported again, an alert may have other actions: the place alone could stand for another one by now.
        let action = usize::try_from(button.index)
            .ok()
            .and_then(|index| actions.get(index))
            .filter(|action| alert_actions::name(action) == button.action)
            .ok_or_else(|| {
                invalid("The alert was reported again since, with other actions; look at it anew.".to_owned())
            })?;
        let dashboard = hub.dashboard_key(&alert.dashboard_id);
        let accepts = alert_actions::accepted(hub, &alert.dashboard_id);
        match alert_actions::plan(action, &alert.alert.context, accepts) {
            Plan::Open(section) => Ok(AlertActionPlan::Open { dashboard, section }),
            Plan::Send { command, payload, hazard } => {
                Ok(AlertActionPlan::Send { dashboard, command, payload, hazard })
            }
            Plan::Unknown { reason } => Err(invalid(reason)),
        }
    }

    /// Writes `settings` away from the core, and answers with `value` once they are on the disk.
    pub(super) fn write_settings<T: Send + 'static>(
        &mut self,
        settings: Settings,
        reply: Reply<T>,
        value: T,
    ) {
        self.settings = settings.clone();
        let file = self.settings_file.clone();
        // Written in the order they were changed: the file is only as new as its last writer.
        let turn = self.settings_turn.clone();
        tokio::spawn(async move {
            let _turn = turn.lock().await;
            let written = tokio::task::spawn_blocking(move || file.save(&settings)).await;
            let written = written
                .map_err(|error| error.to_string())
                .and_then(|saved| saved.map_err(|error| error.to_string()));
            let _ = reply.send(written.map(|()| value).map_err(|error| {
                RequestError::new(
                    RequestErrorCode::CacheUnavailable,
                    format!("It is in force, but the settings cannot be written: {error}. Check the disk, then save again."),
                )
            }));
        });
    }

    fn add_hub(&mut self, request: &AddHub, reply: Reply<HubKey>) {
        let key = HubKey(uuid::Uuid::new_v4());
        match check_hub(request, &self.settings.hubs, key) {
            Ok(remote) => {
                let mut settings = self.settings.clone();
                settings.hubs.push(remote.clone());
                self.follow_remote(&remote);
                self.everything_changed();
                self.write_settings(settings, reply, key);
            }
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        }
    }

    /// Follows a remote hub from now on.
    pub(crate) fn follow_remote(&mut self, remote: &RemoteHub) {
        let path =
            self.knowledge.data_directory.join("cache").join(format!("{}.sqlite", remote.key.0.hyphenated()));
        let hub = HubState::new(remote.key, &remote.name, &remote.address, path);
        let route = Route::Remote { address: remote.address.clone(), token: remote.token.clone() };
        self.follow(hub, route);
    }

    fn remove_hub(&mut self, key: HubKey, reply: Reply<()>) {
        if key == HubKey::EMBEDDED {
            let message = "The hub inside this program cannot be removed.".to_owned();
            let _ = reply.send(Err(invalid(message)));
            return;
        }
        let Some(link) = self.links.remove(&key) else {
            let _ = reply.send(Err(unknown_hub()));
            return;
        };
        let path = self.knowledge.hub(key).map(|hub| hub.log_path.clone());
        self.knowledge.hubs.retain(|hub| hub.key != key);
        self.everything_changed();
        let mut settings = self.settings.clone();
        settings.hubs.retain(|hub| hub.key != key);
        settings.archives.retain(|archive| archive.key != key);
        self.write_settings(settings, reply, ());
        tokio::spawn(async move {
            link.stop().await;
            // The operator gave the hub up: its cache is of no more use, and is only a copy.
            if let Some(path) = path {
                let _ = tokio::task::spawn_blocking(move || delete_cache(&path)).await;
            }
        });
    }

    fn save_preferences(&mut self, preferences: Preferences, reply: Reply<()>) {
        let operator = match check_preferences(&preferences) {
            Ok(operator) => operator,
            Err(error) => {
                let _ = reply.send(Err(error));
                return;
            }
        };
        if operator != self.operator {
            self.operator = operator.clone();
            for link in self.links.values() {
                let _ = link.tell(LinkCommand::SetOperator(operator.clone()));
            }
        }
        for intent in self.policy.set_preferences(&preferences) {
            present(&self.intents, intent);
        }
        self.knowledge.preferences = preferences.clone();
        self.everything_changed();
        let mut settings = self.settings.clone();
        settings.preferences = preferences;
        self.write_settings(settings, reply, ());
    }
}

/// Deletes a cache, and the damaged or outdated ones that were set aside for it.
fn delete_cache(path: &Path) {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return };
    let kept = format!("{}.set-aside-", name.to_string_lossy());
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&kept)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "an old cache of a removed hub cannot be deleted");
        }
    }
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        if let Err(error) = std::fs::remove_file(&name)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "the cache of a removed hub cannot be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_cache_leaves_nothing_and_takes_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let names = [
            "a.sqlite",
            "a.sqlite-wal",
            "a.sqlite.lock",
            "a.sqlite.set-aside-5",
            "a.sqlite.set-aside-5-wal",
            "b.sqlite",
            "b.sqlite.set-aside-5",
        ];
        for name in names {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        delete_cache(&directory.path().join("a.sqlite"));
        let left = names.iter().filter(|name| directory.path().join(name).exists());
        assert_eq!(left.collect::<Vec<_>>(), [&"b.sqlite", &"b.sqlite.set-aside-5"]);
    }
}
