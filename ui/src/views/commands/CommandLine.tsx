import type { CommandRow } from "../../bindings/CommandRow";
import { ProgressBar } from "../../components/ProgressBar";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatRoute } from "../../navigation/route";
import { stageSummary } from "./stageText";

/** One command on one line, for where it stands among other things. */
export function CommandLine({ command }: { command: CommandRow }) {
  const href = formatRoute({
    view: "commands",
    targets: [command.dashboard],
    type: null,
    commandId: command.commandId,
  });
  return (
    <div className="grid gap-1.5">
      <a
        href={href}
        className="flex items-center gap-2 text-fg-2 hover:text-fg"
        data-testid={`command-line-${command.commandId}`}
      >
        <StatusIcon status={command.status} label={command.stage} />
        <Text value={command.type} className="truncate" titled />
        <span className="ml-auto flex-none text-fg-3">{stageSummary(command)}</span>
      </a>
      {command.progress !== null && (
        <ProgressBar part={command.progress} label={`Progress of ${command.type}`} />
      )}
    </div>
  );
}
