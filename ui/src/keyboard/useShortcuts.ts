import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

/** Whether keys typed there are text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable)
  );
}

/** The name of a key as shortcuts write it: `j`, `?`, `Enter`, `Space`, `Ctrl+k`. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key === " " ? "Space" : event.key;
  if (event.ctrlKey || event.metaKey) return `Ctrl+${key.toLowerCase()}`;
  return event.altKey ? `Alt+${key}` : key;
}

/**
 * Listens for keys while the component is mounted. Keys without Ctrl are left alone while one types and while a dialog
 * is open; Enter and Space are left to a focused button or link.
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const name = keyName(event);
      const action = latest.current[name];
      if (!action) return;
      const target = event.target;
      if (!name.startsWith("Ctrl+")) {
        if (isTyping(target) || document.querySelector("dialog[open]")) return;
        if (
          (name === "Enter" || name === "Space") &&
          target instanceof HTMLElement &&
          target.closest("button, a, summary, [role=button]") &&
          !target.closest("[data-roving]")
        )
          return;
      }
      event.preventDefault();
      action(event);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
