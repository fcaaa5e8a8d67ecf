//! Whether the desktop has a place for tray icons.

use std::time::Duration;

use tokio::time::timeout;
use zbus::{Connection, fdo::DBusProxy, names::BusName};

/// What a desktop that shows tray icons owns on the session bus.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// The bus may take so long to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Logs when nothing shows tray icons; the icon is there all the same, and appears when something does.
pub async fn report_missing() {
    match timeout(PATIENCE, is_there()).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => tracing::info!(
            "nothing on this desktop shows tray icons; the status is in the window's title too"
        ),
        Ok(Err(error)) => tracing::info!("the session bus cannot be asked for a tray: {error}"),
        Err(_) => tracing::info!("the session bus does not say whether there is a tray"),
    }
}

async fn is_there() -> zbus::Result<bool> {
    let connection = Connection::session().await?;
    let bus = DBusProxy::new(&connection).await?;
    Ok(bus.name_has_owner(BusName::try_from(WATCHER)?).await?)
}
