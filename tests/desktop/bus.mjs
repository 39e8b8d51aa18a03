// What a desktop has on its buses, for tests: a panel with room for tray icons and its menu, a dock, a server that shows notices, and logind.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "./webdriver.mjs";

const run = promisify(execFile);
/** What the bus calls a menu's own, unseen label. */
const ROOT = "Label Empty";

/** Starts a script beside this file; its lines come one by one. It is there when it says so. */
async function helper(t, name, ...args) {
  const process_ = spawn("/usr/bin/python3", [fileURLToPath(new URL(name, import.meta.url)), ...args], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => process_.kill());
  const lines = createInterface(process_.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  if ((await next()) !== "ready") throw new Error(`${name} did not start`);
  const stop = async () => {
    const gone = once(process_, "exit");
    process_.kill();
    await gone;
  };
  return { next, say: (line) => process_.stdin.write(`${line}\n`), stop };
}

/** A panel; `next` is the name and path of each icon that registers. */
export const panel = (t) => helper(t, "panel.py");

/** A dock; `next` is each progress that it is told. */
export async function dock(t) {
  const { next } = await helper(t, "launcher.py");
  return { next: async () => JSON.parse(await next()) };
}

/** A server of notices; `next` is each one, `click` presses one of its buttons. */
export async function notices(t) {
  const { next, say } = await helper(t, "notifications.py");
  return {
    next: async () => ({ ...JSON.parse(await next()), atMs: Date.now() }),
    click: (notice, action) => say(`${notice.id} ${action}`),
  };
}

/** Another bus. */
async function bus(t) {
  const daemon = spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => daemon.kill());
  const [address] = await once(createInterface(daemon.stdout), "line");
  return address;
}

/** logind on a bus of its own, for `DBUS_SYSTEM_BUS_ADDRESS`; `next` is what would end the day. */
export async function logind(t) {
  const address = await bus(t);
  const { next } = await helper(t, "logind.py", address);
  return { address, next };
}

/** A property of a tray icon, as the panel reads it. */
export async function property(name, path, of) {
  const { stdout } = await run("gdbus", ["call", "--session", "--dest", name, "--object-path", path, "--method", "org.freedesktop.DBus.Properties.Get", "org.kde.StatusNotifierItem", of]);
  return /'([^']*)'/.exec(stdout)[1];
}

/** The tray's menu, over the bus. */
export class Menu {
  constructor(name, path) {
    this.call = async (method, ...args) =>
      (await run("gdbus", ["call", "--session", "--dest", name, "--object-path", path, "--method", `com.canonical.dbusmenu.${method}`, "--", ...args])).stdout;
  }
  /** The menu of the icon that a panel has heard of. */
  static async of(icon) {
    const [name, path] = icon.split(" ");
    return new Menu(name, await property(name, path, "Menu"));
  }
  /** Each item's id, label and mark, in order; those of lists within as well. */
  async items() {
    const layout = await this.call("GetLayout", "0", "-1", "['label', 'toggle-state']");
    return [...layout.matchAll(/\((\d+), \{([^}]*)\}/g)].map(([, id, told]) => ({
      id,
      label: (/'label': <'([^']*)'>/.exec(told)?.[1] ?? "").replaceAll("_", "").replaceAll("\u00a0", " "),
      marked: /'toggle-state': <1>/.test(told),
    }));
  }
  async labels() {
    return (await this.items()).map(({ label }) => label).filter((label) => label.trim() && label !== ROOT);
  }
  async marked() {
    return (await this.items()).filter(({ marked }) => marked).map(({ label }) => label);
  }
  async click(label) {
    const { id } = await until(`a menu item '${label}'`, async () => (await this.items()).find((item) => item.label === label));
    await this.call("Event", id, "clicked", "<''>", "0");
  }
}
