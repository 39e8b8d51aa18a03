// Starts the real app under tauri-driver, drives native dialogs, keeps screenshots. Runs inside the desktop that `cargo xtask test desktop` makes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Session, until } from "./webdriver.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
export const SCREENS = join(root, "target/screens");
export const APP = process.env.SLIPWAY_DESKTOP ?? join(root, "target/debug/slipway-desktop");
const DRIVER = process.env.TAURI_DRIVER ?? join(root, "target/tools/bin/tauri-driver");
mkdirSync(SCREENS, { recursive: true });

/** Runs a test's body; when it fails, keeps what was on the screen. */
export const watched = (name, body) => async (t) => {
  try {
    await body(t);
  } catch (error) {
    await screen(`failed-${name}`);
    throw error;
  }
};

/** A folder for one test, with a data folder in it. `looks` are the window's own settings. */
export function scratch(looks = {}) {
  const folder = mkdtempSync(join(tmpdir(), "slipway-desktop-"));
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, "looks.json"), JSON.stringify({ looks: { theme: "light", language: "en", ...looks }, close_hint_shown: false }));
  return { folder, data, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A file that takes no room on the disk and has bytes that differ from place to place. */
export function video(folder, name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, `a film by the name of ${name}`);
  truncateSync(path, bytes);
  return path;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The app with its window, driven. `environment` is added to that of the test. */
export async function open(data, { args = [], environment = {} } = {}) {
  const [port, native] = [await freePort(), await freePort()];
  const driver = spawn(DRIVER, ["--port", String(port), "--native-port", String(native)], {
    env: { ...process.env, ...environment, SLIPWAY_DATA_DIR: data },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const address = `http://127.0.0.1:${port}`;
  try {
    await until("tauri-driver", () => fetch(`${address}/status`).then((answer) => answer.ok));
    const session = await Session.start(address, APP, args);
    await session.find("nav");
    return new App(session, driver, data);
  } catch (error) {
    driver.kill();
    throw error;
  }
}

export class App {
  constructor(session, driver, data) {
    this.session = session;
    this.driver = driver;
    this.data = data;
  }

  /** Asks the shell, as the page would. */
  async invoke(command, request) {
    const [ok, value] = await this.session.run(
      "return window.__TAURI_INTERNALS__.invoke(arguments[0], { request: arguments[1] }).then((answer) => [true, answer ?? null], (failure) => [false, failure])",
      command,
      request ?? {},
    );
    if (!ok) throw new Error(`${command}: ${JSON.stringify(value)}`);
    return value;
  }

  /** The app's process: below WebKit's driver, which is below tauri-driver. */
  async pid() {
    return until("the app's process", () => below(this.driver.pid).find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] === APP));
  }

  /** The only upload there is. */
  async upload() {
    const { rows } = await this.invoke("queue_window", { offset: 0, limit: 10 });
    if (rows.length !== 1) throw new Error(`${rows.length} uploads`);
    return rows[0].live;
  }

  /** Puts a file on its way to a local folder, at this speed: the file comes by another start of the app. */
  async send(film, folder, bytesPerSecond) {
    await this.invoke("limit_set", { bytes_per_second: bytesPerSecond });
    const account = await this.invoke("account_add", { platform: "folder", label: "here", settings: { path: folder }, secrets: {}, check: true });
    await start(this.data, [film]).ended;
    const [offered] = await until("the file", async () => {
      const files = await this.invoke("files_offered");
      return files.length > 0 && files;
    });
    await this.invoke("manuscripts_add", { files: [offered.file], accounts: [account.id], fields: { title: "Film" } });
  }

  async shot(name) {
    writeFileSync(join(SCREENS, `${name}.png`), await this.session.screenshot());
  }

  /** Ends the window and its driver, whatever state they are in. */
  async end() {
    if (this.driver.exitCode !== null || this.driver.signalCode !== null) return;
    const started = below(this.driver.pid);
    await this.session.end().catch(() => {});
    const gone = once(this.driver, "exit");
    this.driver.kill();
    await gone;
    // Where the driver's end came before the app's, nobody else would end it, and what it holds open would keep the whole run waiting.
    const there = () => started.filter((pid) => existsSync(`/proc/${pid}`));
    await until("the app's end", () => there().length === 0).catch(() => {});
    for (const pid of there()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it has gone by itself
      }
    }
  }
}

