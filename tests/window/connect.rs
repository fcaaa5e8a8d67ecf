//! From an empty fleet to the first dashboard: a token is made, somebody with a wrong one is turned away and told of, the
//! dashboard arrives, and its token is revoked.

use anyhow::anyhow;
use futures_util::SinkExt;
use mission_control_tests::{
    desktop::Desktop,
    programs::HubAddress,
    wait::{wait_for, wait_until},
    window::{ConsoleWindow, test_id},
};
use serde_json::json;
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::service::Service;

const LABEL: &str = "Hall 3";
const ID: &str = "hall-3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_dashboard_is_connected_from_the_empty_fleet() {
    let desktop = Desktop::start();
    let window = ConsoleWindow::start(&desktop, "console", "127.0.0.1:0");
    window.page().click(&test_id("connect-dashboard"));
    window.page().fill(&test_id("connect-label"), LABEL);
    window.page().click(&test_id("create-token"));
    let code = wait_for("the code to copy", || window.text("snippet-code"));
    let token =
        code.split('"').find(|part| part.starts_with("mcd_")).expect("the token is in the code").to_owned();
    assert!(code.contains(&window.address().url), "{code}");
    window.wait_for_attribute("connect-watch", "data-state", "waiting");

    turned_away(window.address()).await;
    let seen = wait_for("the one who was turned away", || window.text("attempt"));
    for part in ["Unknown token", "Copy the token again", "127.0.0.1:", ID] {
        assert!(seen.contains(part), "{seen:?} does not say {part:?}");
    }
    assert!(!seen.contains("mcd_"), "{seen}");
    window.take_pictures("connect-refused-dark");

    let file = desktop.directory().join("hall-3.token");
    std::fs::write(&file, &token).unwrap();
    let address = HubAddress { dashboard_token_file: file, ..window.address().clone() };
    let service = Service::start(&address, ID).await;
    window.wait_for_attribute("connect-watch", "data-state", "arrived");
    window.wait_for_attribute("arrival", "data-online", "true");
    let arrival = window.wait_for_text("arrival", ID);
    assert!(arrival.contains("127.0.0.1:"), "{arrival}");
    window.take_pictures("connect-arrived-dark");
    window.page().click(&test_id("open-arrival"));
    wait_until("the dashboard's place", || window.place().contains(&format!("/{ID}/")));

    window.go("settings");
    window.wait_for_text("token-row", LABEL);
    window.wait_for_text("token-row", ID);
    window.page().click(&test_id(&format!("revoke-{LABEL}")));
    window.page().click(&test_id("revoke-confirm"));
    wait_for("the token to be gone", || {
        let rows = window.page().texts(&test_id("token-row"))?;
        if rows.is_empty() { Ok(()) } else { Err(anyhow!("there are {rows:?}")) }
    });
    window.filter_fleet(ID);
    window.wait_for_attribute(&format!("card-{ID}"), "data-freshness", "stale");
    drop(service);
    window.terminate();
}

/// Comes with a token that is none.
async fn turned_away(hub: &HubAddress) {
    let (mut socket, _) = connect_async(format!("{}/v1/dashboard", hub.url)).await.unwrap();
    let register = json!({"type": "REGISTER", "token": "mcd_of-somebody-else", "session": {"epoch": uuid::Uuid::new_v4()},
        "config": {"id": ID, "type": "run-dashboard", "useCase": "energy", "version": "1"}});
    socket.send(Message::text(register.to_string())).await.unwrap();
}
