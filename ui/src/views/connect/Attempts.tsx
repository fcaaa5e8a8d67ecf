import type { AttemptRow } from "../../bindings/AttemptRow";
import { Age } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { formatCount } from "../../format/numbers";
import { plainText } from "../../format/plainText";

interface AttemptsProps {
  attempts: AttemptRow[];
  /** Whether only those since the token was made are shown. */
  since: boolean;
}

/** Who came and was not let in: why, and what to do. */
export function Attempts({ attempts, since }: AttemptsProps) {
  return (
    <section aria-labelledby="attempts-title" data-testid="attempts">
      <h2 id="attempts-title" className="caps pb-2">
        Not let in
      </h2>
      {attempts.length === 0 ? (
        <p className="panel p-4 text-fg-2">
          {since ? "Nobody was turned away since the token was made." : "Nobody was turned away."}
        </p>
      ) : (
        <ul
          tabIndex={0}
          aria-label="Attempts that were not let in, newest first"
          aria-live="polite"
          className="panel grid max-h-[440px] divide-y divide-line overflow-y-auto"
        >
          {attempts.map((attempt) => (
            <Attempt key={attempt.number} attempt={attempt} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Attempt({ attempt }: { attempt: AttemptRow }) {
  return (
    <li className="grid gap-1 px-4 py-3" data-testid="attempt" data-reason={attempt.reason}>
      <div className="flex items-center gap-2">
        <StatusIcon status="caution" label="" />
        <span className="font-semibold">{attempt.title}</span>
        {attempt.count > 1 && <span className="text-fg-2">{formatCount(attempt.count)} times</span>}
        <Age at={attempt.at} className="ml-auto flex-none text-fg-3 text-sm" />
      </div>
      <p className="text-fg-2 text-pretty break-words">{plainText(attempt.message)}</p>
      <p className="text-pretty break-words">{plainText(attempt.remedy)}</p>
      <p className="text-fg-3 text-sm">
        From {attempt.remoteAddress}
        {attempt.dashboardId && `, which said it is ${attempt.dashboardId}`}
      </p>
    </li>
  );
}
