import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  COMMANDS,
  MemoryQueueStorage,
  type MissionControlOptions,
  MissionControlService,
  type Problem,
  type WebSocketConstructor,
} from "../src/index.js";
import { publicKeyOf, SecurityIntegration, signDetached } from "../src/security/index.js";

// biome-ignore lint/suspicious/noExplicitAny: frames of all kinds
type Frame = any;

/** One connection as the hub sees it. */
interface Peer {
  frames: Frame[];
  say(message: object | string): void;
  close(): void;
  terminate(): void;
}

let server: WebSocketServer;
let peers: Peer[];
let service: MissionControlService;
let problems: Problem[];
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);

beforeEach(async () => {
  process.on("unhandledRejection", onUnhandled);
  peers = [];
  problems = [];
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  server.on("connection", (socket) => {
    const frames: Frame[] = [];
    socket.on("message", (data) => frames.push(JSON.parse(String(data))));
    peers.push({
      frames,
      say: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
      close: () => socket.close(),
      terminate: () => socket.terminate(),
    });
  });
  service = make();
});
afterEach(async () => {
  for (const peer of peers) peer.terminate();
  await service.disconnect();
  await new Promise((resolve) => server.close(resolve));
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

function make(options: Partial<MissionControlOptions> = {}): MissionControlService {
  const address = server.address() as { port: number };
  return new MissionControlService({
    url: `ws://127.0.0.1:${address.port}`,
    token: "t",
    WebSocket,
    storage: new MemoryQueueStorage(),
    backoff: { shortestMs: 5, longestMs: 20 },
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
}

const config = { id: "d1", useCase: "energy", version: "1" };
const registered = (lastSeq = 0, over: object = {}) => ({
  type: "REGISTERED",
  success: true,
  dashboardId: "d1",
  heartbeatInterval: 1_000,
  serverTime: new Date().toISOString(),
  lastSeq,
  frameLimit: 10_000,
  operatorKeys: [],
  ...over,
});

/** The nth connection, once it has registered. */
async function peer(nth: number): Promise<Peer> {
  return vi.waitFor(() => {
    const found = peers[nth - 1];
    if (!found?.frames.some(({ type }) => type === "REGISTER")) throw new Error(`no connection ${nth}`);
    return found;
  }, 5_000);
}

/** Connects and registers. */
async function connected(lastSeq = 0, over: object = {}): Promise<Peer> {
  const registering = service.registerDashboard(config);
  const first = await peer(1);
  first.say(registered(lastSeq, over));
  await registering;
  return first;
}

const seqs = ({ frames }: Peer) => frames.filter(({ seq }) => seq !== undefined).map(({ seq }) => seq);
const eventually = <T>(check: () => T) => vi.waitFor(check, 5_000);

describe("a hub that", () => {
  test("speaks garbage disturbs nothing", async () => {
    const hub = await connected();
    for (const garbage of [
      "",
      "{",
      "null",
      "7",
      "[]",
      "{}",
      '{"type":7}',
      '{"type":"NEWS"}',
      '{"type":"COMMAND"}',
      '{"type":"QUERY"}',
      '{"type":"CONFIG_UPDATE"}',
      '{"type":"COMMAND_CANCEL"}',
      '{"type":"ERROR"}',
    ])
      hub.say(garbage);
    hub.say({ type: "ACK", seq: 99 });
    hub.say({ type: "ACK" });
    service.publishEvent({ type: "FINE" });
    await eventually(() => expect(seqs(hub)).toEqual([1]));
    hub.say({ type: "ACK", seq: 1 });
    await service.flush();
    expect(service.connection.status).toBe("connected");
  });

  test("is no hub is told as what it is", async () => {
    void service.registerDashboard(config);
    (await peer(1)).say({ type: "REGISTERED" });
    await peer(2);
    expect(problems.some(({ message }) => message.includes("does not speak mission-control.v1"))).toBe(true);
  });

  test("closes at once, or breaks off, is tried again, and gets everything again", async () => {
    const registering = service.registerDashboard(config);
    service.publishEvent({ type: "ONE" });
    (await peer(1)).terminate();
    (await peer(2)).close();
    const hub = await peer(3);
    hub.say(registered());
    await registering;
    await eventually(() => expect(seqs(hub)).toEqual([1]));
    hub.terminate();
    service.publishEvent({ type: "TWO" });
    const next = await peer(4);
    expect(next.frames[0].session).toEqual(hub.frames[0].session);
    next.say(registered(0));
    await eventually(() => expect(seqs(next)).toEqual([1, 2]));
    expect(problems.some(({ code }) => code === "CONNECTION_LOST")).toBe(true);
    next.say({ type: "ACK", seq: 2 });
    await service.flush();
  });

  test("reports a gap gets what it misses, once however often it says so", async () => {
    const hub = await connected();
    for (let n = 0; n < 5; n++) service.publishEvent({ type: "E" });
    await eventually(() => expect(seqs(hub)).toEqual([1, 2, 3, 4, 5]));
    for (const seq of [3, 4, 5])
      hub.say({ type: "ERROR", code: "SEQUENCE_GAP", message: "2 is expected", seq });
    await eventually(() => expect(seqs(hub).slice(5)).toEqual([1, 2, 3, 4, 5]));
    hub.say({ type: "ACK", seq: 5 });
    await service.flush();
    expect(seqs(hub).length).toBe(10);
  });

  test("lost what it had acknowledged gets a new session with what is left", async () => {
    const hub = await connected();
    for (let n = 1; n <= 3; n++) service.publishEvent({ type: "E", payload: n });
    await eventually(() => expect(seqs(hub)).toEqual([1, 2, 3]));
    hub.say({ type: "ACK", seq: 2 });
    await eventually(() => expect(service.getMetrics().acknowledged).toBe(2));
    hub.terminate();
    (await peer(2)).say(registered(0));
    const third = await peer(3);
    expect(third.frames[0].session.epoch).not.toBe(hub.frames[0].session.epoch);
    third.say(registered(0));
    await eventually(() =>
      expect(third.frames.filter(({ type }) => type === "EVENT")).toMatchObject([
        { seq: 1, event: { payload: 3 } },
      ]),
    );
    third.say({ type: "ACK", seq: 1 });
    await service.flush();
  });

  test("refuses a message tells why to the engineer and to the operator", async () => {
    const hub = await connected();
    service.publishEvent({ type: "ODD" });
    await eventually(() => expect(seqs(hub)).toEqual([1]));
    hub.say({ type: "ERROR", code: "INVALID_MESSAGE", message: "`event.severity` is odd", seq: 1 });
    await eventually(() => expect(seqs(hub)).toEqual([1, 2]));
    expect(hub.frames.at(-1).event).toMatchObject({
      type: "MESSAGE_REFUSED",
      payload: { subject: "ODD", code: "INVALID_MESSAGE", message: "`event.severity` is odd" },
    });
    // Refused, too: that must not go on for ever.
    hub.say({ type: "ERROR", code: "INVALID_MESSAGE", message: "this one, too", seq: 2 });
    hub.say({ type: "ERROR", code: "CLOCK_SKEW", message: "a notice", seq: 2 });
    hub.say({ type: "ACK", seq: 2 });
    await service.flush();
    expect(seqs(hub)).toEqual([1, 2]);
    expect(service.getMetrics().refused).toBe(2);
  });

  test("gave the session to another connection is left alone", async () => {
    const hub = await connected();
    hub.say({ type: "ERROR", code: "SESSION_TAKEN_OVER", message: "another goes on" });
    hub.close();
    await eventually(() =>
      expect(service.connection).toMatchObject({ status: "refused", code: "SESSION_TAKEN_OVER" }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(peers.length).toBe(1);
  });

  test("does not like the registration says why, once", async () => {
    const registering = service.registerDashboard(config);
    (await peer(1)).say({ type: "ERROR", code: "INVALID_MESSAGE", message: "`config.version` is missing" });
    await expect(registering).rejects.toThrow("`config.version` is missing");
    expect(peers.length).toBe(1);
    // Mended, it is tried again.
    const again = service.registerDashboard({ ...config, version: "2" });
    const second = await peer(2);
    expect(second.frames[0].config.version).toBe("2");
    second.say(registered());
    await again;
  });

  describe("cannot write its log", () => {
    const clock = { ahead: 0 };
    beforeEach(() => {
      clock.ahead = 0;
      const now = Date.now;
      vi.spyOn(Date, "now").mockImplementation(() => now() + clock.ahead);
    });
    afterEach(() => {
      vi.restoreAllMocks();
    });

    test("is waited for on the same connection, longer than for any acknowledgement", async () => {
      // Without pings, so that silence says nothing.
      service = make({
        WebSocket: class extends WebSocket {
          override ping = undefined as never;
        } as unknown as WebSocketConstructor,
      });
      const hub = await connected(0, { heartbeatInterval: 50 });
      service.publishEvent({ type: "E" });
      await eventually(() => expect(seqs(hub)).toEqual([1]));
      hub.say({ type: "ERROR", code: "LOG_UNAVAILABLE", message: "the disk is full" });
      await eventually(() => expect(problems.some(({ message }) => message.includes("full"))).toBe(true));
      clock.ahead = 60_000;
      const beats = hub.frames.length;
      await eventually(() => expect(hub.frames.length).toBeGreaterThan(beats + 2));
      service.publishEvent({ type: "E" });
      await eventually(() => expect(seqs(hub)).toEqual([1, 2]));
      hub.say({ type: "ACK", seq: 2 });
      await service.flush();
      expect(peers.length).toBe(1);
      // It writes again, and has to keep pace.
      service.publishEvent({ type: "E" });
      await eventually(() => expect(seqs(hub)).toEqual([1, 2, 3]));
      clock.ahead = 120_000;
      await peer(2);
      expect(problems.some(({ message }) => message.includes("acknowledged nothing"))).toBe(true);
    });
  });

  test("missed the answer to a configuration is answered again, and nothing is applied twice", async () => {
    const handled: number[] = [];
    service.onConfigUpdate((_, version) => {
      handled.push(version);
      if (version === 3) throw new Error("too high");
    });
    const hub = await connected();
    const results = ({ frames }: Peer) => frames.filter(({ type }) => type === "CONFIG_RESULT");
    hub.say({ type: "CONFIG_UPDATE", config: { version: 2, values: {} } });
    await eventually(() => expect(results(hub)).toMatchObject([{ version: 2, success: true }]));
    hub.terminate();
    const second = await peer(2);
    second.say(registered(0, { configuration: { version: 2, values: {} } }));
    await eventually(() => expect(results(second)).toMatchObject([{ version: 2, success: true }]));
    second.terminate();
    for (const nth of [3, 4]) {
      const next = await peer(nth);
      next.say(registered(0, { configuration: { version: 3, values: {} } }));
      const rejected = { version: 3, success: false, error: "too high" };
      await eventually(() => expect(results(next)).toMatchObject([rejected]));
      next.terminate();
    }
    expect(handled).toEqual([2, 3]);
    expect(service.configuration?.version).toBe(2);
  });

  test("falls silent is noticed, where the platform can ask", async () => {
    service = make({
      WebSocket: class extends WebSocket {
        // As if every ping went into the void.
        override ping(): void {}
      } as unknown as WebSocketConstructor,
    });
    await connected(0, { heartbeatInterval: 100 });
    await vi.waitFor(() => expect(peers.length).toBe(2), 8_000);
    expect(problems.some(({ message }) => message.includes("silent"))).toBe(true);
  }, 15_000);

  test("is not there yet is waited for, and the token asked anew each time", async () => {
    let asked = 0;
    service = make({
      token: async () => {
        asked += 1;
        if (asked === 1) throw new Error("the vault is locked");
        return ` t${asked} \n`;
      },
    });
    const registering = service.registerDashboard(config);
    const second = await vi.waitFor(() => {
      const found = peers.find(({ frames }) => frames.length > 0);
      if (!found) throw new Error("not yet");
      return found;
    });
    expect(second.frames[0].token).toBe("t2");
    second.say(registered());
    await registering;
    expect(problems.some(({ message }) => message.includes("vault"))).toBe(true);
  });

  test("sends a large configuration, queries and alerts to callbacks that fail", async () => {
    const hub = await connected();
    const fail = () => {
      throw new Error("broken callback");
    };
    service.onAlert(fail);
    service.onAlert(() => Promise.reject(new Error("broken promise")));
    service.onWorkflowUpdate(fail);
    service.onConnectionChange(fail);
    service.onConfigUpdate(fail);
    service.onQuery(fail);
    service.onProblem(fail);
    hub.say({ type: "ALERT", alert: { type: "T", title: "t" } });
    hub.say({ type: "WORKFLOW_UPDATE", update: {} });
    hub.say({ type: "CONFIG_UPDATE", config: { version: 1, values: {} } });
    hub.say({ type: "QUERY", query: { id: "q1", type: "X", params: null } });
    await eventually(() => {
      expect(hub.frames).toContainEqual({
        type: "CONFIG_RESULT",
        version: 1,
        success: false,
        error: "broken callback",
      });
      expect(hub.frames).toContainEqual({
        type: "QUERY_RESULT",
        queryId: "q1",
        success: false,
        error: "broken callback",
      });
    });
    expect(problems.filter(({ code }) => code === "CALLBACK_FAILED").length).toBe(4);
    expect(service.connection.status).toBe("connected");
  });
});

test("a command's result survives the loss of the connection, and the command is not run again", async () => {
  let runs = 0;
  service.onCommand(COMMANDS.CLEAR_DATA, async () => {
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 30));
    return { cleared: true };
  });
  const hub = await connected();
  expect(hub.frames[0].commands).toMatchObject([{ type: "CLEAR_DATA", hazard: "destructive" }]);
  const command = {
    id: "c1",
    type: "CLEAR_DATA",
    payload: {},
    dashboardId: "d1",
    issuedBy: "ada",
    issuedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  };
  hub.say({ type: "COMMAND", command });
  await eventually(() => expect(runs).toBe(1));
  hub.terminate();
  const next = await peer(2);
  next.say(registered(0));
  next.say({ type: "COMMAND", command });
  await eventually(() =>
    expect(next.frames.find(({ type }) => type === "COMMAND_RESULT")).toMatchObject({
      seq: 1,
      commandId: "c1",
      success: true,
      result: { cleared: true },
    }),
  );
  next.say({ type: "COMMAND", command });
  next.say({ type: "ACK", seq: 1 });
  await service.flush();
  expect(runs).toBe(1);
});

test("a signed command runs, the same one changed does not, and the audit tells of both", async () => {
  const secret = new Uint8Array(32).fill(5);
  const trusted = await publicKeyOf(secret);
  service = make({
    security: new SecurityIntegration({ operatorKeys: () => service.registration?.operatorKeys ?? [] }),
  });
  const formats: unknown[] = [];
  service.onCommand(COMMANDS.EXPORT_DATA, ({ payload }) => {
    formats.push((payload as { format: string }).format);
    return "exported";
  });
  const hub = await connected(0, { operatorKeys: [trusted] });
  const command = {
    id: "c1",
    type: "EXPORT_DATA",
    payload: { format: "csv" },
    dashboardId: "d1",
    issuedBy: "ada",
    issuedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  };
  const signature = await signDetached(command, secret);
  hub.say({ type: "COMMAND", command: { ...command, id: "c2", payload: { format: "json" } }, signature });
  hub.say({ type: "COMMAND", command, signature });
  const events = await eventually(() => {
    const found = hub.frames.filter(({ type }) => type === "EVENT").map(({ event }) => event);
    expect(found.length).toBe(2);
    return found;
  });
  expect(formats).toEqual(["csv"]);
  expect(events.find(({ type }) => type === "MISSION_CONTROL_COMMAND_REFUSED").payload).toMatchObject({
    commandId: "c2",
    code: "SIGNATURE_INVALID",
  });
  expect(events.find(({ type }) => type === "MISSION_CONTROL_COMMAND").payload).toMatchObject({
    commandId: "c1",
    issuedBy: "ada",
    success: true,
  });
  hub.say({ type: "ACK", seq: 4 });
  await service.flush();
});

describe("what the dashboard's team gets wrong is told with the remedy", () => {
  test.each([
    ["the address", { url: "localhost:7420" }, config, "neither ws:// nor wss://"],
    ["an address that is none", { url: "hub" }, config, "is no URL"],
    ["no encryption", { url: "ws://hub.example.org:7420" }, config, "use wss://"],
    ["the id", {}, { ...config, id: "a b" }, "1 to 128 characters"],
    ["no WebSocket", { WebSocket: undefined }, config, "npm install ws"],
  ])("%s", async (_, options, registration, remedy) => {
    await expect(make(options).registerDashboard(registration)).rejects.toThrow(remedy);
  });

  test("another id on the same service", async () => {
    await connected();
    await expect(service.registerDashboard({ ...config, id: "d2" })).rejects.toThrow("call disconnect()");
  });

  test("a promise that nobody waits for is no unhandled rejection", async () => {
    void make({ url: "hub" }).registerDashboard(config);
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

test("heartbeats keep the dashboard online", async () => {
  const hub = await connected(0, { heartbeatInterval: 100 });
  await vi.waitFor(
    () => expect(hub.frames.filter(({ type }) => type === "HEARTBEAT").length).toBeGreaterThan(3),
    3_000,
  );
});

test("goodbye waits for what is on its way, and says so", async () => {
  const hub = await connected();
  service.publishEvent({ type: "LAST" });
  const leaving = service.disconnect("maintenance");
  await eventually(() => expect(seqs(hub)).toEqual([1]));
  expect(hub.frames.some(({ type }) => type === "DISCONNECT")).toBe(false);
  hub.say({ type: "ACK", seq: 1 });
  await leaving;
  await eventually(() => expect(hub.frames.at(-1)).toEqual({ type: "DISCONNECT", reason: "maintenance" }));
  expect(service.connection).toEqual({ status: "disconnected" });
});

describe("the platform", () => {
  let platform: EventTarget;
  let document: EventTarget & { visibilityState: string };
  beforeEach(() => {
    platform = new EventTarget();
    document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("addEventListener", platform.addEventListener.bind(platform));
    vi.stubGlobal("removeEventListener", platform.removeEventListener.bind(platform));
    vi.stubGlobal("document", document);
    // So long that only the platform's word can end the wait.
    service = make({ backoff: { shortestMs: 600_000, longestMs: 600_000 } });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each([
    ["the network comes back", () => platform.dispatchEvent(new Event("online"))],
    ["the page is shown again", () => platform.dispatchEvent(new Event("pageshow"))],
    ["the tab is looked at again", () => document.dispatchEvent(new Event("visibilitychange"))],
  ])("says that %s, and the service connects at once", async (_, wake) => {
    const hub = await connected();
    hub.terminate();
    await eventually(() => expect(service.connection.status).toBe("reconnecting"));
    document.visibilityState = "hidden";
    wake();
    document.visibilityState = "visible";
    expect(peers.length).toBe(1);
    wake();
    (await peer(2)).say(registered());
    await eventually(() => expect(service.connection.status).toBe("connected"));
  });

  test("slows the timers of a hidden tab, and a worker counts instead while it is hidden", async () => {
    const workers: { post?: number; onmessage?: () => void; ended: boolean }[] = [];
    vi.stubGlobal(
      "Worker",
      class {
        readonly self: (typeof workers)[number] = { ended: false };
        constructor() {
          workers.push(this.self);
        }
        set onmessage(listener: () => void) {
          this.self.onmessage = listener;
        }
        postMessage(interval: number) {
          this.self.post = interval;
        }
        terminate() {
          this.self.ended = true;
        }
      },
    );
    // The page's own timers never come: as slow as can be.
    const hub = await connected(0, { heartbeatInterval: 600_000 });
    expect(workers.length).toBe(0);
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(workers[0]?.post).toBe(540_000);
    workers[0]?.onmessage?.();
    await eventually(() => expect(hub.frames.at(-1)).toEqual({ type: "HEARTBEAT" }));
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(workers[0]?.ended).toBe(true);
  });
});
