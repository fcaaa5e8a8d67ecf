import { StatusIcon } from "../components/StatusIcon";
import { formatTime } from "../format/times";
import { markerText, type PlotMarker } from "./markers";

interface MarkerTipProps {
  markers: readonly PlotMarker[];
  /** Where they stand, in pixels from the left of a frame so wide. */
  left: number;
  width: number;
}

/** What the markers under the crosshair are. */
export function MarkerTip({ markers, left, width }: MarkerTipProps) {
  if (markers.length === 0) return null;
  return (
    <ul
      data-testid="marker-tip"
      className="tooltip pointer-events-none absolute top-1"
      style={left < width / 2 ? { left: left + 10 } : { right: width - left + 10 }}
    >
      {markers.map((marker) => (
        <li key={`${marker.at} ${marker.title}`} className="flex items-center gap-2">
          <StatusIcon status={marker.kind === "alert" ? marker.status : "off"} label="" size={10} />
          <span className="min-w-0 flex-1">{markerText(marker)}</span>
          <span className="flex-none font-mono text-fg-3">{formatTime(marker.at)}</span>
        </li>
      ))}
    </ul>
  );
}
