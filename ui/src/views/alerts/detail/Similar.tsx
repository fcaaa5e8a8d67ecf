import type { AlertDetail } from "../../../bindings/AlertDetail";
import { Age } from "../../../components/Moment";
import { StatusIcon } from "../../../components/StatusIcon";
import { Text } from "../../../components/Text";
import { plainLine } from "../../../format/plainText";
import { formatDuration } from "../../../format/times";
import { formatRoute } from "../../../navigation/route";

/** Earlier alerts of the same problem or type, and how they ended. */
export function Similar({ detail }: { detail: AlertDetail }) {
  return (
    <section data-testid="alert-similar">
      <h3 className="caps pb-1.5">Before</h3>
      {detail.similar.length === 0 ? (
        <p className="text-fg-3">Nothing like this was seen before.</p>
      ) : (
        <ul className="grid gap-1.5">
          {detail.similar.map((one) => (
            <li key={one.alertId} className="grid grid-cols-[12px_minmax(0,1fr)_auto] gap-x-2">
              <StatusIcon status={one.status} className="mt-1" />
              <div className="min-w-0">
                <a
                  href={formatRoute({ view: "alerts", alertId: one.alertId })}
                  className="block truncate hover:underline"
                >
                  {one.isSameProblem ? (
                    "The same problem"
                  ) : (
                    <>
                      <Text value={one.title} /> · <Text value={one.dashboardName} />
                    </>
                  )}
                </a>
                <p className="text-fg-2 text-sm">
                  {plainLine(one.ending)}
                  {one.lasted !== null && ` after ${formatDuration(one.lasted)}`}
                  {one.note && <> · “{plainLine(one.note)}”</>}
                </p>
              </div>
              <Age at={one.firstSeen} className="text-fg-3 text-sm whitespace-nowrap" />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
