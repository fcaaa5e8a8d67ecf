import type { AlertDetail } from "../../../bindings/AlertDetail";
import type { AlertStepRow } from "../../../bindings/AlertStepRow";
import { MultilineText, Text } from "../../../components/Text";
import { plainLine } from "../../../format/plainText";
import { formatInstant, formatMoment } from "../../../format/times";
import { useNow } from "../../../format/useNow";
import { formatRoute } from "../../../navigation/route";
import { holdRoute, holdText } from "../alertText";

const colours: Partial<Record<AlertStepRow["transition"], string>> = {
  raised: "bg-serious",
  reopened: "bg-serious",
  escalated: "bg-critical",
  flapping: "bg-caution",
  acknowledged: "bg-accent",
  resolved: "bg-normal",
};

/** How an alert went: every step, who took it and what was said. */
export function Timeline({ detail }: { detail: AlertDetail }) {
  const now = useNow();
  return (
    <section data-testid="alert-timeline">
      <h3 className="caps pb-1.5">How it went</h3>
      <ol className="grid">
        {detail.steps.map((step, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
            key={`${step.at} ${step.transition} ${index}`}
            data-testid="alert-step"
            className="grid grid-cols-[12px_minmax(0,1fr)_auto] gap-x-2 pb-2 last:pb-0"
          >
            <span className="relative flex justify-center" aria-hidden>
              {index < detail.steps.length - 1 && (
                <span className="absolute top-3 bottom-[-8px] w-px bg-line-strong" />
              )}
              <span className={`mt-1.5 size-2 rounded-full ${colours[step.transition] ?? "bg-off"}`} />
            </span>
            <div className="min-w-0">
              <p>
                <Text value={step.text} />
                {step.by && (
                  <span className="text-fg-2">
                    {" "}
                    by <Text value={step.by} />
                  </span>
                )}
              </p>
              {step.holds.map((hold) => (
                <p key={`${hold.kind} ${hold.holder ?? hold.alertId ?? ""}`} className="text-fg-2">
                  {hold.kind === "shelf" ? (
                    holdText(hold, now)
                  ) : (
                    <a href={formatRoute(holdRoute(hold))} className="text-accent hover:underline">
                      {holdText(hold, now)}
                    </a>
                  )}
                </p>
              ))}
              {step.note && (
                <MultilineText
                  value={step.note}
                  className="mt-0.5 border-l-2 border-line-strong pl-2 text-fg-2"
                />
              )}
            </div>
            <time
              dateTime={step.at}
              title={formatInstant(step.at)}
              className="text-right text-fg-3 text-sm whitespace-nowrap"
            >
              {plainLine(formatMoment(step.at, now))}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}
