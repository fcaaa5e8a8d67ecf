import { createContext, useCallback, useContext, useRef } from "react";
import type { ConductorView } from "../../bindings/ConductorView";
import type { ConductTime } from "../../bindings/ConductTime";
import type { RequestError } from "../../bindings/RequestError";
import { useRequest } from "../../platform/useView";

const ConductorContext = createContext<ConductorView>({ mode: "live" });

export const ConductorProvider = ConductorContext.Provider;

/** Which instant is shown. */
export function useConductor(): ConductorView {
  return useContext(ConductorContext);
}

/** Why nothing can be changed; null while the present is shown. */
export function usePastReason(): string | null {
  return useConductor().mode === "past"
    ? "This is the past, where nothing can be changed; go back to Live first."
    : null;
}

export interface ConductTimeState {
  send: (request: ConductTime) => void;
  error: RequestError | null;
  clearError: () => void;
}

/** Moves the conductor. One request is on its way at a time; of those made meanwhile, only the last is sent. */
export function useConductTime(): ConductTimeState {
  const { send: request, error, clearError } = useRequest("conduct_time");
  const busy = useRef(false);
  const next = useRef<ConductTime | null>(null);
  const send = useCallback(
    async (wanted: ConductTime) => {
      next.current = wanted;
      if (busy.current) return;
      busy.current = true;
      while (next.current) {
        const sending: ConductTime = next.current;
        next.current = null;
        await request({ request: sending });
      }
      busy.current = false;
    },
    [request],
  );
  return { send: (wanted) => void send(wanted), error, clearError };
}
