import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { ConnectionDetail } from "../connection/status.js";
import type { Command } from "../protocol/index.js";
import type { ServiceMetrics } from "../service-metrics.js";
import type { StatusSource } from "./source.js";

/** How the connection is; renders anew when it changes. */
export function useConnection(service: StatusSource): ConnectionDetail {
  const subscribe = useCallback((onChange: () => void) => service.onConnectionChange(onChange), [service]);
  const read = () => service.connection;
  return useSyncExternalStore(subscribe, read, read);
}

/** The command that started last while the component was there; `null` when there was none. */
export function useLastCommand(service: StatusSource): Command | null {
  const [command, setCommand] = useState<Command | null>(null);
  useEffect(() => service.onCommand((started) => void setCommand(started)), [service]);
  return command;
}

/** How the service does, read every `intervalMs` (5,000 when not said). */
export function useServiceMetrics(service: StatusSource, intervalMs = 5_000): ServiceMetrics {
  const [metrics, setMetrics] = useState(() => service.getMetrics());
  useEffect(() => {
    setMetrics(service.getMetrics());
    const timer = setInterval(() => setMetrics(service.getMetrics()), intervalMs);
    return () => clearInterval(timer);
  }, [service, intervalMs]);
  return metrics;
}
