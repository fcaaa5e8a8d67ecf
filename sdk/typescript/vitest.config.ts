import { defineConfig } from "vitest/config";

const hub = "test/hub/**/*.test.ts";
const browser = "test/browser/**/*.test.ts";

/** Real programs, one test file at a time. */
const whole = { environment: "node", testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [hub, browser],
        },
      },
      { test: { name: "dom", environment: "jsdom", include: ["src/**/*.test.tsx"] } },
      { test: { ...whole, name: "hub", include: [hub] } },
      { test: { ...whole, name: "browser", include: [browser] } },
    ],
  },
});
