import { type FormEvent, useState } from "react";
import { useDashboardContext } from "../dashboard-context";

/** Where Mission Control is. */
export function MissionControlSettings() {
  const { connection, connect, integration } = useDashboardContext();
  const [url, setUrl] = useState(connection.url);
  const [token, setToken] = useState(connection.token);
  const [dashboardId, setDashboardId] = useState(connection.dashboardId);
  const [requireSignature, setRequireSignature] = useState(connection.requireSignature);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    connect({ url: url.trim(), token: token.trim(), dashboardId: dashboardId.trim(), requireSignature });
  };
  return (
    <form className="card" onSubmit={onSubmit} aria-label="Mission Control">
      <h2>Mission Control</h2>
      <p className="dim">
        {integration
          ? "Operators see what this dashboard does, and may control it."
          : "Not connected: the dashboard works alone. Enter the hub's address and a dashboard token to connect it."}
      </p>
      <label className="label">
        Address of the hub
        <input
          className="field mono"
          placeholder="ws://127.0.0.1:7420"
          spellCheck={false}
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          data-testid="hub-address"
        />
      </label>
      <label className="label">
        Dashboard token
        <input
          className="field mono"
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.target.value)}
          data-testid="hub-token"
        />
      </label>
      <label className="label">
        Id of this dashboard
        <input
          className="field mono"
          spellCheck={false}
          value={dashboardId}
          onChange={(event) => setDashboardId(event.target.value)}
        />
      </label>
      <label className="row">
        <input
          type="checkbox"
          className="check"
          checked={requireSignature}
          onChange={(event) => setRequireSignature(event.target.checked)}
          data-testid="require-signature"
        />
        Take signed commands only
      </label>
      <p className="faint">
        Off for a hub on this machine, whose token nobody else can read. Switch it on for any other: then only
        commands signed with an operator key that the hub names are run.
      </p>
      <div className="row">
        <button type="submit" className="button primary" disabled={url.trim() === ""}>
          {integration ? "Connect again" : "Connect"}
        </button>
        {integration && (
          <button type="button" className="button" onClick={() => connect({ ...connection, url: "" })}>
            Disconnect
          </button>
        )}
      </div>
    </form>
  );
}
