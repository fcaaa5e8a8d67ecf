//! The client reaches a hub over TLS, and trusts whom it was told to trust and nobody else.

use std::{fs, path::PathBuf};

use mission_control_client::{ClientBuilder, ConnectionState, DashboardEvent, MissionControlClient};
use mission_control_protocol::{DashboardConfig, DashboardId, Severity};
use mission_control_tests::{log::event_numbers, programs::Hub, wait::PATIENCE};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

/// A house's own certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A hub with a certificate for `name`.
    fn hub(&self, name: &str) -> (tempfile::TempDir, Hub) {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let write = |file: &str, pem: String| -> PathBuf {
            let path = directory.path().join(file);
            fs::write(&path, pem).unwrap();
            path
        };
        let (certificate, key) = (write("hub.crt", certificate.pem()), write("hub.key", key.serialize_pem()));
        let options = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let hub = Hub::start(&directory.path().join("hub"), &options);
        (directory, hub)
    }
}

fn id() -> DashboardId {
    DashboardId::new("encrypted").unwrap()
}

fn client(hub: &Hub) -> ClientBuilder {
    let config = DashboardConfig {
        id: id(),
        kind: "run-dashboard".to_owned(),
        use_case: "encryption".to_owned(),
        version: "1.0.0".to_owned(),
        capabilities: Vec::new(),
        metadata: Default::default(),
    };
    assert!(hub.address().url.starts_with("wss://"), "{}", hub.address().url);
    MissionControlClient::builder(&hub.address().url, config).token(hub.address().dashboard_token())
}

/// Why the client does not get through.
async fn obstacle(client: MissionControlClient) -> String {
    let mut state = client.on_connection_change();
    let registering = tokio::spawn(async move { client.register_dashboard().await });
    let waiting = state.wait_for(|state| matches!(state, ConnectionState::Reconnecting { .. }));
    let state =
        tokio::time::timeout(PATIENCE, waiting).await.expect("the client gives up an attempt").unwrap();
    assert!(!registering.is_finished(), "the client was let in");
    match &*state {
        ConnectionState::Reconnecting { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hub_with_a_certificate_of_the_house_is_reached_by_who_trusts_it() {
    let authority = Authority::new();
    let (_directory, mut hub) = authority.hub("127.0.0.1");
    let trusting = client(&hub).root_certificates(authority.0.pem()).start().unwrap();
    trusting.register_dashboard().await.unwrap();
    let event = DashboardEvent {
        kind: "DATA_INGESTED".to_owned(),
        severity: Severity::Info,
        payload: json!({"n": 1}),
    };
    trusting.publish_event(event).await.unwrap();
    trusting.flush().await.unwrap();
    trusting.disconnect("the test is over").await.unwrap();

    let stranger = obstacle(client(&hub).start().unwrap()).await;
    assert!(stranger.contains("certificate"), "{stranger}");
    assert!(hub.stop().success());
    assert_eq!(event_numbers(&hub.log_file(), &id()), [1]);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let authority = Authority::new();
    let (_directory, hub) = authority.hub("hub.example.org");
    let reason = obstacle(client(&hub).root_certificates(authority.0.pem()).start().unwrap()).await;
    assert!(reason.contains("certificate"), "{reason}");
}
