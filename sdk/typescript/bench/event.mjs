/** The payload of an event that is about 330 bytes on the wire, like those of the other benchmarks. */
export function payload(n, timestamp) {
  return {
    source: "scada-feed",
    recordCount: 1200,
    timestamp,
    quality: 97.3,
    batch: String(n).padStart(12, "0"),
  };
}

/** The setting of such an event. */
export const CONTEXT = { useCase: "benchmark", user: "operator", sessionId: "5f0c7a52-9d1e" };

/** Such an event as a frame, written by nobody's SDK. */
export function frame(n) {
  const timestamp = new Date().toISOString();
  const event = {
    type: "DATA_INGESTED",
    severity: "info",
    dashboardId: "bench-bare",
    timestamp,
    payload: payload(n, timestamp),
    context: CONTEXT,
  };
  return JSON.stringify({ type: "EVENT", seq: n, event });
}
