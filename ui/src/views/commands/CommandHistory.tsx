import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { CommandId } from "../../bindings/CommandId";
import type { CommandRow } from "../../bindings/CommandRow";
import { EmptyState } from "../../components/EmptyState";
import { Age } from "../../components/Moment";
import { ProgressBar } from "../../components/ProgressBar";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { stageSummary } from "./stageText";

interface CommandHistoryProps {
  commands: CommandRow[];
  chosen: CommandId | null;
  onChoose: (command: CommandRow) => void;
  /** Left out where all are for the same dashboard. */
  withDashboard: boolean;
}

/** Commands that were sent, newest first. */
export function CommandHistory({ commands, chosen, onChoose, withDashboard }: CommandHistoryProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: commands.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 48,
    getItemKey: (index) => commands[index]?.commandId ?? index,
    overscan: 8,
  });
  if (commands.length === 0) {
    return (
      <EmptyState title="No command was sent yet" small testId="history-empty">
        <p>What is sent stands here with its stages and its result.</p>
      </EmptyState>
    );
  }
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto" data-testid="command-history">
      <ul aria-label="Commands sent" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const command = commands[item.index];
          return command ? (
            <li
              key={item.key}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <button
                type="button"
                aria-pressed={command.commandId === chosen}
                data-testid="command-row"
                data-command-id={command.commandId}
                data-type={command.type}
                data-stage={command.stage}
                onClick={() => onChoose(command)}
                className="grid h-12 w-full content-center gap-px border-b border-line px-2 text-left -outline-offset-2 hover:bg-raised aria-pressed:bg-accent-quiet aria-pressed:shadow-[inset_2px_0_var(--accent)]"
              >
                <span className="flex items-center gap-2">
                  <StatusIcon status={command.status} label={command.stage} />
                  <Text value={command.title} className="truncate" titled />
                  <span className="ml-auto flex-none text-fg-2 text-sm">{stageSummary(command)}</span>
                </span>
                <span className="flex items-center gap-2 pl-5 text-fg-3 text-sm/4">
                  <Text value={withDashboard ? command.dashboardName : command.type} className="truncate" />
                  <span className="ml-auto flex-none">
                    <Text value={command.issuedBy} /> · <Age at={command.issuedAt} />
                  </span>
                </span>
                {command.progress !== null && (
                  <span className="pl-5">
                    <ProgressBar part={command.progress} label={`Progress of ${command.title}`} />
                  </span>
                )}
              </button>
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}
