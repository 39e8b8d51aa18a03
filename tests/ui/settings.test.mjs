// Settings that take effect at once: notices, the start at login, what closing means.
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

async function settings() {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
}
const leave = async () => {
  await page.getByRole("link", { name: "Queue" }).click();
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
};

test("a kind of notice is switched off by its name, and stays off", async () => {
  await settings();
  const published = page.getByRole("switch", { name: "When a work is published" });
  await until(async () => assert.ok(await published.isChecked()));
  await published.click();
  await leave();
  await until(async () => assert.equal(await published.isChecked(), false));
  await until(async () => assert.ok(await page.getByRole("switch", { name: "When an upload needs you" }).isChecked(), "the others are as they were"));
});

test("quiet hours that are none are refused in their own words and stay to be put right", async () => {
  await settings();
  const field = page.getByLabel("Quiet hours");
  await field.fill("at night");
  await field.blur();
  await page.locator("#set-quiet-error", { hasText: "'at night' are no hours of the day" }).waitFor();
  await until(async () => assert.deepEqual([await field.inputValue(), await field.getAttribute("aria-invalid")], ["at night", "true"]));
  await field.fill("22:00-07:00");
  await field.blur();
  await page.locator("#set-quiet-error").waitFor({ state: "detached" });
  await leave();
  await until(async () => assert.equal(await field.inputValue(), "22:00-07:00"));
});

test("the session starts the app once that is switched on, and what stands in the way is said", async () => {
  await settings();
  const login = () => page.getByRole("switch", { name: "Start with the system, hidden in the tray" });
  await login().click();
  await leave();
  await until(async () => assert.ok(await login().isChecked()));
  await page.context().close();

  page = await window.open("?still&sealed");
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
  await login().click();
  await page.getByText("/home/studio/.config/autostart/slipway-desktop.desktop cannot be written").waitFor();
  await until(async () => assert.equal(await login().isChecked(), false, "the switch shows what is so"));
});

test("closing the window may mean the end", async () => {
  await settings();
  const keeps = page.getByRole("switch", { name: "Keep sending when this window is closed" });
  await until(async () => assert.ok(await keeps.isChecked()));
  await keeps.click();
  await leave();
  await until(async () => assert.equal(await keeps.isChecked(), false));
});
