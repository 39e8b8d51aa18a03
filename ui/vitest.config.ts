import { defineConfig } from "vitest/config";

/** Decisions are tested without a document; the document has its tests in a browser. */
export default defineConfig({ test: { include: ["src/**/*.test.ts"], environment: "node" } });
