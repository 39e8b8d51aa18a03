// Signing in from the real window: the shell opens the browser, listens where it comes back, and the page never sees more than the address.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open, scratch, watched } from "./app.mjs";
import { simulator } from "./simulator.mjs";
import { until } from "./webdriver.mjs";

/** A folder with a browser in it: it notes what it is given, and follows a page to where it leads while `willing` is there. */
function browser(folder) {
  const bin = join(folder, "bin");
  const noted = join(folder, "opened.txt");
  const willing = join(folder, "willing");
  mkdirSync(bin);
  const script = `#!/bin/sh\necho "$1" >> '${noted}'\nif [ -e '${willing}' ]; then curl -sL -o /dev/null "$1"; fi\n`;
  writeFileSync(join(bin, "xdg-open"), script);
  chmodSync(join(bin, "xdg-open"), 0o755);
  const opened = () => (existsSync(noted) ? readFileSync(noted, "utf8").trim().split("\n") : []);
  return { path: `${bin}:${process.env.PATH}`, opened, becomesWilling: () => writeFileSync(willing, "") };
}

test("a sign-in goes through the browser and back, and can be called off before", watched("sign-in", async (t) => {
  const { folder, data, remove } = scratch();
  const platform = await simulator("bluesky");
  const stand = browser(folder);
  const app = await open(data, { environment: { HOME: folder, PATH: stand.path } });
  t.after(async () => {
    await app.end();
    platform.stop();
    remove();
  });
  const { told } = platform;
  const settings = { identifier: told.handle, sign_in: "oauth", video_did: told.video_did };
  for (const role of ["video", "plc", "resolver"]) settings[`endpoint.${role}`] = told.url;
  const { id, health } = await app.invoke("account_add", { platform: "bluesky", label: "maker", settings, secrets: {}, check: true });
  assert.equal(health.state, "signed_out");

  const { session } = app;
  await session.click("nav a", "Accounts");
  await session.find(".tile[data-health=waiting]");
  await session.click(".tile-foot .button[data-kind=primary]");
  await session.find(".dialog-sign-in .fold");
  const [page] = await until("the browser", () => stand.opened().length === 1 && stand.opened());
  assert.ok(page.startsWith(told.url), page);
  await app.shot("sign-in-waits");

  await session.click(".dialog-sign-in .dialog-foot .button:not([data-kind])");
  await until("no dialog", () => session.run("return document.querySelector('dialog') === null"));
  const row = async () => (await app.invoke("accounts")).find(({ account }) => account.id === id);
  assert.equal((await row()).account.health.state, "signed_out");

  stand.becomesWilling();
  await session.click(".tile-foot .button[data-kind=primary]");
  await until("an account that works", async () => (await row()).account.health.state === "ready");
  await until("no dialog", () => session.run("return document.querySelector('dialog') === null"));
  assert.equal(stand.opened().length, 2);
  await until("a tile that says so", () => session.run("return document.querySelector('.tile .state strong, .tile-health strong').textContent === 'Working'"));
  await app.shot("sign-in-done");
}));

test("a folder of an account is shown, and nothing that is no folder", watched("open-folder", async (t) => {
  const { folder, data, remove } = scratch();
  const stand = browser(folder);
  const app = await open(data, { environment: { HOME: folder, PATH: stand.path } });
  t.after(async () => {
    await app.end();
    remove();
  });
  const archive = join(folder, "archive");
  const { id } = await app.invoke("account_add", { platform: "folder", label: "archive", settings: { path: archive }, secrets: {}, check: true });
  await app.session.click("nav a", "Accounts");
  await app.session.click(".tile-foot .button");
  await until("the folder", () => stand.opened().includes(archive));
  await assert.rejects(app.invoke("shell_open_folder", id + 1), /account_unknown/);
}));
