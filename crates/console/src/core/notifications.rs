//! What handles ask of the core about notifications.

use mission_control_protocol::Timestamp;

use super::{
    Core, present,
    requests::{Reply, invalid},
};
use crate::{
    notifications::{
        ACTION_DEFAULT, Notification, NotificationIntent, NotificationTarget, Urgency, check_policy,
    },
    view::{notification_policy::NotificationPolicySettings, requests::RequestError},
};

impl Core {
    pub(super) fn save_notification_policy(&mut self, policy: NotificationPolicySettings, reply: Reply<()>) {
        if let Err(problem) = check_policy(&policy) {
            let _ = reply.send(Err(invalid(problem)));
            return;
        }
        let now = self.now();
        self.policy.set_policy(&policy, now);
        self.knowledge.notification_policy = policy.clone();
        self.everything_changed();
        let mut settings = self.settings.clone();
        settings.notification_policy = policy;
        self.write_settings(settings, reply, ());
    }

    pub(super) fn snooze_until(&self) -> Timestamp {
        let minutes = i64::from(self.knowledge.notification_policy.snooze_minutes);
        self.now().plus_milliseconds(minutes * 60_000)
    }

    pub(super) fn test_notification(&self) -> Result<(), RequestError> {
        if !self.knowledge.preferences.notifications_enabled {
            return Err(invalid("Notifications are switched off; switch them on first.".to_owned()));
        }
        let notification = Notification {
            key: "test".to_owned(),
            target: NotificationTarget::Test,
            title: "Mission Control".to_owned(),
            body: "Notifications work.".to_owned(),
            urgency: Urgency::Normal,
            sound: self.knowledge.notification_policy.sounds.error.clone(),
            actions: vec![(ACTION_DEFAULT.to_owned(), "Open".to_owned())],
        };
        present(&self.intents, NotificationIntent::Show(notification));
        Ok(())
    }
}
