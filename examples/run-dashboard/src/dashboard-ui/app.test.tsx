import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { operator, USER } from "../dashboard-state/actor";
import type { Dashboard } from "../dashboard-state/dashboard";
import { MODALS, TABS } from "../dashboard-state/store";
import { fileSource, TURBINES, testDashboard } from "../test-dashboard";
import { App } from "./App";
import { DashboardContext } from "./dashboard-context";

let dashboard: Dashboard;
let user: ReturnType<typeof userEvent.setup>;

beforeEach(() => {
  dashboard = testDashboard();
  user = userEvent.setup();
  const connection = { url: "", token: "", dashboardId: "wind-park", requireSignature: false };
  render(
    <DashboardContext value={{ dashboard, integration: null, connection, connect: () => {} }}>
      <App />
    </DashboardContext>,
  );
});

const ingest = (text = TURBINES) => act(() => dashboard.ingestData(fileSource("turbines.csv", text), USER));

describe("without data", () => {
  test("every tab says what to do", async () => {
    expect(screen.getByText("Mission Control not set up")).toBeTruthy();
    for (const tab of TABS) {
      await user.click(screen.getByTestId(`tab-${tab}`));
      expect(screen.getByTestId(`panel-${tab}`).textContent).not.toBe("");
    }
    await user.click(screen.getByTestId("tab-workflows"));
    expect(screen.getByTestId("start-daily-report")).toHaveProperty("disabled", true);
  });
});

describe("with data", () => {
  beforeEach(() => ingest());

  test("its quality and rows are shown, and a workflow can be started, watched and read", async () => {
    expect(screen.getByTestId("quality-score").textContent).toBe("100.0");
    expect(screen.getByTestId("row-count").textContent).toBe("40");
    await user.click(screen.getByTestId("tab-workflows"));
    await user.click(screen.getByTestId("start-daily-report"));
    await vi.waitFor(() => expect(screen.getByTestId("execution").dataset.state).toBe("completed"));
    await user.click(within(screen.getByTestId("execution")).getByText("Report"));
    expect(screen.getByText("Means by turbine")).toBeTruthy();
  });

  test("no tab and no dialog is a trap for a screen reader", async () => {
    await act(() => dashboard.workflowEnded(dashboard.startWorkflow("profile-data", USER).id));
    await act(() => dashboard.agentEnded(dashboard.executeAgent("data-steward", USER).id));
    const check = async (what: string) => {
      const { violations } = await axe.run(document.body, {
        rules: {
          "color-contrast": { enabled: false },
          region: { enabled: false },
          "page-has-heading-one": { enabled: false },
        },
      });
      expect(violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes[0]?.html}`)).toEqual([]);
    };
    for (const tab of TABS) {
      act(() => void dashboard.navigateTab(tab));
      await check(tab);
    }
    for (const modal of MODALS) {
      act(() => void dashboard.openModal(modal));
      await check(modal);
      act(() => void dashboard.closeAllModals());
    }
  });
});

describe("dialogs", () => {
  test("take the focus, close one at a time by Escape, and give it back", async () => {
    const button = screen.getByText("?");
    await user.click(button);
    expect(document.activeElement).toBe(screen.getByRole("dialog"));
    act(() => void dashboard.openModal("quality"));
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("modal-quality")).toBeNull();
    expect(screen.getByTestId("modal-about")).toBeTruthy();
    await user.keyboard("{Escape}");
    expect(dashboard.state.modals).toEqual([]);
    expect(document.activeElement).toBe(button);
  });

  test("keep what was asked for and the cause when an ingestion fails", async () => {
    await user.click(screen.getAllByText("Ingest data")[0] as HTMLElement);
    await user.type(screen.getByTestId("ingest-address"), "moon");
    await user.click(screen.getByTestId("ingest-address-go"));
    expect(await screen.findByRole("alert")).toHaveProperty("dataset.code", "NO_SOURCE");
    expect(screen.getByTestId("modal-ingest")).toBeTruthy();
  });
});

test("what an operator does is announced, with the operator's name", async () => {
  act(() => {
    const entry = dashboard.beginCommand("NAVIGATE_TAB", "NAVIGATE_TAB data", operator("ada"));
    dashboard.settle(entry, { detail: "done", tone: "normal" });
  });
  expect(screen.getByTestId("operator-toast").textContent).toContain("operator ada");
  await user.click(screen.getByTestId("tab-activity"));
  await user.click(screen.getByText("Operators"));
  expect(screen.getAllByTestId("activity-entry")).toHaveLength(1);
});

test("notices are text, whatever is in them, and go when they are dismissed", async () => {
  act(() =>
    dashboard.notify({
      tone: "serious",
      title: "<b>Storm</b>",
      message: "<img src=x>",
      from: "Mission Control",
    }),
  );
  const notice = screen.getByTestId("notice");
  expect(notice.textContent).toContain("<b>Storm</b> <img src=x>");
  await user.click(within(notice).getByText("Dismiss"));
  expect(screen.queryByTestId("notice")).toBeNull();
});

test("torn rows are named", async () => {
  await ingest(`${TURBINES}a\n`);
  await user.click(screen.getByTestId("tab-data"));
  expect(screen.getByTestId("row-problems").textContent).toContain(
    "Row 42, power: it has 1 fields instead of 2.",
  );
});
