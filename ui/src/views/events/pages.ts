import type { SearchPosition } from "../../bindings/SearchPosition";
import type { SearchRow } from "../../bindings/SearchRow";

/** Pages whose rows are kept, before and after the one in sight. The rest is fetched again when it comes into sight. */
const KEPT_AROUND = 8;

/** Hits that were fetched together. How many they are is remembered, so that the list keeps its length without them. */
export interface Page {
  /** Where they begin; null for the newest. */
  position: SearchPosition[] | null;
  count: number;
  /** Null while they are set aside. */
  rows: SearchRow[] | null;
}

export function countOf(pages: readonly Page[]): number {
  return pages.reduce((sum, page) => sum + page.count, 0);
}

/** The page of the hit at a place, and the place in it; null past the end. */
export function locate(pages: readonly Page[], index: number): { page: number; offset: number } | null {
  let offset = index;
  for (const [page, { count }] of pages.entries()) {
    if (offset < count) return { page, offset };
    offset -= count;
  }
  return null;
}

/** The pages with the rows set aside that are far from those from `first` to `last`; the same when none is. */
export function trimmed(pages: Page[], first: number, last: number): Page[] {
  const isFar = (page: number) => page < first - KEPT_AROUND || page > last + KEPT_AROUND;
  if (!pages.some((page, index) => page.rows !== null && isFar(index))) return pages;
  return pages.map((page, index) => (isFar(index) ? { ...page, rows: null } : page));
}

/** The page nearest to those from `first` to `last`, or among them, whose rows are set aside; null when all are there. */
export function missing(pages: readonly Page[], first: number, last: number): number | null {
  const wanted = [...Array(last - first + 1).keys()].map((step) => first + step);
  return [...wanted, last + 1, first - 1].find((page) => pages[page]?.rows === null) ?? null;
}
