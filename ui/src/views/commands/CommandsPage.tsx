import { useMemo } from "react";
import { FailedState, LoadingState } from "../../components/EmptyState";
import { formatCount } from "../../format/numbers";
import { keyText, type Route } from "../../navigation/route";
import { replaceRoute } from "../../navigation/useRoute";
import { useView } from "../../platform/useView";
import { CommandDesk } from "./CommandDesk";
import { TargetPicker } from "./TargetPicker";

type CommandsRoute = Extract<Route, { view: "commands" }>;

export function CommandsPage({ route }: { route: CommandsRoute }) {
  const { model, error } = useView<"commands">({ view: "commands" });
  const all = model?.targets;
  const chosen = useMemo(() => {
    const keys = new Set(route.targets.map(keyText));
    return all?.filter((target) => keys.has(keyText(target.dashboard))) ?? [];
  }, [all, route.targets]);
  const running = model?.history.filter((command) => !command.isFinal).length ?? 0;
  const go = (change: Partial<CommandsRoute>) => replaceRoute({ ...route, ...change });

  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-3 px-5 pt-4 pb-3">
        <h1 className="text-xl font-[620] tracking-[-.015em]">Commands</h1>
        {model && (
          <span className="text-fg-2">
            {formatCount(model.history.length)} sent · {formatCount(running)} under way
          </span>
        )}
        {chosen.length > 0 && (
          <span className="ml-auto truncate text-fg-2" data-testid="chosen-targets">
            to{" "}
            {chosen.length === 1 ? (
              <bdi className="text-fg">{chosen[0]?.name}</bdi>
            ) : (
              `${chosen.length} dashboards`
            )}
          </span>
        )}
      </div>
      {error && !model ? (
        <FailedState what="the commands" error={error} />
      ) : !model ? (
        <div className="px-5">
          <LoadingState what="the commands" />
        </div>
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(184px,16%)_minmax(0,1fr)] border-t border-line">
          <TargetPicker
            targets={model.targets}
            chosen={route.targets}
            onChange={(targets) => go({ targets })}
          />
          <CommandDesk
            targets={chosen}
            history={model.history}
            type={route.type}
            commandId={route.commandId}
            onType={(type) => go({ type })}
            onCommand={(commandId) => go({ commandId })}
            withDashboard
          />
        </div>
      )}
    </main>
  );
}
