import { useEffect, useRef } from "react";

/**
 * Scrolls to the cursor when it has moved, and when the list is shown again; not when models are pushed, and not to what
 * was selected unasked when the fleet first appeared. Nothing is scrolled before the list is `ready`: laid out as it will
 * be seen.
 */
export function useScrollToCursor(cursor: string | null, ready: boolean, scroll: () => void): void {
  const before = useRef<string | null | undefined>(undefined);
  const latest = useRef(scroll);
  latest.current = scroll;
  useEffect(() => {
    if ((cursor !== null && !ready) || cursor === before.current) return;
    if (before.current !== null && cursor !== null) latest.current();
    before.current = cursor;
  }, [cursor, ready]);
}
