/** Where Mission Control is and who this dashboard is to it. */
export interface ConnectionSettings {
  /** The hub's address, such as `ws://127.0.0.1:7420`; empty where the dashboard is to stand alone. */
  readonly url: string;
  readonly token: string;
  readonly dashboardId: string;
  /** Whether commands must be signed by an operator key that the hub names. */
  readonly requireSignature: boolean;
}

const STORED = "run-dashboard:mission-control";

/** Where this example keeps what it was told; a real dashboard gets its token from its own server. */
type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/**
 * The settings: from the address (`#hub=ws://127.0.0.1:7420&token=…&id=…`), else as stored, else from the build
 * (`VITE_MISSION_CONTROL_URL`, `VITE_MISSION_CONTROL_TOKEN`).
 */
export function readConnectionSettings(
  hash: string,
  storage: Storage,
  build: ImportMetaEnv,
): ConnectionSettings {
  const defaults: ConnectionSettings = {
    url: String(build.VITE_MISSION_CONTROL_URL ?? ""),
    token: String(build.VITE_MISSION_CONTROL_TOKEN ?? ""),
    dashboardId: "wind-park",
    requireSignature: false,
  };
  const settings = { ...defaults, ...stored(storage) };
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const url = asked.get("hub");
  if (url === null) return settings;
  return {
    url,
    token: asked.get("token") ?? settings.token,
    dashboardId: asked.get("id") ?? settings.dashboardId,
    requireSignature: (asked.get("requireSignature") ?? String(settings.requireSignature)) === "true",
  };
}

/** Keeps the settings for the next start. */
export function storeConnectionSettings(settings: ConnectionSettings, storage: Storage): void {
  try {
    storage.setItem(STORED, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function stored(storage: Storage): Partial<ConnectionSettings> {
  try {
    const value: unknown = JSON.parse(storage.getItem(STORED) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
