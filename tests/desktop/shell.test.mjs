// What the shell promises around the window: how it starts, closes, quits, and what a page may not do.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { below, open, press, scratch, screen, start, video, watched, windowGone, windows, windowShown } from "./app.mjs";
import { panel } from "./bus.mjs";
import { until } from "./webdriver.mjs";

const run = promisify(execFile);
/** What the bus calls a menu's own, unseen label. */
const ROOT = "Label Empty";
const CLEAN_END = /the engine has stopped clean=true/;
const NOBODY = "unix:path=/nowhere";

const logOf = (data) =>
  readdirSync(join(data, "logs"))
    .map((name) => readFileSync(join(data, "logs", name), "utf8"))
    .join("");

/** Ends a process that a failed test left behind. */
function endAfter(t, ...started) {
  t.after(() => started.forEach(({ process: one }) => one.exitCode === null && one.kill("SIGKILL")));
}

/** Waits for the end, but not for ever. */
const within = (ms, ended) => Promise.race([ended, new Promise((_, fail) => setTimeout(() => fail(new Error(`no end within ${ms} ms`)), ms).unref())]);

test("a data folder in use is told in a sentence and ends with status 4", watched("locked", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const first = start(data, [], { HOME: folder });
  endAfter(t, first);
  await windowShown("^Slipway$");
  // Without a bus the second start cannot hand over: the lock of the data folder answers.
  const second = start(data, [], { HOME: folder, DBUS_SESSION_BUS_ADDRESS: NOBODY });
  endAfter(t, second);
  const dialog = await windowShown("Slipway could not start");
  await screen("locked");
  await press(dialog, "Return");
  assert.equal((await within(5_000, second.ended)).code, 4);
  first.process.kill("SIGTERM");
  assert.equal((await within(3_000, first.ended)).code, 0);
}));

test("a queue of a newer version is refused in a sentence, in the user's language", watched("newer", async (t) => {
  const { folder, data, remove } = scratch({ language: "ja" });
  t.after(remove);
  const first = start(data, [], { HOME: folder });
  endAfter(t, first);
  await windowShown("^Slipway$");
  first.process.kill("SIGTERM");
  await within(3_000, first.ended);
  // SQLite keeps `user_version` in four bytes at offset 60 of its file.
  const file = openSync(join(data, "queue.db"), "r+");
  writeSync(file, Buffer.from([0, 0, 0x27, 0x0f]), 0, 4, 60);
  closeSync(file);
  const second = start(data, [], { HOME: folder });
  endAfter(t, second);
  const dialog = await windowShown("Slipway を起動できません");
  await screen("newer-ja");
  await press(dialog, "Return");
  assert.equal((await within(5_000, second.ended)).code, 4);
}));

test("closing the window quits where no tray shows the way back", watched("no-tray", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  const window = await windowShown("^Slipway$");
  await press(window, "alt+F4");
  assert.equal((await within(5_000, app.ended)).code, 0);
  assert.match(logOf(data), CLEAN_END);
}));

