//! What keeps alerts from notifying.

use std::{cmp::Reverse, collections::BTreeMap};

use mission_control_protocol::{
    Timestamp,
    alerting::{Hold, SilenceEnd, Weekday, WindowSchedule},
};
use mission_control_store::projection::SilenceProjection;

use super::{Knowledge, alerts, rules};
use crate::{
    hub_state::HubState,
    view::{
        SilencesView,
        silences::{HubAlertSettings, InhibitionRow, SilenceRow, SilenceState, WindowRow},
    },
};

/// Alerts on the shelf that are shown at most.
const SHELVED: usize = 200;

/// All of it, as it stands at `now`.
pub(crate) fn view(knowledge: &Knowledge, now: Timestamp) -> SilencesView {
    let (mut silences, mut windows, mut inhibitions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut shelved, mut settings) = (Vec::new(), Vec::new());
    for hub in knowledge.hubs.iter().filter(|hub| hub.archive.is_none()) {
        let policies = &hub.projection.alert_policies;
        let holding = holding(hub);
        let held_now = |id: &str| holding.get(id).copied().unwrap_or(0);
        silences.extend(policies.silences().map(|known| SilenceRow {
            hub: hub.key,
            state: state(known, now),
            starts_at: known.starts_at(),
            over_at: known.over.map(|(at, _)| at),
            ending: known.over.map(|(_, reason)| ending(reason).to_owned()),
            held: known.held,
            reports: known.reports,
            holding: held_now(known.silence.id.as_str()),
            ends_soon: known.warned_at.is_some() && known.is_active(now),
            silence: known.silence.clone(),
        }));
        windows.extend(policies.windows().map(|window| {
            let open_until = window.schedule.open_until(now);
            WindowRow {
                hub: hub.key,
                schedule: schedule(&window.schedule),
                open_until,
                opens_at: if open_until.is_some() { None } else { window.schedule.next_change(now) },
                held: policies.held_by(window.id.as_str()),
                window: window.clone(),
            }
        }));
        inhibitions.extend(policies.inhibitions().map(|inhibition| InhibitionRow {
            hub: hub.key,
            held: policies.held_by(inhibition.id.as_str()),
            holding: held_now(inhibition.id.as_str()),
            inhibition: inhibition.clone(),
        }));
        let on_shelf = hub.projection.alerts.open().filter_map(|alert| Some((alert.shelved_until?, alert)));
        shelved.extend(on_shelf.map(|(until, alert)| (until, hub, alert)));
        settings.push(HubAlertSettings { hub: hub.key, settings: policies.settings().clone() });
    }
    silences.sort_by_key(|row| {
        let newest = row.over_at.unwrap_or(row.starts_at);
        (row.state, Reverse(newest), row.silence.id.clone())
    });
    shelved.sort_by_key(|(until, _, alert)| (*until, alert.id.clone()));
    let shelved = shelved.into_iter().take(SHELVED).map(|(_, hub, alert)| alerts::row(hub, alert)).collect();
    SilencesView { hubs: rules::hubs(knowledge), silences, shelved, windows, inhibitions, settings }
}

/// How many open alerts each silence and each inhibition holds now.
fn holding(hub: &HubState) -> BTreeMap<String, u32> {
    let mut holding = BTreeMap::new();
    for hold in hub.projection.alerts.open().flat_map(|alert| &alert.held_by) {
        let id = match hold {
            Hold::Silenced { silence_id } => silence_id.as_str(),
            Hold::Inhibited { inhibition_id, .. } => inhibition_id.as_str(),
            _ => continue,
        };
        *holding.entry(id.to_owned()).or_default() += 1;
    }
    holding
}

fn state(known: &SilenceProjection, now: Timestamp) -> SilenceState {
    if known.over.is_some() {
        SilenceState::Over
    } else if known.starts_at() > now {
        SilenceState::Pending
    } else {
        SilenceState::Active
    }
}

fn ending(reason: SilenceEnd) -> &'static str {
    match reason {
        SilenceEnd::Elapsed => "its time came",
        SilenceEnd::ByHand => "ended by hand",
        SilenceEnd::ProblemOver => "the problem was over",
    }
}

/// When a window is open, in words; times of day by its own clock.
pub(crate) fn schedule(schedule: &WindowSchedule) -> String {
    match schedule {
        WindowSchedule::Once { from, to } => format!("Once, {} to {}", minute(*from), minute(*to)),
        WindowSchedule::Weekly { days, start_minute, minutes, utc_offset_minutes } => {
            let names: Vec<_> = days.iter().map(|day| name(*day)).collect();
            let start = format!("{:02}:{:02}", start_minute / 60, start_minute % 60);
            let offset = match utc_offset_minutes {
                0 => "UTC".to_owned(),
                ahead => format!(
                    "UTC{}{:02}:{:02}",
                    if *ahead < 0 { '-' } else { '+' },
                    ahead.abs() / 60,
                    ahead.abs() % 60
                ),
            };
            let length = rules::span(u32::from(*minutes) * 60);
            format!("{} at {start} {offset}, for {length}", names.join(", "))
        }
    }
}

/// An instant to the minute, in UTC.
fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).map_or(text.clone(), |minute| format!("{} UTC", minute.replace('T', " ")))
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_reads_as_its_own_clock_says() {
        let weekly = WindowSchedule::Weekly {
            days: vec![Weekday::Tuesday, Weekday::Friday],
            start_minute: 150,
            minutes: 90,
            utc_offset_minutes: -150,
        };
        assert_eq!(schedule(&weekly), "Tue, Fri at 02:30 UTC-02:30, for 90 min");
        let once = WindowSchedule::Once {
            from: "2026-11-22T10:00:00Z".parse().unwrap(),
            to: "2026-11-22T12:30:00Z".parse().unwrap(),
        };
        assert_eq!(schedule(&once), "Once, 2026-11-22 10:00 UTC to 2026-11-22 12:30 UTC");
    }
}
