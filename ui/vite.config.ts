import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  clearScreen: false,
  // The fixture shows the snippets of the quick starts, which stand outside.
  server: { port: 5173, strictPort: true, fs: { allow: [".", "../docs/quick-start"] } },
  build: {
    target: "es2022",
    // Under the content security policy nothing may be inlined: fonts and pictures come from the program itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    // Whole views are drawn and typed into; on a busy machine that takes its time.
    testTimeout: 60_000,
    css: false,
  },
});
