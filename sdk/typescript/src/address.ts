import { MissionControlError } from "./errors.js";
import { DASHBOARD_PATH, ID_MAX_LENGTH } from "./protocol/constants.js";

/**
 * The address of the hub's dashboard path. `address` is what the hub prints, such as `ws://127.0.0.1:7420`.
 *
 * @throws MissionControlError `INVALID_CONFIGURATION` when it is no WebSocket address, or leaves this machine without TLS
 */
export function dashboardUrl(address: string, allowUnencrypted: boolean): string {
  const bad = (why: string) =>
    new MissionControlError("INVALID_CONFIGURATION", `the hub's address ${JSON.stringify(address)} ${why}`);
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw bad("is no URL: give one like ws://127.0.0.1:7420 or wss://hub.example.org:7420");
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw bad("starts with neither ws:// nor wss://");
  if (url.protocol === "ws:" && !allowUnencrypted && !isLoopback(url.hostname)) {
    throw bad("would send the token unencrypted over the network: use wss://");
  }
  if (!url.pathname.endsWith(DASHBOARD_PATH))
    url.pathname = url.pathname.replace(/\/+$/, "") + DASHBOARD_PATH;
  return url.href;
}

/**
 * Checks an id.
 *
 * @throws MissionControlError `INVALID_CONFIGURATION`
 */
export function checkId(id: string): void {
  if (typeof id !== "string" || id.length > ID_MAX_LENGTH || !/^[A-Za-z0-9._:-]+$/.test(id)) {
    throw new MissionControlError(
      "INVALID_CONFIGURATION",
      `the dashboard id ${JSON.stringify(id)} is not 1 to ${ID_MAX_LENGTH} characters from A-Z a-z 0-9 . _ : -`,
    );
  }
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host)
  );
}
