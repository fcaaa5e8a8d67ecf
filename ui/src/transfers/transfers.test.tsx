import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { renderApp } from "../test/renderApp";

const started = (platform: Awaited<ReturnType<typeof renderApp>>["platform"]) =>
  platform.sent.filter((one) => one.name === "start_export").map((one) => one.args);

describe("an export", () => {
  test("is of what the search finds, goes on when the dialog is closed, and is cancelled from the bar", async () => {
    const { platform, user } = await renderApp("live", "#/events?q=severity%3E%3Derror");
    await user.click(await screen.findByTestId("export-records"));
    const path = (await screen.findByTestId("export-path")) as HTMLInputElement;
    await waitFor(() => expect(path.value).toMatch(/events.*\.csv$/));
    await user.click(screen.getByTestId("export-format-ndjson"));
    await waitFor(() => expect(path.value).toMatch(/\.ndjson$/));
    await user.click(screen.getByTestId("export-confirm"));
    await screen.findByTestId("transfer-1");
    expect(started(platform)).toEqual([
      {
        request: {
          subject: {
            kind: "records",
            scope: expect.objectContaining({ query: "severity>=error", hubs: [], until: null }),
          },
          format: "ndjson",
          path: path.value,
          replace: false,
        },
      },
    ]);
    await user.click(screen.getByTestId("export-close"));
    const mark = await screen.findByTestId("transfer-mark");
    expect(mark.textContent).toContain("Export 41 %");
    await user.click(mark);
    const list = await screen.findByTestId("transfer-list");
    await user.click(within(list).getByTestId("transfer-cancel"));
    await waitFor(() => expect(within(list).getByTestId("transfer-text").textContent).toContain("Cancelled"));
    await user.click(within(list).getByTestId("transfer-dismiss"));
    await waitFor(() => expect(screen.queryByTestId("transfer-mark")).toBeNull());
  });

  test("as an archive is of one hub, which must be chosen", async () => {
    const { platform, user } = await renderApp("live", "#/events");
    await user.click(await screen.findByTestId("export-records"));
    await user.click(await screen.findByTestId("export-format-archive"));
    expect(screen.getByTestId("export-confirm").getAttribute("aria-disabled")).toBe("true");
    await user.selectOptions(screen.getByTestId("export-hub"), "ops-hub");
    await user.click(screen.getByTestId("export-confirm"));
    await screen.findByTestId("transfer-1");
    expect(started(platform)).toHaveLength(1);
  });

  test("that is refused says why, and can be mended", async () => {
    const { user } = await renderApp("live", "#/events", (platform) => {
      platform.failures.start_export = {
        code: "invalidInput",
        message: "File: there is no such folder; choose one that is there.",
        problems: [],
      };
    });
    await user.click(await screen.findByTestId("export-records"));
    await waitFor(() => expect((screen.getByTestId("export-path") as HTMLInputElement).value).not.toBe(""));
    await user.click(screen.getByTestId("export-confirm"));
    await screen.findByText(/there is no such folder/);
    expect(screen.getByTestId("export-path")).toBeTruthy();
  });
});

describe("an archive", () => {
  test("is imported from the settings, shown among the hubs, and never as connected", async () => {
    const { user } = await renderApp("live", "#/settings");
    await user.click(await screen.findByTestId("import-archive"));
    await user.type(screen.getByTestId("import-path"), "/home/okafor/incident.mcarchive");
    await user.click(screen.getByTestId("import-confirm"));
    await waitFor(() => expect(screen.getByTestId("transfer-text").textContent).toContain("48,210 records"));
    await user.click(screen.getByTestId("import-close"));
    const panel = await screen.findByTestId("hub-Archive of plant-hub");
    expect(panel.dataset.state).toBe("archive");
    expect(panel.textContent).toContain("never connected");
    expect(screen.queryByTestId("cached-banner-Archive of plant-hub")).toBeNull();
    await user.click(screen.getByTestId("hub-remove-Archive of plant-hub"));
    const dialog = await screen.findByTestId("remove-hub-dialog");
    expect(dialog.textContent).toContain("stays where it is");
  });
});
