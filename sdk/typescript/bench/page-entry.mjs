// What the measured page does; `page.mjs` drives it.
import { MissionControlService } from "@mission-control/sdk";
import { CONTEXT, frame, payload } from "./event.mjs";

/** Events published in one task, and the pause between two, in milliseconds: 4,000 a second at most. */
const BURST = 40;
const PAUSE_MS = 10;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

async function paced(from, to, burst) {
  for (let n = from; n <= to; n += BURST) {
    burst(n, Math.min(n + BURST - 1, to));
    await pause();
  }
}

/** Publishes the events `from` to `to` with the SDK as it is, and resolves when the hub has them. */
async function sdk(url, token) {
  const service = new MissionControlService({ url, token, context: () => CONTEXT });
  await service.registerDashboard({ id: "bench-page", useCase: "benchmark", version: "1" });
  return async (from, to) => {
    await paced(from, to, (first, last) => {
      for (let n = first; n <= last; n++)
        service.publishEvent({ type: "DATA_INGESTED", payload: payload(n, new Date().toISOString()) });
    });
    await service.flush();
    await service.stored();
  };
}

/** The floor: the same, each burst in one transaction of the database and on the socket, and out of the database once acknowledged. */
async function bare(url) {
  const opening = indexedDB.open("bare", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("frames");
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const change = (make) =>
    make(opening.result.transaction("frames", "readwrite", { durability: "relaxed" }).objectStore("frames"));
  const socket = new WebSocket(url);
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  let acknowledged = 0;
  socket.onmessage = ({ data }) => {
    const { seq } = JSON.parse(data);
    if (seq === undefined) return;
    acknowledged = seq;
    change((store) => store.delete(IDBKeyRange.upperBound(seq)));
  };
  socket.send("{}");
  return async (from, to) => {
    await paced(from, to, (first, last) =>
      change((store) => {
        for (let n = first; n <= last; n++) {
          const text = frame(n);
          store.put(text, n);
          socket.send(text);
        }
      }),
    );
    while (acknowledged < to) await pause();
  };
}

Object.assign(globalThis, { sdk, bare });