/** Starts the app without a driver; its end can be awaited. */
export function start(data, args = [], environment = {}) {
  const process_ = spawn(APP, args, { env: { ...process.env, ...environment, SLIPWAY_DATA_DIR: data }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  process_.stderr.on("data", (chunk) => (said += chunk));
  const ended = once(process_, "exit").then(([code, signal]) => ({ code, signal, said }));
  return { process: process_, ended };
}

/** What the log says when everything has ended in order. */
export const CLEAN_END = /the engine has stopped clean=true/;

export const logOf = (data) =>
  readdirSync(join(data, "logs"))
    .map((name) => readFileSync(join(data, "logs", name), "utf8"))
    .join("");

/** Ends a process that a failed test left behind. */
export function endAfter(t, ...started) {
  t.after(() => started.forEach(({ process: one }) => one.exitCode === null && one.kill("SIGKILL")));
}

/** Waits for the end, but not for ever. */
export const within = (ms, ended) => Promise.race([ended, new Promise((_, fail) => setTimeout(() => fail(new Error(`no end within ${ms} ms`)), ms).unref())]);

/** The command line, on the same data as the app. */
export async function slipway(data, ...args) {
  return (await run(process.env.SLIPWAY, args, { env: { ...process.env, HOME: join(data, ".."), SLIPWAY_DATA_DIR: data } })).stdout;
}

/** The ids of windows with this title that stand on the taskbar and not on the screen. */
export async function minimized(title) {
  const { stdout } = await run("xdotool", ["search", "--name", title]).catch(() => ({ stdout: "" }));
  const states = stdout.trim().split("\n").filter(Boolean).map(async (id) => ({ id, said: (await run("xprop", ["-id", id, "WM_STATE"]).catch(() => ({ stdout: "" }))).stdout }));
  return (await Promise.all(states)).filter(({ said }) => said.includes("Iconic")).map(({ id }) => id);
}
export const windowMinimized = (title, withinMs) => until(`a window '${title}' on the taskbar`, async () => (await minimized(title))[0], withinMs);

/** The ids of shown windows whose title holds this text. */
export async function windows(title) {
  try {
    const { stdout } = await run("xdotool", ["search", "--onlyvisible", "--name", title]);
    return stdout.trim().split("\n").filter(Boolean);
  } catch {
    return []; // none: xdotool answers with a status
  }
}

export const windowShown = (title, withinMs) => until(`a window '${title}'`, async () => (await windows(title))[0], withinMs);
export const windowGone = (title, withinMs) => until(`no window '${title}'`, async () => (await windows(title)).length === 0, withinMs);

/** Presses keys in a window, as a user would. */
export async function press(window, ...keys) {
  await run("xdotool", ["windowactivate", "--sync", window, "key", "--clearmodifiers", ...keys]);
}
export async function type(window, text) {
  await run("xdotool", ["windowactivate", "--sync", window, "type", "--delay", "5", text]);
}

/** The whole screen, with what is drawn outside of the page. */
export async function screen(name) {
  await run("import", ["-window", "root", join(SCREENS, `${name}.png`)]);
}

/** A process and all below it. */
export function below(parent) {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ").filter(Boolean);
  return [Number(parent), ...children.flatMap(below)];
}

/** Proportional memory of a process and all below it, in MiB, each by its name. */
export function memory(pid) {
  return below(pid).map((one) => {
    const name = readFileSync(`/proc/${one}/comm`, "utf8").trim();
    const [, kib] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"));
    return { name, mib: Math.round(Number(kib) / 1024) };
  });
}
