// Starting with the session, from the real settings screen to the entry that the session reads, and what that entry starts.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { APP, open, scratch, watched } from "./app.mjs";
import { until } from "./webdriver.mjs";

const SWITCH = "#set-login";

/** The words of an entry's command, as the desktop's own library takes them apart. */
function words(path) {
  const script = "import sys, gi; from gi.repository import Gio, GLib; d = Gio.DesktopAppInfo.new_from_filename(sys.argv[1]); print('\\n'.join(GLib.shell_parse_argv(d.get_commandline())[1]))";
  return execFileSync("/usr/bin/python3", ["-c", script, path], { encoding: "utf8" }).trim().split("\n");
}

test("the session starts the app hidden on the same data from the moment it is switched on, and no more once it is switched off", watched("login", async (t) => {
  const { folder, data, remove } = scratch();
  const entries = join(folder, "con fig", "autostart");
  const app = await open(data, { environment: { HOME: folder, XDG_CONFIG_HOME: join(folder, "con fig") } });
  t.after(async () => {
    await app.end();
    remove();
  });
  const { session } = app;
  await session.click("nav a", "Settings");
  const shows = (on) => until(`a switch that is ${on}`, async () => (await session.run("return document.querySelector(arguments[0]).checked", SWITCH)) === on);
  await session.find(SWITCH);
  await shows(false);
  assert.ok(!existsSync(entries), "nothing is written before it is wanted");

  await session.click(SWITCH);
  const [name] = await until("an entry", () => existsSync(entries) && readdirSync(entries).length === 1 && readdirSync(entries));
  const entry = join(entries, name);
  assert.deepEqual(words(entry), [APP, "--hidden", "--data-dir", data]);
  await app.shot("login-on");

  // Somebody switches it off in the desktop's own settings: it shows, and is not switched on behind his back.
  writeFileSync(entry, readFileSync(entry, "utf8").replace("enabled=true", "enabled=false"));
  assert.equal(await app.invoke("shell_login_get"), false);
  await app.invoke("shell_login_set", true);
  assert.equal(await app.invoke("shell_login_get"), true);
  await app.invoke("shell_login_set", false);
  assert.deepEqual(readdirSync(entries), []);
}));

test("an entry of the administrator's is covered, and what cannot be written is said", watched("login-for-all", async (t) => {
  const { folder, data, remove } = scratch();
  const all = join(folder, "xdg", "autostart");
  const entries = join(folder, ".config", "autostart");
  const app = await open(data, { environment: { HOME: folder, XDG_CONFIG_DIRS: join(folder, "xdg") } });
  t.after(async () => {
    await app.end();
    remove();
  });
  await app.invoke("shell_login_set", true);
  const [name] = readdirSync(entries);
  mkdirSync(all, { recursive: true });
  writeFileSync(join(all, name), readFileSync(join(entries, name)));
  assert.equal(await app.invoke("shell_login_set", false), false);
  assert.match(readFileSync(join(entries, name), "utf8"), /^Hidden=true$/m);

  const blocked = join(folder, "blocked");
  writeFileSync(blocked, "a file where a folder would have to be");
  await app.end();
  const again = await open(data, { environment: { HOME: folder, XDG_CONFIG_HOME: blocked } });
  t.after(() => again.end());
  await assert.rejects(again.invoke("shell_login_set", true), /login_entry_failed/);
  assert.equal(await again.invoke("shell_login_get"), false);
}));
