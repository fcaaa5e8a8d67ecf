import { createPortal } from "react-dom";
import type { HubKey } from "../../bindings/HubKey";
import { MissingHatch } from "./MissingHatch";

interface MissingOverPlotProps {
  /** The plot's own layer, from its left axis to its right edge; null while it is not drawn. */
  over: HTMLElement | null;
  from: number;
  to: number;
  hubs: readonly HubKey[];
}

/** Hatches what is missing in a plot. */
export function MissingOverPlot({ over, ...span }: MissingOverPlotProps) {
  return over && createPortal(<MissingHatch {...span} />, over);
}
