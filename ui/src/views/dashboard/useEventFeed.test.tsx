import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { describe, expect, it } from "vitest";
import type { EventRow } from "../../bindings/EventRow";
import type { EventsPage } from "../../bindings/EventsPage";
import { createFixturePlatform } from "../../platform/fixture/fixturePlatform";
import type { Platform } from "../../platform/platform";
import { PlatformProvider } from "../../platform/useView";
import { useEventFeed } from "./useEventFeed";

const rows = (...seqs: number[]) => seqs.map((seq) => ({ seq }) as EventRow);
const dashboard = { hub: "h", dashboardId: "d" };

/** The feed over a record that answers with `page`, and what it was asked. */
function feedOver(pushed: EventRow[], page: (beforeSeq: number) => EventsPage) {
  const asked: number[] = [];
  const platform: Platform = {
    ...createFixturePlatform("live"),
    request: async (_, args) => {
      const { beforeSeq } = (args as { request: { beforeSeq: number } }).request;
      asked.push(beforeSeq);
      return page(beforeSeq) as never;
    },
  };
  const wrapper = ({ children }: { children: ReactNode }) => (
    <PlatformProvider value={platform}>{children}</PlatformProvider>
  );
  return { asked, ...renderHook(() => useEventFeed(dashboard, pushed), { wrapper }) };
}

describe("the event feed", () => {
  const pushed = rows(900, 899);

  it("passes over pages without an event until there is one", async () => {
    const { asked, result } = feedOver(pushed, (before) =>
      before > 500 ? { events: [], nextBeforeSeq: before - 200 } : { events: rows(300), nextBeforeSeq: null },
    );
    await act(() => result.current.loadOlder());
    expect(asked).toEqual([899, 699, 499]);
    expect(result.current.events.map(({ seq }) => seq)).toEqual([900, 899, 300]);
    expect(result.current.complete).toBe(true);
  });

  it("rests after ten of them, and goes on from there when asked again", async () => {
    const { asked, result } = feedOver(pushed, (before) => ({ events: [], nextBeforeSeq: before - 1 }));
    await act(() => result.current.loadOlder());
    expect(asked).toHaveLength(10);
    expect(result.current).toMatchObject({ complete: false, loading: false });
    await act(() => result.current.loadOlder());
    expect(asked[10]).toBe(889);
  });

  it("begins with the newest when nothing was pushed", async () => {
    const empty: EventRow[] = [];
    const { asked, result } = feedOver(empty, () => ({ events: rows(7, 5), nextBeforeSeq: 5 }));
    await act(() => result.current.loadOlder());
    expect(asked).toEqual([Number.MAX_SAFE_INTEGER]);
    expect(result.current.events).toHaveLength(2);
    expect(result.current.complete).toBe(false);
  });
});
