import { expect, it } from "vitest";
import { shareStructure } from "./structuralSharing";

it("keeps what is the same and takes what has changed", () => {
  const before = {
    cards: [
      { id: 1, line: [1, null, 3] },
      { id: 2, line: [4] },
    ],
    count: 2,
  };
  const after = {
    cards: [
      { id: 1, line: [1, null, 3] },
      { id: 2, line: [5] },
    ],
    count: 2,
  };
  const shared = shareStructure(before, after);
  expect(shared).toEqual(after);
  expect(shared.cards[0]).toBe(before.cards[0]);
  expect(shared.cards[1]).not.toBe(before.cards[1]);
});

it("is the former whole when nothing has changed", () => {
  const before = { a: [1, { b: "c" }], d: null };
  expect(shareStructure(before, structuredClone(before))).toBe(before);
});

it("sees what was added, removed, or became another kind", () => {
  for (const [before, after] of [
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[1, 2], [1]],
    [{ 0: 1 }, [1]],
    [null, {}],
    [{ a: null }, { a: {} }],
  ] as const) {
    expect(shareStructure(before, after)).not.toBe(before);
    expect(shareStructure(before, after)).toEqual(after);
  }
});
