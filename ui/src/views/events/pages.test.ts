import { expect, test } from "vitest";
import type { SearchRow } from "../../bindings/SearchRow";
import { countOf, locate, missing, type Page, trimmed } from "./pages";

const row = {} as SearchRow;
const pages = (...counts: number[]): Page[] =>
  counts.map((count) => ({ position: null, count, rows: Array(count).fill(row) }));

test("a hit is found in its page, whatever pages are set aside", () => {
  const some = pages(200, 3, 0, 200);
  expect(countOf(some)).toBe(403);
  expect(locate(some, 0)).toEqual({ page: 0, offset: 0 });
  expect(locate(some, 202)).toEqual({ page: 1, offset: 2 });
  expect(locate(some, 203)).toEqual({ page: 3, offset: 0 });
  expect(locate(some, 403)).toBeNull();
});

test("of a thousand pages only those near the ones in sight are kept, and the list keeps its length", () => {
  const many = pages(...Array(1000).fill(200));
  const kept = trimmed(many, 500, 501);
  expect(kept.filter((page) => page.rows !== null)).toHaveLength(18);
  expect(countOf(kept)).toBe(200_000);
  expect(trimmed(kept, 500, 501)).toBe(kept);
  expect(missing(kept, 500, 501)).toBeNull();
  expect(missing(kept, 0, 1)).toBe(0);
  expect(missing(kept, 494, 495)).toBeNull();
  expect(missing(kept, 509, 510)).toBe(510);
});
