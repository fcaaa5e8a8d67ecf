import { useMemo, useState } from "react";
import type { CommandId } from "../../bindings/CommandId";
import type { CommandTarget } from "../../bindings/CommandTarget";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { DashboardView } from "../../bindings/DashboardView";
import { CommandDesk } from "../commands/CommandDesk";

/** Sending commands to one dashboard, and those it was sent. */
export function CommandsSection({ dashboard, view }: { dashboard: DashboardKey; view: DashboardView }) {
  const [type, setType] = useState<string | null>(null);
  const [commandId, setCommandId] = useState<CommandId | null>(null);
  const { card, accepts, commandsDisabled } = view;
  const targets = useMemo<CommandTarget[]>(
    () =>
      card
        ? [
            {
              dashboard,
              name: card.name,
              useCase: card.useCase,
              status: card.status,
              accepts,
              disabled: commandsDisabled,
            },
          ]
        : [],
    [dashboard, card, accepts, commandsDisabled],
  );
  return (
    <CommandDesk
      targets={targets}
      history={view.commands}
      type={type}
      commandId={commandId}
      onType={setType}
      onCommand={setCommandId}
      withDashboard={false}
    />
  );
}
