// Notices as a desktop gets them: over D-Bus, from the real app in the tray, with the command line adding the work.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { scratch, screen, slipway, start, video, watched, windowShown } from "./app.mjs";
import { notices, panel } from "./bus.mjs";
import { simulator } from "./simulator.mjs";

const MINUTE_MS = 60_000;
/** What the wall clock of a test and that of the app may be apart, at most. */
const SLACK_MS = 1_000;

test("fifty uploads of one dead login are one notice, a click opens what cures it, and a restart tells it no more", watched("notices", async (t) => {
  const { folder, data, remove } = scratch();
  const tray = await panel(t);
  const told = await notices(t);
  const platform = await simulator("api-video");
  const app = start(data, ["--hidden"], { HOME: folder });
  let running = app;
  t.after(async () => {
    if (running.process.exitCode === null) running.process.kill("SIGKILL");
    platform.stop();
    remove();
  });
  await tray.next(); // from here on the command line reaches the app
  await slipway(data, "accounts", "add", "api-video", "--label", "studio", "--set", `endpoint=${platform.told.url}`, "--secret", "api_key=revoked", "--no-check");
  await slipway(data, "accounts", "add", "folder", "--label", "archive", "--set", `path=${join(folder, "out")}`);
  const films = Array.from({ length: 50 }, (_, n) => video(folder, `film ${n}.mp4`, 100_000));
  await slipway(data, "add", ...films, "--account", "studio");

  const first = await told.next();
  assert.equal(first.title, "Sign in to studio again");
  assert.equal(first.body, "50 uploads to api.video wait for it");
  assert.deepEqual(first.actions.filter((_, n) => n % 2 === 0), ["default", "step"]);
  told.click(first, "step");
  await windowShown("^Slipway$");
  await screen("notice-cure");

  running.process.kill("SIGTERM");
  assert.equal((await running.ended).code, 0);
  running = start(data, ["--hidden"], { HOME: folder });
  await tray.next(); // from here on the command line reaches the app
  await slipway(data, "add", video(folder, "walk.mp4", 100_000), "--account", "archive", "--set", "title=a <b>walk</b> & more");
  const second = await told.next();
  assert.equal(second.title, "Published: “a <b>walk</b> & more”", "and nothing about the login before it");
  assert.equal(second.body, "archive on Folder");
  const apart = second.atMs - first.atMs;
  assert.ok(apart >= MINUTE_MS - SLACK_MS, `at most one a minute: ${apart} ms`);
  told.click(second, "default");
  await windowShown("^Slipway$");
  running.process.kill("SIGTERM");
  assert.equal((await running.ended).code, 0);
}));
