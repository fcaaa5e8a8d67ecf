//! Measures the machine.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use mission_control_protocol::{
    ResourceUsage, Timestamp,
    resource::{Capacity, DiskUsage, HostUsage, NetworkUsage, ProcessUsage},
};
use serde::Serialize;
use sysinfo::{Disks, Networks, Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::clock::now;

/// Processes reported: the busiest, the largest, and this one.
const BUSIEST: usize = 6;
const LARGEST: usize = 3;
/// User ids below this are system accounts.
const FIRST_USER_ID: u32 = 1_000;

/// The machine cannot be measured.
#[derive(Debug, thiserror::Error)]
#[error("this machine cannot be measured: {0}")]
pub(super) struct MeasurementError(String);

/// One look at the machine.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measurement {
    pub(super) at: Timestamp,
    /// Time it took.
    #[serde(skip)]
    pub(super) took: Duration,
    pub(super) usage: ResourceUsage,
    /// Packets per second, both ways.
    pub(super) packets_per_second: f64,
    /// Packets in error, in percent.
    pub(super) packet_errors: f64,
    pub(super) users: u32,
    /// Of the sources asked, how many delivered, in percent.
    pub(super) completeness: f64,
    /// Memory and CPU (percent of one core) of this process.
    pub(super) own_memory: u64,
    pub(super) own_cpu: f64,
}

/// Keeps what is needed to turn counters into rates. Measuring blocks for some milliseconds.
pub(super) struct Meter {
    system: System,
    disks: Disks,
    networks: Networks,
    measured: Instant,
}

impl Meter {
    /// Takes the first counters, to which the first measurement relates.
    pub(super) fn new() -> Result<Self, MeasurementError> {
        let failed = |error: sysinfo::Error| MeasurementError(error.to_string());
        let mut meter = Self {
            system: System::new().map_err(failed)?,
            disks: Disks::new_with_refreshed_list().map_err(failed)?,
            networks: Networks::new_with_refreshed_list().map_err(failed)?,
            measured: Instant::now(),
        };
        meter.refresh();
        Ok(meter)
    }

    fn refresh(&mut self) {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        let kind = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .with_user(UpdateKind::OnlyIfNotSet)
            .without_tasks();
        self.system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        self.disks.refresh(true);
        self.networks.refresh(true);
    }

    pub(super) fn measure(&mut self) -> Measurement {
        let began = Instant::now();
        self.refresh();
        let span = self.measured.elapsed().as_secs_f64().max(0.001);
        self.measured = Instant::now();

        let (disk, disks_delivered) = self.disk(span);
        let mut received = (0, 0, 0);
        let mut sent = (0, 0, 0);
        let real = self.networks.iter().filter(|(name, _)| name.as_encoded_bytes() != b"lo");
        for (_, network) in real {
            received.0 += network.received();
            received.1 += network.packets_received();
            received.2 += network.errors_on_received();
            sent.0 += network.transmitted();
            sent.1 += network.packets_transmitted();
            sent.2 += network.errors_on_transmitted();
        }
        let (packets, errors) = (received.1 + sent.1, received.2 + sent.2);
        let own_pid = Pid::from_u32(std::process::id());
        let own = self.system.process(own_pid);
        let cpu_percent = f64::from(self.system.global_cpu_usage());
        let delivered = [
            !self.system.cpus().is_empty(),
            self.system.total_memory() > 0,
            disks_delivered,
            !self.networks.is_empty(),
            own.is_some(),
        ];
        let usage = ResourceUsage {
            host: HostUsage {
                name: System::host_name().ok(),
                cpu_percent,
                cores: u32::try_from(self.system.cpus().len()).ok(),
                memory: Capacity {
                    used_bytes: self.system.used_memory(),
                    total_bytes: self.system.total_memory(),
                },
                disk,
                network: NetworkUsage {
                    received_bytes_per_second: received.0 as f64 / span,
                    sent_bytes_per_second: sent.0 as f64 / span,
                },
            },
            processes: self.processes(own_pid),
        };
        Measurement {
            at: now(),
            usage,
            packets_per_second: packets as f64 / span,
            packet_errors: if packets == 0 { 0.0 } else { 100.0 * errors as f64 / packets as f64 },
            users: self.users(),
            completeness: 100.0 * delivered.iter().filter(|delivered| **delivered).count() as f64
                / delivered.len() as f64,
            own_memory: own.map_or(0, Process::memory),
            own_cpu: own.map_or(0.0, |own| f64::from(own.cpu_usage())),
            took: began.elapsed(),
        }
    }

    /// Each device once, however often it is mounted.
    fn disk(&self, span: f64) -> (DiskUsage, bool) {
        let mut seen = HashSet::new();
        let mut total = DiskUsage {
            used_bytes: 0,
            total_bytes: 0,
            read_bytes_per_second: 0.0,
            write_bytes_per_second: 0.0,
        };
        for disk in self.disks.iter().filter(|disk| seen.insert(disk.name().to_owned())) {
            total.total_bytes += disk.total_space();
            total.used_bytes += disk.total_space().saturating_sub(disk.available_space());
            total.read_bytes_per_second += disk.usage().read_bytes as f64 / span;
            total.write_bytes_per_second += disk.usage().written_bytes as f64 / span;
        }
        (total, !seen.is_empty())
    }

    fn processes(&self, own: Pid) -> Vec<ProcessUsage> {
        let mut all: Vec<&Process> =
            self.system.processes().values().filter(|process| process.thread_kind().is_none()).collect();
        let mut chosen = HashSet::from([own]);
        all.sort_by_key(|process| std::cmp::Reverse(process.memory()));
        chosen.extend(all.iter().take(LARGEST).map(|process| process.pid()));
        all.sort_by(|a, b| b.cpu_usage().total_cmp(&a.cpu_usage()));
        chosen.extend(all.iter().take(BUSIEST).map(|process| process.pid()));
        let chosen = all.into_iter().filter(|process| chosen.contains(&process.pid()));
        chosen
            .map(|process| ProcessUsage {
                pid: process.pid().as_u32(),
                name: process.name().to_string_lossy().into_owned(),
                cpu_percent: f64::from(process.cpu_usage()),
                memory_bytes: process.memory(),
            })
            .collect()
    }

    fn users(&self) -> u32 {
        let ids = self.system.processes().values().filter_map(|process| process.effective_user_id());
        let people: HashSet<u32> =
            ids.map(|id| **id).filter(|id| (FIRST_USER_ID..65_534).contains(id)).collect();
        u32::try_from(people.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_is_of_this_machine() {
        let mut meter = Meter::new().unwrap();
        let measurement = meter.measure();
        let host = &measurement.usage.host;
        assert!(host.memory.used_bytes > 0 && host.memory.used_bytes <= host.memory.total_bytes);
        assert!((0.0..=100.0).contains(&host.cpu_percent));
        assert!(host.cores.is_some_and(|cores| cores > 0));
        assert_eq!(measurement.completeness, 100.0);
        assert!(measurement.usage.processes.iter().any(|process| process.pid == std::process::id()));
        assert!(measurement.own_memory > 0);
    }
}
