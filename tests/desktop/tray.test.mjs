// The tray and the taskbar as a desktop sees them: over the bus, from the real app, with and without a panel.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CLEAN_END, endAfter, logOf, minimized, open, press, scratch, screen, slipway, start, video, watched, windowGone, windowMinimized, windows, windowShown, within } from "./app.mjs";
import { dock, logind, Menu, notices, panel } from "./bus.mjs";
import { until } from "./webdriver.mjs";

const NO_TRAY = /^This desktop shows no tray icons/;
const hintsOf = (data) => JSON.parse(readFileSync(join(data, "looks.json"), "utf8"));

test("closing goes to the tray, says so once, and the tray opens and quits", watched("tray", async (t) => {
  const tray = await panel(t);

  const { folder, data, remove } = scratch();
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  const menu = await Menu.of(await tray.next());
  assert.deepEqual(await menu.labels(), ["Nothing to send: the queue is empty", "Open Slipway", "Add files…", "Pause all", "Pause for 1 hour", "Turtle, 500 kB/s", "Quit"]);

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
  await until("a queue that rests", async () => /^Paused by you, goes on at .*, in (1 h|59 min)/.test((await menu.labels())[0]));
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

test("where there is no tray, closing puts the window on the taskbar, says why once, and keeps sending", watched("no-tray", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  const window = await windowShown("^Slipway$");
  await press(window, "alt+F4");
  await until("the hint", async () => (await windows("^Slipway$")).length === 2);
  await screen("no-tray-hint");
  const [hint] = (await windows("^Slipway$")).filter((one) => one !== window);
  await press(hint, "Return"); // 'Keep sending'
  await windowMinimized("^Slipway$");
  assert.equal(hintsOf(data).no_tray_hint_shown, true);

  await press(window, "alt+F4"); // brings it back, and closes it again
  await until("no second hint", async () => (await windows("^Slipway$")).length === 0 && (await minimized("^Slipway$")).length === 1);
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
  assert.match(logOf(data), CLEAN_END);
}));

test("a start without a window is on the taskbar where there is no tray", watched("hidden", async (t) => {
  const { folder, data, remove } = scratch();
  const told = await notices(t);
  t.after(remove);
  const app = start(data, ["--hidden"], { HOME: folder });
  endAfter(t, app);
  await windowMinimized("^Slipway$", 40_000);
  assert.match((await told.next()).body, NO_TRAY);
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("a panel that goes leaves the hidden window on the taskbar and is missed once, one that comes takes the icon back", watched("panel-goes", async (t) => {
  const { folder, data, remove } = scratch();
  const told = await notices(t);
  let tray = await panel(t);
  t.after(remove);
  const app = start(data, ["--hidden"], { HOME: folder });
  endAfter(t, app);
  await tray.next();
  assert.deepEqual(await windows("^Slipway$"), []);
  await tray.stop();
  const window = await windowMinimized("^Slipway$");
  assert.match((await told.next()).body, NO_TRAY);
  await until("what was told to be kept", () => hintsOf(data).no_tray_hint_shown === true);

  tray = await panel(t);
  const menu = await Menu.of(await tray.next());
  await menu.click("Open Slipway");
  await windowShown("^Slipway$");
  await press(window, "alt+F4");
  await until("the hint of the tray", async () => (await windows("^Slipway$")).length === 2);
  const [hint] = (await windows("^Slipway$")).filter((one) => one !== window);
  await press(hint, "Return");
  await windowGone("^Slipway$");
  assert.deepEqual(await minimized("^Slipway$"), [], "in the tray, not on the taskbar");

  await tray.stop();
  await windowMinimized("^Slipway$");
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("closing the window is the end where its user wants that", watched("close-quits", async (t) => {
  const { folder, data, remove } = scratch({ close: "quits" });
  await panel(t);
  t.after(remove);
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  await press(await windowShown("^Slipway$"), "alt+F4");
  assert.equal((await within(5_000, app.ended)).code, 0);
  assert.match(logOf(data), CLEAN_END);
}));

test("the tray lists what may follow the last upload, marks what is wanted, and has a way out of the last minute", watched("finish", async (t) => {
  const { folder, data, remove } = scratch();
  const machine = await logind(t);
  const tray = await panel(t);
  t.after(remove);
  const app = start(data, ["--hidden"], { HOME: folder, DBUS_SYSTEM_BUS_ADDRESS: machine.address });
  endAfter(t, app);
  const menu = await Menu.of(await tray.next());
  const marks = (label, marked) =>
    until(`'${label}' and its mark`, async () => {
      const seen = [await menu.labels(), await menu.marked()];
      assert.ok(seen[0].includes(label) && seen[1].join() === marked, JSON.stringify(seen));
      return true;
    });
  await marks("When finished: do nothing", "Do nothing");
  const labels = await menu.labels();
  assert.deepEqual(labels.slice(labels.indexOf("When finished: do nothing")), ["When finished: do nothing", "Do nothing", "Sleep", "Shut down", "Quit"], "what would have to be asked for is not listed");

  await menu.click("Sleep");
  await marks("When finished: sleep", "Sleep");
  await menu.click("Sleep");
  await marks("When finished: sleep", "Sleep");
  await slipway(data, "when-done", "shut-down");
  await marks("When finished: shut down", "Shut down");

  await slipway(data, "accounts", "add", "folder", "--label", "archive", "--set", `path=${join(folder, "out")}`);
  await slipway(data, "add", video(folder, "film.mp4", 100_000), "--account", "archive");
  await until("the last minute", async () => /^Shutting down in \d+ s$/.test((await menu.labels())[0]));
  const [first] = await menu.labels();
  await until("fewer seconds", async () => /^Shutting down in \d+ s$/.test((await menu.labels())[0]) && (await menu.labels())[0] !== first);
  await menu.click("Stay on");
  await marks("When finished: do nothing", "Do nothing");
  await until("a tray at rest", async () => assert.deepEqual((await menu.labels()).slice(0, 2), ["Nothing to send: all uploads have ended", "Open Slipway"]) ?? true);
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("a dock hears how far everything is while something moves, and that nothing does any more", watched("dock", async (t) => {
  const { folder, data, remove } = scratch();
  const shown = await dock(t);
  const tray = await panel(t);
  t.after(remove);
  const app = start(data, ["--hidden"], { HOME: folder });
  endAfter(t, app);
  await tray.next();
  await slipway(data, "limit", "8MB");
  await slipway(data, "accounts", "add", "folder", "--label", "archive", "--set", `path=${join(folder, "out")}`);
  await slipway(data, "add", video(folder, "film.mp4", 60_000_000), "--account", "archive");
  const told = [];
  do told.push(await shown.next());
  while (told.at(-1).visible || told.length === 1);
  assert.ok(told.every(({ entry }) => entry === "application://slipway-desktop.desktop"));
  const shares = told.filter(({ visible }) => visible).map(({ share }) => share);
  assert.ok(shares.some((share) => share > 0.2 && share < 0.9), `${shares}`);
  assert.deepEqual(shares, [...shares].sort((a, b) => a - b), "it only grows");
  assert.ok(shares.at(-1) < 1, "all is sent is not all is done");
  await until("the copy", () => existsSync(join(folder, "out", "film.mp4")));
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));
