import { useEffect, useRef } from "react";
import type { ConductorView } from "../bindings/ConductorView";
import { milliseconds } from "../format/times";
import { usePlatform } from "../platform/useView";

/** The instant that an address carries, as it stands there; null when it carries none. */
export function instantOf(hash: string): string | null {
  const at = new URLSearchParams(hash.split("?", 2)[1] ?? "").get("at");
  return at && milliseconds(at) !== null ? at : null;
}

/** The same address, carrying `at`; without an instant when that is null. */
export function withInstant(hash: string, at: string | null): string {
  const [path = "", query = ""] = hash.split("?", 2);
  const values = new URLSearchParams(query);
  if (at === null) values.delete("at");
  else values.set("at", at);
  // A colon needs no escape in a fragment, and the time stays readable.
  const text = values.toString().replaceAll("%3A", ":");
  return text ? `${path}?${text}` : path;
}

/**
 * Keeps the address and the conductor in step: an address that carries an instant leads there, and while an instant is
 * shown, every address carries it.
 */
export function useInstantInAddress(conductor: ConductorView | undefined): void {
  const platform = usePlatform();
  const shown = conductor?.mode === "past" && conductor.speed === null ? conductor.at : null;
  const isLive = conductor?.mode === "live";
  /** An instant that was asked for by an address and is not there yet. */
  const awaited = useRef<string | null>(null);
  const latest = useRef(shown);
  latest.current = shown;

  useEffect(() => {
    const follow = () => {
      const at = instantOf(window.location.hash);
      if (at === null) {
        // A link within the program: the instant stays.
        if (latest.current) replaceHash(withInstant(window.location.hash, latest.current));
        return;
      }
      if (milliseconds(at) === milliseconds(latest.current)) return;
      awaited.current = at;
      platform.request("conduct_time", { request: { kind: "seek", at } }).catch(() => {
        awaited.current = null;
      });
    };
    follow();
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [platform]);

  useEffect(() => {
    if (shown !== null) {
      if (awaited.current && milliseconds(awaited.current) !== milliseconds(shown)) return;
      awaited.current = null;
      replaceHash(withInstant(window.location.hash || "#/fleet", shown));
    } else if (isLive && !awaited.current && instantOf(window.location.hash)) {
      replaceHash(withInstant(window.location.hash, null));
    }
  }, [shown, isLive]);
}

function replaceHash(hash: string): void {
  if (hash !== window.location.hash) window.history.replaceState(null, "", hash || "#/fleet");
}
