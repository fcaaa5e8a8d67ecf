//! This machine as a dashboard. Everything it reports is measured; nothing is simulated.
//!
//! | reported | measured as |
//! |---|---|
//! | `RESOURCE_USAGE` | CPU, memory, disks (space and I/O), network without loopback, busiest processes, every two seconds |
//! | `state` | `processing` from 60 % CPU, `active` from 5 %, else `idle`; `error` when the last measurement failed |
//! | `dataStatus` | the measurements held in memory: how many, and when the last was taken |
//! | `activeTab` | always `resources`: the agent has one page |
//! | `connectedUsers` | users (not system accounts) that own a process |
//! | `responseTime` | time one measurement took, in milliseconds |
//! | `errorRate` | network packets in error, in percent |
//! | `throughput` | network packets per second, both ways |
//! | `performance` metrics | page load: start to registration; API response: as `responseTime`; render: time to write a report as JSON; memory and CPU of this process |
//! | `usage` metrics | users as above; session: uptime of this process; features: commands executed, by type |
//! | `data` metrics | measurements held, and taken per second; error rate: measurements that failed; quality: sources of measurement that delivered, in percent |
//!
//! There are no agents and no workflows, so those groups are not reported. Only the commands that mean something here
//! are declared, and they do what they say to the agent itself.

mod agent;
mod measurement;
mod report;

pub use agent::{WORKSTATION_ID, Workstation};
