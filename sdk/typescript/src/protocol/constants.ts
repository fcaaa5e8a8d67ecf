// Written by `cargo xtask generate` from the protocol crate. Do not edit.

/** The protocol's name, offered as the WebSocket subprotocol. */
export const PROTOCOL = "mission-control.v1";

/** Path on which a hub accepts dashboards. */
export const DASHBOARD_PATH = "/v1/dashboard";

/** Largest frame a hub accepts until it says otherwise, in bytes. */
export const DEFAULT_FRAME_LIMIT = 1048576;

/** Longest id, in characters. */
export const ID_MAX_LENGTH = 128;

/** Heartbeat intervals without a word after which the other side is gone. */
export const OFFLINE_AFTER_INTERVALS = 3;

/** Time for a registration, in milliseconds. */
export const REGISTRATION_TIMEOUT_MS = 10000;

/** Time to answer a query, in milliseconds. */
export const QUERY_TIMEOUT_MS = 10000;
