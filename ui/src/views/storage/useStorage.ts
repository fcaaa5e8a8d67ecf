import { useCallback, useEffect, useState } from "react";
import type { HubKey } from "../../bindings/HubKey";
import type { RequestError } from "../../bindings/RequestError";
import type { StorageHealth } from "../../bindings/StorageHealth";
import type { StorageWork } from "../../bindings/StorageWork";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";

/** Time between two readings of a log, and between two looks at work under way. */
const READ_EVERY = 15_000;
const LOOK_EVERY = 400;

export interface Storage {
  health: StorageHealth | null;
  work: StorageWork | null;
  error: RequestError | null;
  /** Reads everything again, now. */
  refresh: () => void;
}

/** How a hub's log fares, read again now and then, and the work that is under way on any log. */
export function useStorage(hub: HubKey): Storage {
  const platform = usePlatform();
  const [health, setHealth] = useState<StorageHealth | null>(null);
  const [work, setWork] = useState<StorageWork | null>(null);
  const [error, setError] = useState<RequestError | null>(null);
  const [reading, setReading] = useState(0);
  const refresh = useCallback(() => setReading((number) => number + 1), []);
  const running = work?.state === "running";

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new reading, and the end of work, are reasons to read
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      try {
        const [found, under] = await Promise.all([
          platform.request("storage_health", { hub }),
          platform.request("storage_work", {}),
        ]);
        if (!wanted) return;
        setHealth(found);
        setWork(under);
        setError(null);
      } catch (caught) {
        if (wanted) setError(asRequestError(caught));
      }
      if (wanted) timer = setTimeout(read, READ_EVERY);
    };
    void read();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [platform, hub, reading, running]);

  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      platform.request("storage_work", {}).then(setWork, () => undefined);
    }, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [platform, running]);

  return { health, work, error, refresh };
}
