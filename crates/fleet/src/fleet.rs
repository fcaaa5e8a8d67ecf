//! All of the fleet together: start, registration, troubles, stop.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, anyhow};
use mission_control_client::{
    ClientBuilder, ConnectionState, MissionControlClient, RegistrationError,
    security::{RateLimit, SecurityOptions},
};
use mission_control_protocol::{DashboardConfig, DashboardId};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    backend::{BACKEND_ID, Backend},
    dashboard::{SimulatedDashboard, Surroundings, Troublemaker},
    incidents::{self, IncidentPlan},
    roster,
    workstation::{WORKSTATION_ID, Workstation},
};

/// Time after which a fleet that waits for its hub says so.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where the hub is, and how to be let in.
#[derive(Clone)]
pub struct HubAccess {
    /// `ws://…` or `wss://…`.
    pub address: String,
    /// The hub's dashboard token.
    pub token: String,
    /// Certificates (PEM) trusted beside the system's; empty for none.
    pub root_certificates: Vec<u8>,
}

impl std::fmt::Debug for HubAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is a secret, and stays out of logs.
        formatter.debug_struct("HubAccess").field("address", &self.address).finish_non_exhaustive()
    }
}

impl HubAccess {
    /// A client that takes its hub's commands on trust: operators do not sign them yet, and what is commanded here is a
    /// simulation, or the measuring of this machine. Loads send more commands than an operator would.
    pub(crate) fn client(&self, config: DashboardConfig) -> ClientBuilder {
        let limit = RateLimit { count: 6_000, per: Duration::from_secs(60) };
        MissionControlClient::builder(&self.address, config)
            .token(&self.token)
            .root_certificates(self.root_certificates.clone())
            .security(SecurityOptions::new().require_signature(false).rate_limit(move |_| limit))
    }
}

/// What fleet to run.
#[derive(Debug, Clone)]
pub struct FleetPlan {
    /// Where to connect.
    pub hub: HubAccess,
    /// Simulated dashboards.
    pub dashboards: usize,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Whether this machine takes part as a dashboard.
    pub workstation: bool,
    /// Where the queue of this machine's dashboard is kept; in memory when none is named.
    pub queue_directory: Option<PathBuf>,
    /// Whether a backend reports the dashboards' workflows.
    pub backend: bool,
    /// Whether things go wrong by themselves.
    pub incidents: bool,
    /// Simulated seconds per second.
    pub time_scale: f64,
}

/// A running fleet.
pub struct Fleet {
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
    dashboards: usize,
}

impl Fleet {
    /// Starts the fleet, and waits until every member is registered. While the hub cannot be reached, this goes on
    /// trying.
    ///
    /// # Errors
    /// When the hub's address cannot be used, or the hub refuses a member.
    pub async fn start(plan: FleetPlan) -> anyhow::Result<Self> {
        let shutdown = CancellationToken::new();
        // Whatever ends this function early ends what it started.
        let guard = shutdown.clone().drop_guard();
        let mut registrations = JoinSet::new();
        let mut tasks = JoinSet::new();

        let backend = match plan.backend {
            true => Some(Backend::new(DashboardId::new(BACKEND_ID)?, &plan.hub)?),
            false => None,
        };
        let surroundings = Surroundings {
            hub: plan.hub.clone(),
            backend: backend.as_ref().map(|backend| backend.updates.clone()),
            time_scale: plan.time_scale,
            shutdown: shutdown.clone(),
        };
        let mut members = Vec::with_capacity(plan.dashboards);
        for (index, profile) in roster::profiles(plan.dashboards).into_iter().enumerate() {
            let id = DashboardId::new(&profile.name)?;
            let seed = plan.seed.wrapping_add((index as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03));
            let member = SimulatedDashboard::new(id, profile, seed, surroundings.clone())?;
            registrations.spawn(register(member.client.clone()));
            members.push(member);
        }
        let workstation = match plan.workstation {
            true => {
                let id = DashboardId::new(WORKSTATION_ID)?;
                Some(Workstation::new(id, &plan.hub, plan.queue_directory.as_deref()).await?)
            }
            false => None,
        };
        if let Some(workstation) = &workstation {
            registrations.spawn(register(workstation.client.clone()));
        }
        if let Some(backend) = &backend {
            registrations.spawn(register(backend.client.clone()));
        }
        let waiting = registrations.join_next();
        let first = match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(first) => first,
            Err(_) => {
                if let Some(member) = members.first() {
                    tell_why_it_waits(&member.client);
                }
                registrations.join_next().await
            }
        };
        first.transpose()?.transpose()?;
        while let Some(registered) = registrations.join_next().await {
            registered??;
        }

        let dashboards = members.len() + usize::from(workstation.is_some());
        let troublemakers: Vec<_> = members.iter().map(SimulatedDashboard::troublemaker).collect();
        for member in members {
            tasks.spawn(member.run());
        }
        if let Some(workstation) = workstation {
            tasks.spawn(workstation.run(shutdown.clone()));
        }
        if let Some(backend) = backend {
            tasks.spawn(backend.run(shutdown.clone()));
        }
        if plan.incidents {
            for slot in 0..incidents::slots(troublemakers.len()) {
                let incidents = IncidentPlan::new(plan.seed, slot, troublemakers.len());
                tasks.spawn(make_trouble(
                    incidents,
                    troublemakers.clone(),
                    plan.time_scale,
                    shutdown.clone(),
                ));
            }
        }
        let shutdown = guard.disarm();
        Ok(Self { shutdown, tasks, dashboards })
    }

    /// How many dashboards are registered; the backend is none.
    #[must_use]
    pub fn dashboards(&self) -> usize {
        self.dashboards
    }

    /// Every member says goodbye; waits until all have.
    pub async fn stop(self) {
        let Self { shutdown, mut tasks, .. } = self;
        shutdown.cancel();
        while tasks.join_next().await.is_some() {}
    }
}

/// Whoever started the fleet learns why nothing happens; the members go on trying.
fn tell_why_it_waits(client: &MissionControlClient) {
    if let ConnectionState::Reconnecting { reason, .. } = &*client.on_connection_change().borrow() {
        tracing::warn!(reason, "no member is registered yet; trying on");
    }
}

async fn register(client: MissionControlClient) -> anyhow::Result<()> {
    let id = client.dashboard_id().clone();
    match client.register_dashboard().await {
        Ok(_) => Ok(()),
        Err(RegistrationError::Refused(error)) => {
            Err(anyhow!(error)).with_context(|| format!("the hub refused to register {id}"))
        }
        Err(error) => Err(error).with_context(|| format!("{id} is not registered")),
    }
}

/// Carries out one slot's plan until the fleet stops.
async fn make_trouble(
    incidents: IncidentPlan,
    troublemakers: Vec<Troublemaker>,
    time_scale: f64,
    shutdown: CancellationToken,
) {
    let making = async {
        for planned in incidents {
            let Some(troublemaker) = troublemakers.get(planned.dashboard) else { continue };
            tokio::time::sleep(planned.pause.div_f64(time_scale)).await;
            let duration = planned.incident.duration;
            troublemaker.begin(planned.incident).await;
            tokio::time::sleep(duration.div_f64(time_scale)).await;
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = making => {}
    }
}
