import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoff, DEFAULT_BACKOFF } from "./backoff.js";
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  type MachineOptions,
  transition,
} from "./machine.js";

const options: MachineOptions = { backoff: DEFAULT_BACKOFF, inUsePatienceMs: 60_000 };
const idle: ConnectionState = { phase: "idle" };

/** Plays events from the beginning; returns the last state and the effects of each step. */
function play(...events: ConnectionEvent[]): [ConnectionState, string[]] {
  let state = idle;
  const effects: string[] = [];
  for (const event of events) {
    const [next, due] = transition(state, event, options);
    state = next;
    effects.push(due.map((effect) => effect.do).join("+"));
  }
  return [state, effects];
}

const lost = (at = 0): ConnectionEvent => ({ type: "LOST", cause: "gone", at, jitter: 1 });
const refused = (code: string, at = 0): ConnectionEvent => ({
  type: "REFUSED",
  code,
  cause: "no",
  at,
  jitter: 1,
});
const started: ConnectionEvent = { type: "START" };
const opened: ConnectionEvent = { type: "OPENED" };
const registered = (at = 0): ConnectionEvent => ({ type: "REGISTERED", at });
const timer: ConnectionEvent = { type: "TIMER" };

describe("the connection's states", () => {
  test("connects, loses the connection, and connects again", () => {
    const [state, effects] = play(started, opened, registered(), lost(), timer, opened, registered());
    expect(state.phase).toBe("connected");
    expect(effects).toEqual(["open", "register", "", "close+wait", "open", "register", ""]);
  });

  test("waits longer after each failure, and short again after a connection that held", () => {
    const [failing] = play(started, lost(), timer, lost(), timer, lost());
    expect(failing).toMatchObject({ phase: "waiting", delayMs: 1_000, memory: { failures: 3 } });
    const [brief] = play(started, lost(), timer, opened, registered(0), lost(1_000));
    expect(brief).toMatchObject({ delayMs: 500 });
    const [good] = play(started, lost(), timer, opened, registered(0), lost(60_000));
    expect(good).toMatchObject({ delayMs: 250 });
  });

  test.each(["TOKEN_MISSING", "TOKEN_INVALID", "SESSION_TAKEN_OVER"])(
    "%s ends it until it is started again",
    (code) => {
      const [state, effects] = play(started, opened, refused(code), timer, { type: "HURRY" }, lost());
      expect(state).toMatchObject({ phase: "refused", code });
      expect(effects.slice(2)).toEqual(["close", "", "", ""]);
      expect(play(started, opened, refused(code), started)[0].phase).toBe("opening");
    },
  );

  test("an id in use is tried again for a while", () => {
    const inUse = (at: number) => refused("DASHBOARD_ID_IN_USE", at);
    const patient = play(started, opened, inUse(0), timer, opened, inUse(59_999));
    expect(patient[0].phase).toBe("waiting");
    const [tired] = play(started, opened, inUse(0), timer, opened, inUse(60_000));
    expect(tired).toMatchObject({ phase: "refused", code: "DASHBOARD_ID_IN_USE" });
    // Once it was let in, the patience is whole again.
    const [again] = play(started, opened, inUse(0), timer, opened, registered(), inUse(60_000));
    expect(again.phase).toBe("waiting");
  });

  test("does not wait when the network comes back", () => {
    expect(play(started, lost(), { type: "HURRY" })).toEqual([
      { phase: "opening", memory: { failures: 0 } },
      ["open", "close+wait", "open"],
    ]);
  });

  test("changed declarations connect anew; while not registered they go with the next registration", () => {
    expect(play(started, opened, registered(), { type: "RESTART" })[1].at(-1)).toBe("close+open");
    expect(play(started, { type: "RESTART" })[1].at(-1)).toBe("");
  });

  const anyEvent: fc.Arbitrary<ConnectionEvent> = fc.oneof(
    fc.constantFrom<ConnectionEvent>(
      started,
      opened,
      timer,
      { type: "HURRY" },
      { type: "RESTART" },
      { type: "LEAVE" },
      { type: "STAND_BY" },
    ),
    fc.record({ type: fc.constant("REGISTERED" as const), at: fc.nat() }),
    fc.record({
      type: fc.constant("LOST" as const),
      cause: fc.string(),
      at: fc.nat(),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({
      type: fc.constant("REFUSED" as const),
      code: fc.constantFrom("TOKEN_INVALID", "DASHBOARD_ID_IN_USE"),
      cause: fc.string(),
      at: fc.nat(),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );

  test("whatever happens, there is at most one socket, and a wait only while waiting", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state = idle as ConnectionState;
        let sockets = 0;
        for (const event of events) {
          const [next, effects]: [ConnectionState, readonly ConnectionEffect[]] = transition(
            state,
            event,
            options,
          );
          for (const effect of effects) {
            if (effect.do === "open") sockets += 1;
            if (effect.do === "close") sockets -= 1;
            if (effect.do === "wait") expect(next.phase).toBe("waiting");
          }
          state = next;
          expect(sockets).toBe(["opening", "registering", "connected"].includes(state.phase) ? 1 : 0);
        }
      }),
    );
  });
});

test("the waits stay within their bounds, and differ", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, jitter) => {
        const wait = backoff(attempt, jitter);
        expect(wait).toBeGreaterThanOrEqual(125);
        expect(wait).toBeLessThanOrEqual(15_000);
        if (attempt > 7) expect(wait).toBeGreaterThanOrEqual(7_500);
      },
    ),
  );
  expect(backoff(3, 0)).toBe(500);
  expect(backoff(3, 1)).toBe(1_000);
});
