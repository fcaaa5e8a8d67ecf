import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderApp } from "../../test/renderApp";

const cards = () => within(screen.getByRole("listbox", { name: "Dashboards" }));
const selected = () =>
  cards()
    .getAllByRole("option", { selected: true })
    .map((card) => card.dataset.testid);

describe("the fleet", () => {
  it("shows every dashboard under its group, and first the one that most needs it", async () => {
    await renderApp("live");
    expect(screen.getByTestId("fleet-summary").textContent).toBe(
      "24 dashboards · 19 online · 1 stale · 4 cached",
    );
    expect(screen.getByTestId("group-Energy dataset")).toBeTruthy();
    const card = screen.getByTestId("card-dash-0003");
    expect(card.dataset.status).toBe("critical");
    expect(card.textContent).toContain("s ago");
    expect(selected()).toEqual(["card-dash-0003"]);
    expect(within(screen.getByTestId("side-panel")).getByText("energy-grid")).toBeTruthy();
  });

  it("marks what is stale and what is cached", async () => {
    await renderApp("live");
    expect(screen.getByTestId("card-dash-0008").textContent).toMatch(/stale 2 min/);
    expect(screen.getByTestId("card-dash-0017").textContent).toMatch(/cached \d\d:\d\d/);
  });

  it("selects with the mouse and the keyboard, and opens", async () => {
    const { user } = await renderApp("live");
    await user.click(screen.getByTestId("card-dash-0001"));
    expect(selected()).toEqual(["card-dash-0001"]);
    await user.keyboard("{Control>}");
    await user.click(screen.getByTestId("card-dash-0005"));
    await user.keyboard("{/Control}");
    expect(selected().sort()).toEqual(["card-dash-0001", "card-dash-0005"]);
    expect(screen.getByTestId("selected-count").textContent).toBe("2 dashboards");
    await user.keyboard("j");
    expect(selected()).toHaveLength(1);
    await user.keyboard("J");
    expect(selected()).toHaveLength(2);
    await user.keyboard("{Enter}");
    expect(window.location.hash).toMatch(/^#\/dashboard\/.*\/overview$/);
  });

  it("offers no command for a dashboard that takes none, and says why", async () => {
    const { user } = await renderApp("cached");
    await user.click(screen.getByTestId("card-dash-0001"));
    const palette = screen.getByTestId("open-palette");
    expect(palette.getAttribute("aria-disabled")).toBe("true");
    await user.hover(palette);
    expect((await screen.findByRole("tooltip")).textContent).not.toBe("");
    await user.click(palette);
    expect(screen.queryByTestId("palette")).toBeNull();
  });

  it("is filtered by the words typed, and says when nothing passes", async () => {
    const { user } = await renderApp("live");
    await user.keyboard("/");
    await user.keyboard("fraud wire");
    await screen.findByTestId("group-Fraud watch");
    await waitFor(() => expect(cards().getAllByRole("option")).toHaveLength(1));
    await user.keyboard(" nonsense");
    expect(await screen.findByTestId("fleet-filtered-empty")).toBeTruthy();
    await user.click(screen.getByText("Clear the filter"));
    expect(await screen.findByTestId("card-dash-0001")).toBeTruthy();
  });

  it("is a table that sorts by its columns", async () => {
    const { user } = await renderApp("live");
    await user.click(screen.getByTestId("fleet-layout-table"));
    await user.selectOptions(screen.getByTestId("fleet-grouping"), "none");
    await user.click(screen.getByTestId("sort-errorRate"));
    const header = screen.getByTestId("sort-errorRate").closest("[role=columnheader]");
    expect(header?.getAttribute("aria-sort")).toBe("descending");
    const rows = await screen.findAllByTestId(/^row-/);
    expect(rows[0]?.dataset.testid).toBe("row-dash-0003");
    fireEvent.doubleClick(screen.getByTestId("row-dash-0003"));
    expect(window.location.hash).toContain("dash-0003");
  });

  it("says how a dashboard joins when there is none", async () => {
    await renderApp("empty");
    expect((await screen.findByTestId("fleet-empty")).textContent).toContain("/v1/dashboard");
  });

  it("says that it is connecting", async () => {
    await renderApp("connecting");
    expect(screen.getByTestId("fleet-connecting").textContent).toContain("This workstation");
    expect(screen.getByTestId("live-mark").textContent).toBe("Connecting");
  });

  it("says why it cannot be shown", async () => {
    await renderApp("error");
    expect((await screen.findByTestId("view-error")).textContent).toContain("disk is full");
  });

  it("shows hostile text as text", async () => {
    await renderApp("live", "", (platform) => {
      const card = platform.world.cards[0];
      if (card) card.name = "<img src=x onerror=alert(1)>\u202eevil";
    });
    expect(screen.getByTestId("card-dash-0001").textContent).toContain("<img src=x onerror=alert(1)>evil");
    expect(document.querySelector("img")).toBeNull();
  });
});
