import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame, frameSize, type QueuedMessage, utf8Length } from "./message.js";
import { OutgoingQueue } from "./outgoing.js";
import type { QueueChange, StoredQueue } from "./storage.js";

const EPOCH = "00000000-0000-4000-8000-000000000001";
const FRESH = "00000000-0000-4000-8000-000000000002";
const ROOMY = 1e9;
const keep = (message: QueuedMessage) => message;

/** What a storage would hold after the changes made. */
class Stored {
  private readonly messages = new Map<string, QueuedMessage>();
  private session: StoredQueue["session"];

  make(change: QueueChange | undefined): void {
    if (!change) return;
    this.session = change.session ?? this.session;
    for (const message of change.put) this.messages.set(message.key, message);
    for (const key of change.remove) this.messages.delete(key);
  }

  get queue(): StoredQueue {
    return { session: this.session, messages: [...this.messages.values()].reverse() };
  }
}

function queue(capacity = ROOMY): OutgoingQueue {
  return new OutgoingQueue({ messages: [] }, capacity, EPOCH, "a");
}

function fill(
  target: OutgoingQueue,
  count: number,
  kind: QueuedMessage["kind"] = "EVENT",
  subject = "E",
): void {
  for (let n = 1; n <= count; n++) target.push(kind, subject, `{"n":${n}}`, n);
}

function drain(target: OutgoingQueue, storedOnly = false): { seq: number; n: number }[] {
  const sent = [];
  for (;;) {
    const text = target.nextFrame("d", storedOnly);
    if (text === undefined) return sent;
    const { seq, event, metrics, alert } = JSON.parse(text);
    sent.push({ seq, n: (event ?? metrics ?? alert).n });
  }
}

const seqs = (target: OutgoingQueue) => drain(target).map(({ seq }) => seq);

describe("numbers", () => {
  test("are given in order, and only to what is about to be sent", () => {
    const outgoing = queue();
    fill(outgoing, 5);
    expect(seqs(outgoing)).toEqual([]);
    outgoing.number(3, ROOMY, keep);
    expect(seqs(outgoing)).toEqual([1, 2, 3]);
    outgoing.number(9, ROOMY, keep);
    expect(seqs(outgoing)).toEqual([4, 5]);
  });

  test("what is unacknowledged is sent again on the next connection", () => {
    const outgoing = queue();
    fill(outgoing, 5);
    outgoing.number(5, ROOMY, keep);
    drain(outgoing);
    expect(outgoing.acknowledge(2)).toBe(2);
    expect(outgoing.resume(3, FRESH)).toBe(true);
    expect(seqs(outgoing)).toEqual([4, 5]);
  });

  test("a hub that forgot gets a new session with all that is left", () => {
    const outgoing = queue();
    fill(outgoing, 5);
    outgoing.number(5, ROOMY, keep);
    drain(outgoing);
    outgoing.acknowledge(3);
    expect(outgoing.resume(1, FRESH)).toBe(false);
    expect(outgoing.epoch).toBe(FRESH);
    outgoing.number(9, ROOMY, keep);
    expect(drain(outgoing)).toEqual([
      { seq: 1, n: 4 },
      { seq: 2, n: 5 },
    ]);
  });

  test("a hub that has more than the storage kept is believed", () => {
    const outgoing = queue();
    fill(outgoing, 2);
    outgoing.number(1, ROOMY, keep);
    expect(outgoing.resume(7, FRESH)).toBe(true);
    outgoing.number(9, ROOMY, keep);
    expect(drain(outgoing)).toEqual([{ seq: 8, n: 2 }]);
  });

  test("an acknowledgement of what was never sent changes nothing", () => {
    const outgoing = queue();
    fill(outgoing, 2);
    outgoing.number(2, ROOMY, keep);
    expect(outgoing.acknowledge(1)).toBe(0);
    expect(outgoing.length).toBe(2);
  });

  test("nothing goes on the wire before the storage has its number", () => {
    const outgoing = queue();
    fill(outgoing, 2);
    outgoing.settle(outgoing.takeChange() as QueueChange);
    outgoing.number(2, ROOMY, keep);
    expect(drain(outgoing, true)).toEqual([]);
    const change = outgoing.takeChange() as QueueChange;
    expect(change.put.map(({ seq }) => seq)).toEqual([1, 2]);
    outgoing.settle(change);
    expect(drain(outgoing, true).length).toBe(2);
  });

  test("a change that failed is made again, with what came since", () => {
    const outgoing = queue();
    const stored = new Stored();
    fill(outgoing, 2);
    outgoing.unsettle(outgoing.takeChange() as QueueChange);
    fill(outgoing, 1);
    stored.make(outgoing.takeChange());
    expect(stored.queue.messages.length).toBe(3);
    expect(stored.queue.session?.epoch).toBe(EPOCH);
  });

  test("a frame too large is replaced before it has a number", () => {
    const outgoing = queue();
    outgoing.push("EVENT", "BIG", JSON.stringify({ n: 1, text: "x".repeat(5_000) }), 1);
    outgoing.number(1, 4_000, (message) => ({ ...message, body: '{"n":99}' }));
    expect(drain(outgoing)).toEqual([{ seq: 1, n: 99 }]);
  });
});

