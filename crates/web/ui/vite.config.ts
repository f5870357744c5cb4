// Owns how the page is built: to dist/, below /owa/, without anything inline (the page's policy is
// `default-src 'self'; style-src 'self'`), and how the tests below test/unit are run.
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/owa/",
  build: {
    outDir: "dist",
    target: "es2022",
    // Inlined assets would be data: URLs, which the policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["test/unit/**/*.test.ts"], environment: "node" },
});
