import { afterEach, describe, expect, it } from "vitest";
import { useFleetStore } from "./fleetStore";

const KEY = "mission-control.fleet";
const defaults = { grouping: "useCase", sort: { by: "name", descending: false }, layout: "cards" } as const;

/** As if the program started over what is stored. */
async function restartWith(stored: string) {
  useFleetStore.setState(defaults);
  localStorage.setItem(KEY, stored);
  await useFleetStore.persist.rehydrate();
  const { grouping, sort, layout } = useFleetStore.getState();
  return { grouping, sort, layout };
}

describe("how the fleet is looked at", () => {
  afterEach(() => {
    useFleetStore.setState({ ...defaults, filter: "" });
    localStorage.removeItem(KEY);
  });

  it("is remembered over a restart, without the filter", async () => {
    const store = useFleetStore.getState();
    store.setLayout("table");
    store.setGrouping("hub");
    store.setSort({ by: "errorRate", descending: true });
    store.setFilter("fraud");
    const stored = localStorage.getItem(KEY) ?? "";
    expect(stored).not.toContain("fraud");
    expect(await restartWith(stored)).toEqual({
      layout: "table",
      grouping: "hub",
      sort: { by: "errorRate", descending: true },
    });
  });

  it("begins as usual where what is stored is not understood", async () => {
    expect(await restartWith("{")).toEqual(defaults);
    const state = { grouping: "planet", sort: { by: "mass" }, layout: "table" };
    expect(await restartWith(JSON.stringify({ state, version: 0 }))).toEqual({
      ...defaults,
      layout: "table",
    });
  });
});