describe("overflow", () => {
  const body = (n: number) => JSON.stringify({ n, fill: "x".repeat(700) });

  test("metrics go first, then events; alerts stay, and an event counts what was dropped", () => {
    const outgoing = queue(20_000);
    for (let n = 1; n <= 6; n++) outgoing.push("ALERT", "BROKEN", body(n), n);
    for (let n = 1; n <= 6; n++) outgoing.push("METRICS", "", body(n), n);
    for (let n = 1; n <= 30; n++) outgoing.push("EVENT", "STEP", body(n), n);
    expect(outgoing.size).toBeLessThanOrEqual(20_000);
    outgoing.number(99, ROOMY, keep);
    const sent = [];
    for (let text = outgoing.nextFrame("d", false); text; text = outgoing.nextFrame("d", false))
      sent.push(JSON.parse(text));
    expect(sent.map(({ seq }) => seq)).toEqual(sent.map((_, index) => index + 1));
    expect(sent.filter(({ type }) => type === "ALERT").map(({ alert }) => alert.n)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(sent.some(({ type }) => type === "METRICS")).toBe(false);
    const overflows = sent.filter(({ event }) => event?.type === "QUEUE_OVERFLOW");
    expect(overflows.length).toBe(1);
    const { dropped, count } = overflows[0].event.payload;
    const kept = sent.filter(({ event }) => event?.n).map(({ event }) => event.n);
    expect(dropped).toEqual({ METRICS: 6, "EVENT STEP": 30 - kept.length });
    expect(count).toBe(outgoing.dropped);
    // The newest are the ones that stay.
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 31 - kept.length + index));
  });

  test("what has a number is never dropped", () => {
    const outgoing = queue(5_000);
    fill(outgoing, 4);
    outgoing.number(4, ROOMY, keep);
    for (let n = 1; n <= 40; n++) outgoing.push("ALERT", "BROKEN", body(n), n);
    expect(seqs(outgoing)).toEqual([1, 2, 3, 4]);
  });

  test("dropped alerts make the count an error", () => {
    const outgoing = queue(5_000);
    for (let n = 1; n <= 40; n++) outgoing.push("ALERT", "BROKEN", body(n), n);
    outgoing.number(99, ROOMY, keep);
    const frames = [];
    for (let text = outgoing.nextFrame("d", false); text; text = outgoing.nextFrame("d", false))
      frames.push(JSON.parse(text));
    const told = frames.find(({ event }) => event?.type === "QUEUE_OVERFLOW");
    expect(told.event).toMatchObject({
      severity: "error",
      payload: { dropped: { "ALERT BROKEN": outgoing.dropped } },
    });
  });
});

test("a frame is the message with its number and the id", () => {
  const message: QueuedMessage = { key: "k", kind: "EVENT", subject: "E", body: '{"type":"É"}' };
  expect(JSON.parse(frame(message, 7, "d-1"))).toEqual({
    type: "EVENT",
    seq: 7,
    event: { dashboardId: "d-1", type: "É" },
  });
  const result: QueuedMessage = {
    key: "k",
    kind: "COMMAND_RESULT",
    subject: "",
    body: '{"commandId":"c","success":true}',
  };
  expect(JSON.parse(frame(result, 8, "d-1"))).toEqual({
    type: "COMMAND_RESULT",
    seq: 8,
    commandId: "c",
    success: true,
  });
  expect(frameSize(message)).toBeGreaterThanOrEqual(
    utf8Length(frame(message, Number.MAX_SAFE_INTEGER, "x".repeat(128))),
  );
});

test("the length in UTF-8 is what an encoder writes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});

// Whatever happens, including crashes between any two steps, a hub that follows the protocol gets every message once and
// in order.
test("no message is lost, doubled or out of order over crashes and reconnections", () => {
  const step = fc.constantFrom(
    "push",
    "push",
    "push",
    "number",
    "send",
    "send",
    "send",
    "commit",
    "commit",
    "ack",
    "reconnect",
    "crash",
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const stored = new Stored();
      const log: number[] = [];
      let outgoing = queue();
      let watermark = 0;
      let pushed = 0;
      /** Published, but lost with the process because the storage did not have them yet. */
      const lostWithCrash = new Set<number>();
      let unstored: number[] = [];
      const commit = () => {
        const change = outgoing.takeChange();
        stored.make(change);
        if (change) outgoing.settle(change);
        unstored = [];
      };
      const send = () => {
        const text = outgoing.nextFrame("d", true);
        if (text === undefined) return false;
        const { seq, event } = JSON.parse(text);
        expect(seq).toBeLessThanOrEqual(watermark + 1);
        if (seq === watermark + 1) {
          watermark = seq;
          log.push(event.n);
        }
        return true;
      };
      const reconnect = () => expect(outgoing.resume(watermark, FRESH)).toBe(true);
      for (const each of steps) {
        if (each === "push") {
          outgoing.push("EVENT", "E", `{"n":${++pushed}}`, 1);
          unstored.push(pushed);
        } else if (each === "number") outgoing.number(2, ROOMY, keep);
        else if (each === "send") send();
        else if (each === "commit") commit();
        else if (each === "ack") outgoing.acknowledge(watermark);
        else if (each === "reconnect") reconnect();
        else {
          for (const n of unstored) lostWithCrash.add(n);
          unstored = [];
          outgoing = new OutgoingQueue(stored.queue, ROOMY, EPOCH, "a");
          reconnect();
        }
      }
      reconnect();
      outgoing.number(1e6, ROOMY, keep);
      commit();
      while (send());
      const expected = Array.from({ length: pushed }, (_, index) => index + 1).filter(
        (n) => !lostWithCrash.has(n),
      );
      expect(log).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
