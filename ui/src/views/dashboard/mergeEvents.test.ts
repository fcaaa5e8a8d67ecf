import { describe, expect, it } from "vitest";
import type { EventRow } from "../../bindings/EventRow";
import { feedFrom, feedWithOlder, feedWithPushed, withOlder, withPushed } from "./mergeEvents";

const rows = (...seqs: number[]) => seqs.map((seq) => ({ seq }) as EventRow);
const seqs = (events: EventRow[]) => events.map((event) => event.seq);

describe("the event feed", () => {
  it("takes new events before those already seen, each once", () => {
    expect(seqs(withPushed(rows(5, 4, 3, 2, 1), rows(7, 6, 5, 4)))).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  it("forgets what was seen when something between may be missing", () => {
    expect(seqs(withPushed(rows(5, 4), rows(9, 8)))).toEqual([9, 8]);
  });

  it("begins with what is pushed, and stays when nothing is", () => {
    expect(seqs(withPushed([], rows(2, 1)))).toEqual([2, 1]);
    const seen = rows(2, 1);
    expect(withPushed(seen, [])).toBe(seen);
  });

  it("puts an older page after what is there, without doubles", () => {
    expect(seqs(withOlder(rows(9, 8), rows(8, 7, 6)))).toEqual([9, 8, 7, 6]);
  });

  it("goes on where the last page said, though it was empty", () => {
    const begun = feedFrom(rows(9, 8));
    expect(begun.nextBeforeSeq).toBe(8);
    const empty = feedWithOlder(begun, 8, { events: [], nextBeforeSeq: 5 });
    expect(empty).toEqual({ events: rows(9, 8), nextBeforeSeq: 5 });
    const pushed = feedWithPushed(empty, rows(10, 9));
    expect(pushed).toEqual({ events: rows(10, 9, 8), nextBeforeSeq: 5 });
    const done = feedWithOlder(pushed, 5, { events: rows(2), nextBeforeSeq: null });
    expect(done).toEqual({ events: rows(10, 9, 8, 2), nextBeforeSeq: null });
    expect(feedWithPushed(done, rows(11, 10)).nextBeforeSeq).toBeNull();
  });

  it("begins with the newest there is when nothing is pushed", () => {
    expect(feedFrom([]).nextBeforeSeq).toBe(Number.MAX_SAFE_INTEGER);
    expect(feedWithPushed(feedFrom([]), rows(4, 3)).nextBeforeSeq).toBe(3);
  });

  it("can be completed again after a gap, and takes no page from behind it", () => {
    const complete = { events: rows(5, 4), nextBeforeSeq: null };
    const after = feedWithPushed(complete, rows(9, 8));
    expect(after).toEqual({ events: rows(9, 8), nextBeforeSeq: 8 });
    expect(feedWithOlder(after, 4, { events: rows(3), nextBeforeSeq: null })).toBe(after);
  });
});
