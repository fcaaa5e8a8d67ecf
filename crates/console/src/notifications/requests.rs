//! What is asked of the console about notifications.

use mission_control_protocol::operator_wire::OperatorRequest;

use super::{
    ACTION_ACKNOWLEDGE, ACTION_DEFAULT, ACTION_PREFIX, ACTION_SNOOZE, NotificationEffect, NotificationTarget,
};
use crate::{
    core::CoreRequest,
    handle::ConsoleHandle,
    view::{
        notification_policy::NotificationPolicySettings,
        requests::{AlertActionOutcome, AlertButton, Navigation, RequestError, RequestErrorCode},
    },
};

impl ConsoleHandle {
    /// Does what a button of a notification means: [`ACTION_DEFAULT`], [`ACTION_ACKNOWLEDGE`],
    /// [`ACTION_SNOOZE`], or [`ACTION_PREFIX`] with a button's place and action, such as `action:0:REINGEST_DATA`.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] for any other key, and those of the action.
    pub async fn press_notification(
        &self,
        target: NotificationTarget,
        action: &str,
    ) -> Result<NotificationEffect, RequestError> {
        let (hub, alert_id) = match target {
            NotificationTarget::Alert { hub, alert_id } => (hub, alert_id),
            NotificationTarget::Alerts => {
                return Ok(NotificationEffect::Open(Navigation::View { name: "alerts".to_owned() }));
            }
            NotificationTarget::Test => {
                return Ok(NotificationEffect::Open(Navigation::View { name: "settings".to_owned() }));
            }
        };
        match action {
            ACTION_DEFAULT => {
                Ok(NotificationEffect::Open(Navigation::Alert { alert_id: alert_id.as_str().to_owned() }))
            }
            ACTION_ACKNOWLEDGE => {
                self.take_up(hub, alert_id, None).await?;
                Ok(NotificationEffect::Acknowledged)
            }
            ACTION_SNOOZE => {
                let until = self.ask_core(|reply| CoreRequest::SnoozeUntil { reply }).await?;
                let note = Some("snoozed from its notification".to_owned());
                self.ask_hub(hub, OperatorRequest::ShelveAlert { alert_id, until, note }).await?;
                Ok(NotificationEffect::Snoozed { until })
            }
            other => {
                let button = other
                    .strip_prefix(ACTION_PREFIX)
                    .and_then(|button| button.split_once(':'))
                    .and_then(|(index, action)| {
                        Some(AlertButton { index: index.parse().ok()?, action: action.to_owned() })
                    });
                let Some(button) = button else {
                    let message = "The notification has no such button.";
                    return Err(RequestError::new(RequestErrorCode::InvalidInput, message));
                };
                match self.press_alert_button(hub, alert_id, button).await? {
                    AlertActionOutcome::OpenView { dashboard, section } => {
                        Ok(NotificationEffect::Open(Navigation::Dashboard { dashboard, section }))
                    }
                    AlertActionOutcome::CommandIssued { command_id } => {
                        Ok(NotificationEffect::CommandIssued { command_id })
                    }
                }
            }
        }
    }

    /// Takes over another notification policy, and keeps it.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] naming the field; [`RequestErrorCode::CacheUnavailable`] when the settings
    /// cannot be written.
    pub async fn save_notification_policy(
        &self,
        policy: NotificationPolicySettings,
    ) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::SaveNotificationPolicy { policy, reply }).await
    }

    /// Shows a notification that tells nothing but that notifications work.
    ///
    /// # Errors
    /// [`RequestErrorCode::InvalidInput`] when notifications are switched off.
    pub async fn test_notification(&self) -> Result<(), RequestError> {
        self.ask_core(|reply| CoreRequest::TestNotification { reply }).await
    }
}
