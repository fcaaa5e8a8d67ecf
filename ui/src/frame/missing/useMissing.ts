import { createContext, useContext } from "react";
import type { HubChip } from "../../bindings/HubChip";

const HubsContext = createContext<readonly HubChip[]>([]);

export const MissingProvider = HubsContext.Provider;

/** The hubs, with what of their records is not here yet. */
export function useMissing(): readonly HubChip[] {
  return useContext(HubsContext);
}
