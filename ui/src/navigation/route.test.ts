import { expect, it } from "vitest";
import { formatRoute, parseRoute, type Route, routeOf } from "./route";

const dashboard = { hub: "0193a1b2-5c44-7c1e-9d3a-7a5d2f60c001", dashboardId: "ops:energy.north_7" };
const routes: Route[] = [
  { view: "fleet" },
  { view: "dashboard", dashboard, section: "workflows" },
  { view: "dashboard", dashboard, section: "configuration" },
  { view: "alerts", alertId: null },
  { view: "alerts", alertId: "a/b c" },
  { view: "events", query: "", record: null },
  { view: "events", query: 'kind:event "a & b" #1', record: { hub: dashboard.hub, seq: 41 } },
  { view: "metrics" },
  { view: "commands", targets: [], type: null, commandId: null },
  {
    view: "commands",
    targets: [dashboard, { hub: "x", dashboardId: "y" }],
    type: "INGEST_DATA",
    commandId: "1",
  },
  { view: "connect", hub: null },
  { view: "connect", hub: dashboard.hub },
  { view: "settings" },
];

it.each(routes.map((route) => [formatRoute(route), route] as const))(
  "%s leads where it says",
  (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  },
);

it.each(["", "#", "#/", "#/nowhere", "#/dashboard", "#/dashboard/only-a-hub"])(
  "%s leads to the fleet",
  (hash) => {
    expect(parseRoute(hash)).toEqual({ view: "fleet" });
  },
);

it("an unknown section is the overview", () => {
  expect(parseRoute("#/dashboard/h/d/nothing")).toMatchObject({ view: "dashboard", section: "overview" });
});

it("goes where a notification leads", () => {
  expect(routeOf({ kind: "alert", alertId: "7" })).toEqual({ view: "alerts", alertId: "7" });
  expect(routeOf({ kind: "view", name: "settings" })).toEqual({ view: "settings" });
  expect(routeOf({ kind: "dashboard", dashboard, section: "events" })).toMatchObject({ section: "events" });
});
