// Where everything lies, and settings as a file.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { begin, until } from "./window.mjs";

let window;
let page;
before(async () => {
  window = await begin();
});
after(() => window.close());
afterEach(() => page.context().close());

async function settings(query = "?still") {
  page = await window.open(query);
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.locator("#data").waitFor();
}

test("the data folder is shown as text", async () => {
  await settings();
  await page.locator("#data").getByText("/home/studio/.local/share/slipway").waitFor();
  await page.getByRole("button", { name: "Open folder" }).waitFor();
});

test("a file of settings says what it changes, and changes nothing before it is taken", async () => {
  await settings();
  const quiet = page.getByLabel("Quiet hours");
  await page.getByRole("button", { name: "Import…" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings of slipway-settings.json" });
  await dialog.getByText("/home/studio/Videos/Renders").waitFor();
  await dialog.getByRole("heading", { name: "What stays out" }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  const leave = async () => {
    await page.getByRole("link", { name: "Queue" }).click();
    await page.waitForSelector(".upload-row");
    await page.getByRole("link", { name: "Settings" }).click();
  };
  await leave();
  await until(async () => assert.equal(await quiet.inputValue(), ""));
  await page.getByRole("button", { name: "Import…" }).click();
  await dialog.getByRole("button", { name: "Take these settings" }).click();
  await page.getByText("The settings are in force").waitFor();
  await leave();
  await until(async () => assert.equal(await quiet.inputValue(), "23:00-06:00"));
});

test("a file that cannot be taken is refused in one sentence", async () => {
  await settings("?still&hostile");
  await page.getByRole("button", { name: "Import…" }).click();
  await page.locator("#data").getByRole("alert").filter({ hasText: "hostile.json" }).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
});

test("settings are saved where a dialog says", async () => {
  await settings();
  await page.getByRole("button", { name: "Export…" }).click();
  await page.getByText("The settings are saved").waitFor();
});
