import { type MouseEvent, useCallback, useEffect, useMemo, useRef } from "react";
import type { DashboardCard } from "../../bindings/DashboardCard";
import type { FleetGroup } from "../../bindings/FleetGroup";
import type { FleetSummary } from "../../bindings/FleetSummary";
import type { FrameView } from "../../bindings/FrameView";
import type { Status } from "../../bindings/Status";
import { Button } from "../../components/Button";
import { EmptyState, FailedState, LoadingState } from "../../components/EmptyState";
import { formatCount } from "../../format/numbers";
import { EventTail } from "../../frame/EventTail";
import { useShortcuts } from "../../keyboard/useShortcuts";
import { keyText } from "../../navigation/route";
import { navigate } from "../../navigation/useRoute";
import { useView } from "../../platform/useView";
import { FleetGrid } from "./FleetGrid";
import { FleetTable } from "./FleetTable";
import { FleetToolbar } from "./FleetToolbar";
import { sortAfterClick, useFleetStore } from "./fleetStore";
import { NoDashboards } from "./NoDashboards";
import { SidePanel } from "./SidePanel";
import { click, move, selectOnly, toggle } from "./selection";

const ranks: Status[] = ["off", "standby", "normal", "caution", "serious", "critical"];

/** The one that most needs to be looked at; it is what is selected first. */
export function worstCard(groups: FleetGroup[]): DashboardCard | undefined {
  let worst: DashboardCard | undefined;
  for (const card of groups.flatMap((group) => group.cards)) {
    if (!worst || ranks.indexOf(card.status) > ranks.indexOf(worst.status)) worst = card;
  }
  return worst;
}

function open(card: DashboardCard): void {
  navigate({ view: "dashboard", dashboard: card.dashboard, section: "overview" });
}

export function FleetPage({ frame, onOpenPalette }: { frame: FrameView | null; onOpenPalette: () => void }) {
  const store = useFleetStore();
  const { filter, grouping, sort, layout, selection, setSelection, setFilter } = store;
  const { model, error } = useView<"fleet">({ view: "fleet", filter, grouping, sort });

  const groups = model?.groups;
  const order = useMemo(
    () => groups?.flatMap((group) => group.cards.map((card) => keyText(card.dashboard))) ?? [],
    [groups],
  );
  const latest = useRef({ selection, order });
  latest.current = { selection, order };

  useEffect(() => {
    if (selection.cursor !== null || !groups) return;
    const first = worstCard(groups);
    if (first) setSelection(selectOnly(keyText(first.dashboard)));
  }, [groups, selection.cursor, setSelection]);

  const onClick = useCallback(
    (key: string, event: MouseEvent) => {
      const held = { ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey };
      setSelection(click(latest.current.selection, key, latest.current.order, held));
    },
    [setSelection],
  );

  const step = (steps: number, extend = false) => setSelection(move(selection, order, steps, extend));
  const cursorCard = groups
    ?.flatMap((group) => group.cards)
    .find((card) => keyText(card.dashboard) === selection.cursor);
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    J: () => step(1, true),
    K: () => step(-1, true),
    ArrowDown: (event) => step(1, event.shiftKey),
    ArrowUp: (event) => step(-1, event.shiftKey),
    ArrowRight: (event) => layout === "cards" && step(1, event.shiftKey),
    ArrowLeft: (event) => layout === "cards" && step(-1, event.shiftKey),
    Home: () => step(-order.length),
    End: () => step(order.length),
    Enter: () => cursorCard && open(cursorCard),
    Space: () => selection.cursor && setSelection(toggle(selection, selection.cursor)),
    Escape: () => selection.cursor && setSelection(selectOnly(selection.cursor)),
    v: () => store.setLayout(layout === "cards" ? "table" : "cards"),
    c: () =>
      navigate({
        view: "commands",
        targets: selectedCards(groups, selection.selected).map((card) => card.dashboard),
        type: null,
        commandId: null,
      }),
  });

  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_348px]">
      <div className="flex min-h-0 min-w-0 flex-col">
        <main className="flex min-h-0 flex-1 flex-col">
          <FleetToolbar heading={<Summary summary={model?.summary} />} />
          {error && !model ? (
            <FailedState what="the fleet" error={error} />
          ) : !model ? (
            <div className="px-5">
              <LoadingState what="the fleet" />
            </div>
          ) : model.summary.total === 0 ? (
            <NoDashboards hubs={frame?.hubs ?? []} />
          ) : model.shown === 0 ? (
            <EmptyState title="No dashboard passes the filter" testId="fleet-filtered-empty">
              <p>None of the {formatCount(model.summary.total)} dashboards has all of these words.</p>
              <Button onClick={() => setFilter("")}>Clear the filter</Button>
            </EmptyState>
          ) : layout === "cards" ? (
            <FleetGrid groups={model.groups} selection={selection} onClick={onClick} onOpen={open} />
          ) : (
            <FleetTable
              groups={model.groups}
              selection={selection}
              sort={sort}
              onSort={(by) => store.setSort(sortAfterClick(sort, by))}
              onClick={onClick}
              onOpen={open}
            />
          )}
        </main>
        <EventTail events={frame?.tail ?? []} />
      </div>
      <SidePanel selected={selectedCards(groups, selection.selected)} onOpenPalette={onOpenPalette} />
    </div>
  );
}

function selectedCards(groups: FleetGroup[] | undefined, selected: readonly string[]): DashboardCard[] {
  const wanted = new Set(selected);
  return groups?.flatMap((group) => group.cards.filter((card) => wanted.has(keyText(card.dashboard)))) ?? [];
}

function Summary({ summary }: { summary: FleetSummary | undefined }) {
  if (!summary) return null;
  const parts = [
    `${formatCount(summary.total)} ${summary.total === 1 ? "dashboard" : "dashboards"}`,
    ...(["online", "stale", "offline", "left", "cached", "archived"] as const)
      .filter((name) => summary[name] > 0)
      .map((name) => `${formatCount(summary[name])} ${name}`),
  ];
  return (
    <span className="mr-3 whitespace-nowrap text-fg-2" data-testid="fleet-summary">
      {parts.join(" · ")}
    </span>
  );
}
