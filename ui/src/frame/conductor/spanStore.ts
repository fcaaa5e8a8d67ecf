import { create } from "zustand";
import type { Stretch } from "./span";

/** Spans one can go back through at most. */
const REMEMBERED = 50;

interface SpanStore {
  /** The stretch of time that was chosen by dragging: the conductor marks it, charts show it. Null when none is. */
  chosen: Stretch | null;
  /** Those before it, the last one last. */
  before: ReadonlyArray<Stretch | null>;
  choose: (stretch: Stretch) => void;
  /** To the one before. */
  back: () => void;
  /** To none. */
  clear: () => void;
}

/** The one stretch of time that is looked at, wherever it was chosen. */
export const useSpanStore = create<SpanStore>((set) => ({
  chosen: null,
  before: [],
  choose: (stretch) =>
    set(({ chosen, before }) => ({ chosen: stretch, before: [...before, chosen].slice(-REMEMBERED) })),
  back: () => set(({ before }) => ({ chosen: before.at(-1) ?? null, before: before.slice(0, -1) })),
  clear: () => set({ chosen: null, before: [] }),
}));
