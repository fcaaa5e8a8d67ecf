import type { CommandRow } from "../../bindings/CommandRow";
import { Button } from "../../components/Button";
import { Notice, RequestFailure } from "../../components/Notice";
import { ProgressBar } from "../../components/ProgressBar";
import { StatusIcon } from "../../components/StatusIcon";
import { CodeText, MultilineText, Text } from "../../components/Text";
import { formatDuration, formatInstant, formatPreciseTime, milliseconds } from "../../format/times";
import { formatRoute } from "../../navigation/route";
import { useRequest } from "../../platform/useView";
import { stageMeaning, stageSummary, stageText } from "./stageText";

/** One command: its stages as they come, its result, what was sent. */
export function CommandDetail({ command }: { command: CommandRow }) {
  const cancel = useRequest("cancel_command");
  return (
    <section
      aria-label="Command"
      data-testid="command-detail"
      data-stage={command.stage}
      className="grid content-start gap-3"
    >
      <div className="flex items-center gap-2">
        <StatusIcon status={command.status} label={command.stage} />
        <h3 className="min-w-0 truncate font-semibold">
          <Text value={command.title} titled />
        </h3>
        <span className="text-fg-2" data-testid="command-stage">
          {stageSummary(command)}
        </span>
        {!command.isFinal && (
          <Button
            className="ml-auto"
            testId="cancel-command"
            disabledReason={cancel.pending ? "Under way." : null}
            onClick={() => void cancel.send({ hub: command.dashboard.hub, commandId: command.commandId })}
          >
            Cancel
          </Button>
        )}
      </div>
      <p className="-mt-2 text-fg-3">
        {stageMeaning[command.stage]} For{" "}
        <a
          className="text-fg-2 hover:text-fg hover:underline"
          href={formatRoute({ view: "dashboard", dashboard: command.dashboard, section: "commands" })}
        >
          <Text value={command.dashboardName} />
        </a>
        , by <Text value={command.issuedBy} />.
      </p>
      <RequestFailure error={cancel.error} />
      {command.progress !== null && <ProgressBar part={command.progress} label="Progress" />}
      {command.message && <MultilineText value={command.message} className="text-fg-2" />}
      {command.error && (
        <Notice status={command.status} testId="command-error">
          <MultilineText value={command.error} />
        </Notice>
      )}
      {command.result && (
        <div className="grid gap-1">
          <h4 className="caps">Result</h4>
          <CodeText value={command.result} className="max-h-60" testId="command-result" />
        </div>
      )}
      {command.stages.length > 0 && (
        <div className="grid gap-1">
          <h4 className="caps">Stages</h4>
          <ol data-testid="command-stages">
            {command.stages.map((stage, index) => {
              const before = command.stages[index - 1];
              const took = before ? (milliseconds(stage.at) ?? 0) - (milliseconds(before.at) ?? 0) : null;
              return (
                <li
                  key={`${stage.stage} ${stage.at}`}
                  className="grid grid-cols-[96px_minmax(0,1fr)_auto] gap-2 font-mono text-sm/5 text-fg-2"
                  title={stageMeaning[stage.stage]}
                >
                  <time dateTime={stage.at} title={formatInstant(stage.at)} className="text-fg-3">
                    {formatPreciseTime(stage.at)}
                  </time>
                  {stageText[stage.stage]}
                  <span className="text-fg-3">{took !== null && `+${formatDuration(took)}`}</span>
                </li>
              );
            })}
          </ol>
        </div>
      )}
      <div className="grid gap-1">
        <h4 className="caps">Payload</h4>
        <CodeText value={command.payload} className="max-h-40" />
      </div>
    </section>
  );
}
