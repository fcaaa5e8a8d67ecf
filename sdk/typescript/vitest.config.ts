import { defineConfig } from "vitest/config";

const hub = "test/hub/**/*.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [hub],
        },
      },
      { test: { name: "dom", environment: "jsdom", include: ["src/**/*.test.tsx"] } },
      {
        test: {
          name: "hub",
          environment: "node",
          include: [hub],
          testTimeout: 60_000,
          hookTimeout: 30_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
