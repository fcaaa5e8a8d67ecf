import { describe, expect, it } from "vitest";
import type { EventRow } from "../../bindings/EventRow";
import { withOlder, withPushed } from "./mergeEvents";

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
});