test("a start without a window shows it all the same where there is no tray", watched("hidden", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const app = start(data, ["--hidden"], { HOME: folder });
  endAfter(t, app);
  await windowShown("^Slipway$", 40_000);
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("closing goes to the tray, says so once, and the tray opens and quits", watched("tray", async (t) => {
  const tray = await panel(t);

  const { folder, data, remove } = scratch();
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  const [name, path] = (await tray.next()).split(" ");
  const menu = new Menu(name, await property(name, path, "Menu"));
  assert.deepEqual(await menu.labels(), ["Nothing to send", "Open Slipway", "Add files…", "Pause all", "Pause for 1 hour", "Turtle, 500 kB/s", "Quit"]);

  const window = await windowShown("^Slipway$");
  await press(window, "alt+F4");
  await until("the hint", async () => (await windows("^Slipway$")).length === 2);
  await screen("close-hint");
  const [hint] = (await windows("^Slipway$")).filter((one) => one !== window);
  await press(hint, "Return"); // 'Keep sending'
  await windowGone("^Slipway$");

  await menu.click("Open Slipway");
  await press(await windowShown("^Slipway$"), "alt+F4");
  await windowGone("^Slipway$"); // no second hint

  // Another start brings the window back, and its file with it.
  await app.send(video(folder, "film.mp4", 200_000_000), join(folder, "out"), 4_000_000);
  await windowShown("^Slipway$");
  await until("a menu that says how long it takes", async () => /MB\/s, .* left/.test((await menu.labels())[0]));
  await menu.click("Pause all");
  await until("an upload on hold", async () => (await app.upload()).intent === "hold");
  await menu.click("Resume all");
  await until("an upload that runs", async () => (await app.upload()).intent === "run");

  await menu.click("Pause for 1 hour");
  await until("a queue that rests", async () => /^Paused until .*, in (1 h|59 min)/.test((await menu.labels())[0]));
  const { wait } = await until("an upload that says until when", async () => {
    const live = await app.upload();
    return live.wait?.reason === "paused" && live;
  });
  assert.ok(wait.until_ms - Date.now() > 59 * 60_000 - 10_000);
  await menu.click("Resume all");
  await until("an upload that runs", async () => (await app.upload()).wait === null);
  await menu.click("Turtle, 500 kB/s");
  await until("a turtle", async () => (await app.invoke("speed")).turtle.on);
  await menu.click("Add files…");
  await press(await windowShown("Choose videos"), "Escape");

  await menu.click("Quit");
  await until("the log of a clean end", () => CLEAN_END.test(logOf(data)), 3_000);
}));

test("a signal ends a sending app within three seconds, and it goes on at the next start", watched("signal", async (t) => {
  const { folder, data, remove } = scratch();
  const film = video(folder, "film.mp4", 200_000_000);
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  await app.send(film, join(folder, "out"), 8_000_000);
  const { held_bytes } = await until("acknowledged bytes", async () => {
    const live = await app.upload();
    return live.held_bytes > 0 && live;
  });
  process.kill(await app.pid(), "SIGTERM");
  await until("the log of a clean end", () => CLEAN_END.test(logOf(data)), 3_000);
  await app.end();

  const again = await open(data, { environment: { HOME: folder } });
  t.after(() => again.end());
  assert.ok((await again.upload()).held_bytes >= held_bytes, "what was acknowledged is kept");
  await again.invoke("limit_set", { bytes_per_second: null });
  await until("a published upload", async () => (await again.upload()).phase === "published");
}));

test("a page whose process dies is drawn again", watched("page-death", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  const page = () => below(app.process.pid).find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("WebKitWeb"));
  const first = await until("a page that has lived long enough", async () => {
    const pid = page();
    return pid !== undefined && ageMs(pid) > 6_000 && pid;
  });
  process.kill(first, "SIGKILL");
  await until("another page", async () => ![undefined, first].includes(page()));
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("a page can do nothing but what the list of commands has", watched("page", async (t) => {
  const { folder, data, remove } = scratch();
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  for (const command of [
    "plugin:fs|read_text_file",
    "plugin:dialog|open",
    "plugin:opener|open_url",
    "plugin:store|load",
    "plugin:event|emit",
    "plugin:window|set_title",
    "plugin:webview|create_webview_window",
    "plugin:app|exit",
    "files_offer",
  ]) {
    const refused = await app.session.run(
      "return window.__TAURI_INTERNALS__.invoke(arguments[0], { path: '/etc/passwd', url: 'https://example.com', request: ['/etc/passwd'] }).then(() => null, String)",
      command,
    );
    assert.match(refused ?? "it was obeyed", /not allowed|not found|denied|Command/i, command);
  }
  const out = await app.session.run(`
    const broken = [];
    document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.wrong = true";
    document.body.append(script);
    const style = document.createElement("style");
    style.textContent = "body { display: none }";
    document.head.append(style);
    return fetch("https://example.com/").then(() => "sent", () => "refused").then(async (fetched) => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return { fetched, wrong: window.wrong ?? null, shown: getComputedStyle(document.body).display !== "none", broken };
    });`);
  assert.equal(out.fetched, "refused");
  assert.equal(out.wrong, null, "an inline script does not run");
  assert.ok(out.shown, "an inline style does not apply");
  assert.ok(out.broken.includes("connect-src"), JSON.stringify(out.broken));
  assert.equal(await app.session.run("try { Object.prototype.polluted = 1 } catch {} return ({}).polluted ?? null"), null);
  await app.session.run("location.href = 'https://example.com/'");
  assert.match(await app.session.run("return location.href"), /^tauri:\/\/localhost/, "the window goes nowhere else");
}));

/** How long a process has lived. */
function ageMs(pid) {
  return Date.now() - statSync(`/proc/${pid}`).ctimeMs;
}

/** A property of the tray icon, as the panel reads it. */
async function property(name, path, of) {
  const { stdout } = await run("gdbus", ["call", "--session", "--dest", name, "--object-path", path, "--method", "org.freedesktop.DBus.Properties.Get", "org.kde.StatusNotifierItem", of]);
  return /'([^']*)'/.exec(stdout)[1];
}

/** The tray's menu, over the bus. */
class Menu {
  constructor(name, path) {
    this.call = async (method, ...args) =>
      (await run("gdbus", ["call", "--session", "--dest", name, "--object-path", path, "--method", `com.canonical.dbusmenu.${method}`, "--", ...args])).stdout;
  }
  /** Each item's id and label, in order. */
  async items() {
    const layout = await this.call("GetLayout", "0", "-1", "['label']");
    return [...layout.matchAll(/\((\d+), \{'label': <'([^']*)'>/g)].map(([, id, label]) => ({ id, label: label.replaceAll("_", "").replaceAll("\u00a0", " ") }));
  }
  async labels() {
    return (await this.items()).map(({ label }) => label).filter((label) => label.trim() && label !== ROOT);
  }
  async click(label) {
    const { id } = await until(`a menu item '${label}'`, async () => (await this.items()).find((item) => item.label === label));
    await this.call("Event", id, "clicked", "<''>", "0");
  }
}
