import { useMemo } from "react";
import type { CommandDeclaration } from "../../bindings/CommandDeclaration";
import type { CommandId } from "../../bindings/CommandId";
import type { CommandRow } from "../../bindings/CommandRow";
import type { CommandTarget } from "../../bindings/CommandTarget";
import { EmptyState } from "../../components/EmptyState";
import { keyText } from "../../navigation/route";
import { CommandDetail } from "./CommandDetail";
import { CommandForm } from "./CommandForm";
import { CommandHistory } from "./CommandHistory";
import { CommandList } from "./CommandList";

interface CommandDeskProps {
  targets: CommandTarget[];
  history: CommandRow[];
  type: string | null;
  commandId: CommandId | null;
  onType: (type: string) => void;
  onCommand: (commandId: CommandId) => void;
  withDashboard: boolean;
}

/** The commands that all of these accept, as the first declares them. */
export function acceptedByAll(targets: CommandTarget[]): CommandDeclaration[] {
  const [first, ...others] = targets;
  if (!first) return [];
  return first.accepts.filter((one) =>
    others.every((target) => target.accepts.some((other) => other.type === one.type)),
  );
}

/** Choosing a command, filling it in, and watching what becomes of it: three columns. */
export function CommandDesk({
  targets,
  history,
  type,
  commandId,
  onType,
  onCommand,
  withDashboard,
}: CommandDeskProps) {
  const commands = useMemo(() => acceptedByAll(targets), [targets]);
  const declaration = commands.find((one) => one.type === type);
  const shown = history.find((one) => one.commandId === commandId);
  const names = targets.map((target) => keyText(target.dashboard)).join(" ");
  return (
    <div className="grid min-h-0 min-w-0 flex-1 grid-cols-[minmax(176px,220px)_minmax(260px,1fr)_minmax(300px,1.1fr)]">
      <div className="min-h-0 overflow-y-auto border-r border-line p-2" data-testid="command-list">
        {targets.length === 0 ? (
          <EmptyState title="No dashboard chosen" small>
            <p>Its commands stand here.</p>
          </EmptyState>
        ) : commands.length === 0 ? (
          <EmptyState
            title={targets.length === 1 ? "It accepts no commands" : "They share no command"}
            small
          />
        ) : (
          <CommandList commands={commands} chosen={type} onChoose={onType} />
        )}
      </div>
      <div className="min-h-0 overflow-y-auto border-r border-line p-4">
        {declaration ? (
          <CommandForm
            key={`${declaration.type} ${names}`}
            declaration={declaration}
            targets={targets}
            onIssued={onCommand}
          />
        ) : (
          <EmptyState
            title={type && targets.length > 0 ? "Not accepted here" : "Choose a command"}
            small
            testId="no-command"
          >
            <p>
              {type && targets.length > 0
                ? `${type} is not among the commands that what you chose accepts.`
                : "Its parameters are asked for here."}
            </p>
          </EmptyState>
        )}
      </div>
      <div className="flex min-h-0 flex-col">
        <h2 className="caps flex-none px-4 pt-3 pb-2">History</h2>
        <div className="flex min-h-0 flex-1 flex-col px-2">
          <CommandHistory
            commands={history}
            chosen={commandId}
            onChoose={(command) => onCommand(command.commandId)}
            withDashboard={withDashboard}
          />
        </div>
        {shown && (
          <div className="max-h-[62%] flex-none overflow-y-auto border-t border-line bg-surface px-4 py-3">
            <CommandDetail key={shown.commandId} command={shown} />
          </div>
        )}
      </div>
    </div>
  );
}
