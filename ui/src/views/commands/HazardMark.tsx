import type { Hazard } from "../../bindings/Hazard";
import { StatusIcon } from "../../components/StatusIcon";

const meaning: Record<
  Exclude<Hazard, "none">,
  [status: "caution" | "critical", text: string, why: string]
> = {
  disruptive: ["caution", "disruptive", "Disturbs the dashboard's users"],
  destructive: ["critical", "destructive", "Destroys something; asks for a typed confirmation"],
};

/** How careful to be with a command; nothing for those that are harmless. */
export function HazardMark({ hazard, withText }: { hazard: Hazard; withText?: boolean }) {
  if (hazard === "none") return null;
  const [status, text, why] = meaning[hazard];
  return (
    <span className="flex flex-none items-center gap-1.5 text-fg-2 text-sm" title={why} data-hazard={hazard}>
      <StatusIcon status={status} size={10} label={withText ? "" : text} />
      {withText && text}
    </span>
  );
}
