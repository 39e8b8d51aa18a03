// One app for each data folder: what becomes of a second start, wherever and whenever it is made.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { APP, CLEAN_END, endAfter, logOf, open, press, scratch, screen, start, video, watched, windowGone, windows, windowShown, within } from "./app.mjs";
import { until } from "./webdriver.mjs";

const NOBODY = "unix:path=/nowhere";

test("another start hands its files over, named as addresses, by their paths or from its own folder", watched("hand-over", async (t) => {
  const { folder, data, remove } = scratch();
  const films = ["night market 夜 100%.mp4", "b #1?.mp4", "c.mp4", "d.mp4"].map((name) => video(folder, name, 100_000));
  mkdirSync(join(folder, "films"));
  video(join(folder, "films"), "e.mp4", 100_000);
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  const addresses = [pathToFileURL(films[0]).href, `file://localhost${films[1].replaceAll("#", "%23").replaceAll("?", "%3F").replaceAll(" ", "%20")}`];
  const other = start(data, [...addresses, films[2]], { HOME: folder });
  endAfter(t, other);
  assert.equal((await within(5_000, other.ended)).code, 0);
  /** The window shows these, and takes them from the app with that. */
  const offered = (names) =>
    until(`${names.length} files`, async () => {
      const shown = await app.session.run("return document.querySelector('main').textContent");
      assert.deepEqual(names.filter((name) => !shown.includes(name)), []);
      return true;
    });
  await offered(["b #1?.mp4", "c.mp4", "night market 夜 100%.mp4"]);

  // Neither another folder nor the want of a bus changes anything.
  const apart = spawn(APP, ["../d.mp4", "e.mp4"], {
    cwd: join(folder, "films"),
    env: { ...process.env, HOME: folder, SLIPWAY_DATA_DIR: data, DBUS_SESSION_BUS_ADDRESS: NOBODY },
    stdio: "inherit",
  });
  assert.deepEqual(await within(5_000, once(apart, "exit")), [0, null]);
  await offered(["b #1?.mp4", "c.mp4", "d.mp4", "e.mp4", "night market 夜 100%.mp4"]);
}));

test("a start while the other one quits becomes the app", watched("while-quitting", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const film = video(folder, "film.mp4", 100_000);
  const first = start(data, [], { HOME: folder });
  endAfter(t, first);
  await windowShown("^Slipway$");
  first.process.kill("SIGTERM");
  const second = start(data, [film], { HOME: folder });
  endAfter(t, second);
  assert.equal((await within(3_000, first.ended)).code, 0);
  await windowShown("^Slipway$");
  await until("a second start in the log", () => logOf(data).match(/ started version=/g)?.length === 2);
  assert.equal(second.process.exitCode, null, "it is the app now");
  second.process.kill("SIGTERM");
  assert.equal((await within(3_000, second.ended)).code, 0);
  assert.match(logOf(data), CLEAN_END);
}));

test("of many starts at once one becomes the app, and it gets all their files", watched("at-once", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const all = Array.from({ length: 5 }, (_, n) => start(data, [video(folder, `film ${n}.mp4`, 100_000)], { HOME: folder }));
  endAfter(t, ...all);
  await windowShown("^Slipway$");
  const ended = () => all.filter(({ process: one }) => one.exitCode !== null);
  await until("four that have handed over", () => ended().length === 4);
  assert.ok(ended().every(({ process: one }) => one.exitCode === 0));
  await until("four starts in the log", () => logOf(data).match(/another start files=1/g)?.length === 4);
  const [app] = all.filter(({ process: one }) => one.exitCode === null);
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("a start on another desktop hands over, and says where Slipway runs", watched("other-desktop", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const film = video(folder, "film.mp4", 100_000);
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  const window = await windowShown("^Slipway$");

  const display = await desktop(t);
  const elsewhere = { HOME: folder, DISPLAY: display, DBUS_SESSION_BUS_ADDRESS: NOBODY };
  const second = start(data, [film], elsewhere);
  endAfter(t, second);
  const told = await on(display, () => windowShown("^Slipway$"));
  await on(display, () => screen("other-desktop"));
  assert.match(logOf(data), /another start files=1/, "it has the files");
  assert.deepEqual(await windows("^Slipway$"), [window], "nothing new here but the window itself");
  await on(display, () => press(told, "Return"));
  assert.equal((await within(5_000, second.ended)).code, 0);

  // A session that starts it hidden says nothing.
  const hidden = start(data, ["--hidden"], elsewhere);
  endAfter(t, hidden);
  assert.equal((await within(5_000, hidden.ended)).code, 0);
  assert.deepEqual(await on(display, () => windows("^Slipway$")), []);
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("a data folder that the command line holds is told in a sentence and ends with status 4", watched("locked", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const runs = spawn(process.env.SLIPWAY, ["run", "--json"], { env: { ...process.env, HOME: folder, SLIPWAY_DATA_DIR: data }, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => runs.kill("SIGKILL"));
  await until("its socket", () => existsSync(join(data, "slipway.sock")));
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  const dialog = await windowShown("Slipway could not start");
  await screen("locked");
  await press(dialog, "Return");
  await windowGone("Slipway could not start");
  assert.equal((await within(5_000, app.ended)).code, 4);
}));

/** A second screen, with a window manager. */
async function desktop(t) {
  const xvfb = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => xvfb.kill());
  const [number] = await once(createInterface(xvfb.stdout), "line");
  const display = `:${number}`;
  const manager = spawn("openbox", [], { env: { ...process.env, DISPLAY: display }, stdio: "ignore" });
  t.after(() => manager.kill());
  return display;
}

/** Does something on another display. */
async function on(display, does) {
  const { DISPLAY } = process.env;
  process.env.DISPLAY = display;
  try {
    return await does();
  } finally {
    process.env.DISPLAY = DISPLAY;
  }
}
