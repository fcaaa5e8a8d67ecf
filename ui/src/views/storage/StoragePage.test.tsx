import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { EMBEDDED } from "../../platform/fixture/world";
import { renderApp } from "../../test/renderApp";

describe("the storage page", () => {
  it("shows what a log comes to, by what it is for and by kind", async () => {
    await renderApp("live", "#/storage");
    expect((await screen.findByTestId("storage-records")).textContent).toBe("482,117");
    expect(screen.getByTestId("storage-summary").dataset.status).toBe("normal");
    expect(screen.getByTestId("storage-kind-EVENT").textContent).toContain("9 days");
    expect(screen.getByText("Sealed segments, word filters")).toBeTruthy();
  });

  it("checks on demand, with progress, and says what was found", async () => {
    const { user } = await renderApp("live", "#/storage");
    await user.click(await screen.findByTestId("storage-check"));
    await waitFor(() => expect(screen.getByTestId("storage-work").dataset.state).toBe("running"));
    await waitFor(
      () => expect(screen.getByTestId("last-check").textContent).toContain("Everything is whole"),
      {
        timeout: 5_000,
      },
    );
  });

  it("backs up to the file that is named, and says why it could not", async () => {
    const { platform, user } = await renderApp("live", "#/storage");
    await user.click(await screen.findByTestId("storage-backup"));
    const message = "/tmp/x exists already; choose another name, nothing is overwritten.";
    platform.failures.start_storage_work = { code: "invalidInput", message, problems: [] };
    const file = screen.getByTestId("storage-file");
    await user.clear(file);
    await user.type(file, "/tmp/x");
    await user.click(screen.getByTestId("storage-file-confirm"));
    expect((await screen.findByTestId("request-error")).textContent).toContain("exists already");
    delete platform.failures.start_storage_work;
    await user.click(screen.getByTestId("storage-file-confirm"));
    await waitFor(() => expect(screen.queryByTestId("storage-file-dialog")).toBeNull());
    const sent = platform.sent.filter((one) => one.name === "start_storage_work").at(-1);
    expect(sent?.args).toEqual({ hub: EMBEDDED, task: { kind: "backup", file: "/tmp/x" } });
  });

  it("shows what a choice drops before it is in force", async () => {
    const { platform, user } = await renderApp("live", "#/storage");
    const days = await screen.findByTestId("keep-days");
    expect(screen.getByTestId("preview-retention").getAttribute("aria-disabled")).toBe("true");
    await user.clear(days);
    await user.type(days, "90");
    await user.click(screen.getByTestId("preview-retention"));
    expect((await screen.findByTestId("retention-dialog")).textContent).toContain("1.2 M events");
    expect(platform.sent.some((one) => one.name === "save_retention")).toBe(false);
    await user.click(screen.getByTestId("save-retention"));
    await waitFor(() => expect(screen.queryByTestId("retention-dialog")).toBeNull());
    const sent = platform.sent.find((one) => one.name === "save_retention");
    expect(sent?.args).toMatchObject({ request: { hub: EMBEDDED, retention: { keepDays: 90 } } });
  });
});
