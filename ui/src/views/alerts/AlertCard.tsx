import type { AlertRow } from "../../bindings/AlertRow";
import { StatusIcon } from "../../components/StatusIcon";
import { MultilineText, Text } from "../../components/Text";
import { formatMoment } from "../../format/times";
import { useNow } from "../../format/useNow";
import { formatRoute } from "../../navigation/route";
import { AlertButtons } from "./AlertButtons";
import { alertEdge, stateSentence } from "./alertText";

/** One alert with its buttons, for where it stands among other things. */
export function AlertCard({ alert }: { alert: AlertRow }) {
  const now = useNow();
  return (
    <article
      data-testid={`alert-card-${alert.alertId}`}
      className={`rounded-md border border-line border-l-2 bg-raised px-2.5 py-2 ${alertEdge[alert.status]}`}
    >
      <div className="flex items-center gap-2">
        <StatusIcon status={alert.status} />
        <a
          href={formatRoute({ view: "alerts", alertId: alert.alertId })}
          className="min-w-0 truncate font-semibold hover:underline"
        >
          <Text value={alert.title} titled />
        </a>
      </div>
      <MultilineText value={alert.message} className="text-fg-2" />
      <p className="mt-0.5 mb-1.5 text-fg-3 text-sm">
        {alert.count === 1 ? "once at" : `${alert.count} times since`}{" "}
        {formatMoment(alert.firstSeen, now).slice(0, -3)} · {stateSentence(alert)}
      </p>
      <AlertButtons alert={alert} />
    </article>
  );
}
