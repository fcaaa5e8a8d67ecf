import { useSyncExternalStore } from "react";
import type { Timestamp } from "../bindings/Timestamp";
import { milliseconds } from "./times";

/** How far the console's clock is ahead of the web view's, in milliseconds. */
let offset = 0;
let current = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  current = Date.now() + offset;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    current = Date.now() + offset;
    timer = setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function read(): number {
  // Nobody has been listening: the clock has stood still since.
  if (timer === undefined && Math.abs(Date.now() + offset - current) >= 1000) current = Date.now() + offset;
  return current;
}

/** Sets the clock by the console's. */
export function setClock(now: Timestamp): void {
  const told = milliseconds(now);
  if (told === null) return;
  const difference = told - Date.now();
  // What a message takes to arrive is no reason to move the clock.
  if (Math.abs(difference - offset) > 1500) {
    offset = difference;
    tick();
  }
}

/** The time now, in milliseconds since the Unix epoch; renders again every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read);
}
