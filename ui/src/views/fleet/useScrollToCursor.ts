import { useEffect, useRef } from "react";

/**
 * Scrolls to the cursor when it has moved, and when the list is shown again; not when models are pushed, and not to what
 * was selected unasked when the fleet first appeared.
 */
export function useScrollToCursor(cursor: string | null, scroll: () => void): void {
  const before = useRef<string | null | undefined>(undefined);
  const latest = useRef(scroll);
  latest.current = scroll;
  useEffect(() => {
    if (before.current !== null && cursor !== null) latest.current();
    before.current = cursor;
  }, [cursor]);
}
