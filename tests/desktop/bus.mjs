// What a desktop has on its session bus, for tests: a panel with room for tray icons, and a server that shows notices.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Starts a script beside this file; its lines come one by one. It is there when it says so. */
async function helper(t, name) {
  const process_ = spawn("/usr/bin/python3", [fileURLToPath(new URL(name, import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => process_.kill());
  const lines = createInterface(process_.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  if ((await next()) !== "ready") throw new Error(`${name} did not start`);
  return { next, say: (line) => process_.stdin.write(`${line}\n`), stop: () => process_.kill() };
}

/** A panel; `next` is the name and path of each icon that registers. */
export const panel = (t) => helper(t, "panel.py");

/** A server of notices; `next` is each one, `click` presses one of its buttons. */
export async function notices(t) {
  const { next, say } = await helper(t, "notifications.py");
  return {
    next: async () => ({ ...JSON.parse(await next()), atMs: Date.now() }),
    click: (notice, action) => say(`${notice.id} ${action}`),
  };
}
