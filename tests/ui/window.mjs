// Opens the built window on its fake backend in a real browser, under the policy the product has. Knows nothing of what is tested.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

// The packages are the window's own.
const require = createRequire(new URL("../../ui/package.json", import.meta.url));
const { chromium } = require("playwright-core");
export const axePath = require.resolve("axe-core/axe.min.js");

const built = fileURLToPath(new URL("../../ui/dist-fake/", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
/** The policy of the product: nothing inline, nothing from elsewhere. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src ipc: http://ipc.localhost; font-src 'self'; base-uri 'none'; form-action 'none'";

export async function serve() {
  const server = createServer(async (request, answer) => {
    if (request.url === "/favicon.ico") return answer.writeHead(204).end();
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(built, path === "/" ? "index.html" : path);
    try {
      const body = await readFile(file);
      answer.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY });
      answer.end(body);
    } catch {
      answer.writeHead(404);
      answer.end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => new Promise((closed) => server.close(closed)) };
}

/** One browser and one server for a file of tests. */
export async function begin() {
  const server = await serve();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  return {
    /** A window at `query`. What it complains of is kept in `page.complaints`: broken policy, thrown errors. */
    async open(query = "", { width = 1200, height = 780, zoom = 1, theme = "light", locale = "en-US", clock = null } = {}) {
      const context = await browser.newContext({
        // Zoom leaves fewer CSS pixels in the same window.
        viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
        deviceScaleFactor: zoom,
        colorScheme: theme,
        locale,
        timezoneId: "Europe/Berlin",
        reducedMotion: "reduce",
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const page = await context.newPage();
      page.complaints = [];
      page.on("pageerror", (error) => page.complaints.push(String(error)));
      page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
      if (clock) await page.clock.setFixedTime(clock);
      await page.goto(`${server.address}${query}`);
      await page.waitForSelector(".screen > *");
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Waits until `assertion` holds: the window draws with the next frame, not within the key or the click. */
export async function until(assertion) {
  const last = Date.now() + 10_000;
  for (;;) {
    try {
      return await assertion();
    } catch (unmet) {
      if (Date.now() > last) throw unmet;
      await new Promise((later) => setTimeout(later, 20));
    }
  }
}

/** What axe finds, a line each. */
export async function findings(page) {
  await page.evaluate(await readFile(axePath, "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}
