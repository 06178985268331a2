import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,sdk,dashboard}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 20_000,
  },
});
