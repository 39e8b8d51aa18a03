import { defineConfig } from "vite";

/** `--mode fake` builds the same window on a backend in memory, for browser tests and for a look without the engine. */
export default defineConfig(({ mode }) => ({
  base: "./",
  clearScreen: false,
  server: { port: 1420, strictPort: true, fs: { allow: [".."] } },
  build: {
    target: "es2022",
    outDir: mode === "fake" ? "dist-fake" : "dist",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // A data: address would be a style from elsewhere; every asset is a file.
    assetsInlineLimit: 0,
  },
}));
