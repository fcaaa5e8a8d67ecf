import { useSyncExternalStore } from "react";
import type { Timestamp } from "../bindings/Timestamp";
import { milliseconds } from "./times";

/** How far the console's clock is ahead of the web view's, in milliseconds. */
let offset = 0;
/** The instant of the past that is shown, while one is: there the clock stands still. */
let held: number | null = null;
let current = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  current = held ?? Date.now() + offset;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    current = held ?? Date.now() + offset;
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
  if (held !== null) return held;
  // Nobody has been listening: the clock has stood still since.
  if (timer === undefined && Math.abs(Date.now() + offset - current) >= 1000) current = Date.now() + offset;
  return current;
}

/** Sets the clock by the console's. */
export function setClock(now: Timestamp): void {
  const told = milliseconds(now);
  if (told === null) return;
  const difference = told - Date.now();
  if (held !== null) {
    held = null;
    offset = difference;
    tick();
    return;
  }
  // What a message takes to arrive is no reason to move the clock.
  if (Math.abs(difference - offset) > 1500) {
    offset = difference;
    tick();
  }
}

/** Shows an instant of the past: ages are reckoned from there until {@link setClock} is called. */
export function holdClock(at: Timestamp): void {
  const told = milliseconds(at);
  if (told === null || told === held) return;
  held = told;
  tick();
}

/** The instant shown, in milliseconds since the Unix epoch; renders again every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, read);
}

/** The time now, whatever instant is shown; in milliseconds since the Unix epoch. Renders again every second. */
export function usePresent(): number {
  return useSyncExternalStore(subscribe, readPresent);
}

function readPresent(): number {
  // Whole seconds: it must not differ from one look to the next.
  return Math.floor((Date.now() + offset) / 1000) * 1000;
}
