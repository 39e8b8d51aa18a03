// The tray in a real panel, Xfce's: icon, lines and menu of every state asserted over the bus and kept as pictures, on a dark and on a light panel.
// Not among the tests of every run: `cargo xtask panel` installs the panel and runs it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { endAfter, scratch, SCREENS, slipway, start, video, watched, windows, within } from "./app.mjs";
import { Menu, property } from "./bus.mjs";
import { simulator } from "./simulator.mjs";
import { until } from "./webdriver.mjs";

const run = promisify(execFile);
const ICONS = new URL("../../icons/tray/", import.meta.url).pathname;
/** Height of the panel, and where its tray begins: at the left of the screen's foot. */
const PANEL = 28;
const SCREEN = { width: 1280, height: 800 };

/** A panel with a tray at its start and a clock at its end. */
function configure() {
  const folder = join(process.env.HOME, ".config/xfce4/xfconf/xfce-perchannel-xml");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "xfce4-panel.xml"),
    `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=640;y=786"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="${PANEL}"/>
      <property name="icon-size" type="uint" value="16"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
    <property name="plugin-2" type="string" value="separator"><property name="expand" type="bool" value="true"/><property name="style" type="uint" value="0"/></property>
    <property name="plugin-3" type="string" value="clock"/>
  </property>
</channel>
`,
  );
}

/** The name and path of the only icon there is, as the panel's watcher has it. */
async function icon() {
  const { stdout } = await run("gdbus", ["call", "--session", "--dest", "org.kde.StatusNotifierWatcher", "--object-path", "/StatusNotifierWatcher", "--method", "org.freedesktop.DBus.Properties.Get", "org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems"]);
  const [, name, path] = /'(:[\d.]+)(\/[^']*)'/.exec(stdout) ?? [];
  return name && [name, path];
}

/** Whether the icon that the panel is told of is this picture. */
async function isPicture([name, path], picture) {
  const shown = await property(name, path, "IconName");
  const { stderr } = await run("compare", ["-metric", "AE", shown, join(ICONS, `${picture}.png`), "null:"]).catch((error) => error);
  return /^0\b/.test(stderr);
}

/** The tray's part of the panel, six times as large. */
async function keep(name) {
  const foot = `160x${PANEL}+0+${SCREEN.height - PANEL}`;
  await run("import", ["-window", "root", "-crop", foot, "+repage", "-filter", "point", "-resize", "600%", join(SCREENS, `panel-${name}.png`)]);
}

configure(); // before anybody asks for it
for (const dark of [true, false]) {
  const look = dark ? "dark" : "light";
  test(`a ${look} panel shows four states and the menu`, watched(`panel-${look}`, async (t) => {
    const { folder, data, remove } = scratch();
    const platform = await simulator("api-video");
    await run("xfconf-query", ["-c", "xfce4-panel", "-p", "/panels/dark-mode", "-n", "-t", "bool", "-s", String(dark)]);
    const xfce = { ...process.env, XDG_CURRENT_DESKTOP: "XFCE" };
    const panel = spawn("xfce4-panel", ["--disable-wm-check"], { env: xfce, stdio: "ignore" });
    const app = start(data, ["--hidden"], { HOME: folder, XDG_CURRENT_DESKTOP: "XFCE" });
    endAfter(t, app);
    t.after(() => {
      panel.kill();
      platform.stop();
      remove();
    });
    const at = await until("the icon in the panel", icon);
    const menu = await Menu.of(at.join(" "));
    const ink = dark ? "light" : "dark";
    const shows = async (name, picture, line) => {
      await until(`the icon '${picture}'`, () => isPicture(at, `${picture}-${ink}`));
      await until(`a first line like ${line}`, async () => line.test((await menu.labels())[0]));
      await drawn();
      await keep(`${look}-${name}`);
    };
    await shows("idle", "idle", /^Nothing to send: the queue is empty$/);

    await slipway(data, "limit", "1MB");
    await slipway(data, "accounts", "add", "folder", "--label", "archive", "--set", `path=${join(folder, "out")}`);
    await slipway(data, "add", video(folder, "film.mp4", 100_000_000), "--account", "archive");
    await shows("sending", "running", /MB\/s, .* left$|kB\/s, .* left$/);
    assert.deepEqual(await windows("^Slipway$"), [], "hidden");

    await slipway(data, "pause", "--all");
    await shows("waiting", "paused", /^Paused by you$/);
    await slipway(data, "resume", "--all");

    await slipway(data, "accounts", "add", "api-video", "--label", "studio", "--set", `endpoint=${platform.told.url}`, "--secret", "api_key=revoked", "--no-check");
    await slipway(data, "add", video(folder, "walk.mp4", 100_000), "--account", "studio");
    await shows("trouble", "attention", /left$/);
    assert.ok((await menu.labels()).includes("1 upload needs you"));

    await run("xdotool", ["mousemove", "14", String(SCREEN.height - PANEL / 2), "click", "3"]);
    await until("the menu on the screen", async () => (await menus()).length > 0);
    await drawn();
    await run("import", ["-window", "root", "-crop", "420x420+0+380", "+repage", join(SCREENS, `panel-${look}-menu.png`)]);
    await run("xdotool", ["key", "Escape"]);
    app.process.kill("SIGTERM");
    assert.equal((await within(3_000, app.ended)).code, 0);
  }));
}

/** What lies over the panel: menus are windows that no manager touches. */
async function menus() {
  const { stdout } = await run("xdotool", ["search", "--onlyvisible", "--class", "xfce4-panel|wrapper"]).catch(() => ({ stdout: "" }));
  const shapes = stdout.trim().split("\n").filter(Boolean).map(async (id) => (await run("xdotool", ["getwindowgeometry", "--shell", id]).catch(() => ({ stdout: "" }))).stdout);
  return (await Promise.all(shapes)).filter((shape) => Number(/HEIGHT=(\d+)/.exec(shape)?.[1] ?? 0) > 100);
}

/** The panel draws what it was told: the picture of its tray has stopped to change. */
async function drawn() {
  const look = async () => (await run("import", ["-window", "root", "-crop", `160x${PANEL}+0+${SCREEN.height - PANEL}`, "rgb:-"], { encoding: "buffer" })).stdout.toString("base64");
  let before = await look();
  let same = 0;
  await until("a panel at rest", async () => {
    const now = await look();
    same = now === before ? same + 1 : 0;
    before = now;
    return same >= 5;
  });
}
