// What is told of trouble: the log of an upload, and a report that is read before it is saved.
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

test("the log of an upload is opened in its details and grows while it is sent", async () => {
  page = await window.open("?one");
  await page.waitForSelector(".upload-row");
  await page.locator('.upload-row[aria-rowindex="2"] .row-title').dblclick();
  await page.locator(".upload-log summary").click();
  const lines = page.locator(".upload-log li");
  await lines.first().filter({ hasText: /^\d\d:\d\d:\d\dPart \d+ landed/ }).waitFor();
  await lines.nth(1).filter({ hasText: /PUT upload\..*\/parts\/\d+: 200 after \d+\sms/ }).waitFor();
  const newest = await lines.first().textContent();
  await until(async () => assert.notEqual(await lines.first().textContent(), newest, "it follows"));
});

test("a report is shown before it is saved, with names only where they were asked for", async () => {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
  const shown = page.getByRole("region", { name: "Report for support" });
  await page.getByRole("button", { name: "Show the report" }).click();
  await shown.getByText("about.json").waitFor();
  const text = async () => (await shown.textContent()) ?? "";
  await until(async () => assert.doesNotMatch(await text(), /\.mp4|\.mov/));
  await page.getByRole("switch", { name: "Leave names of files and folders out" }).click();
  await until(async () => assert.match(await text(), /\.mp4|\.mov/));
  await page.getByRole("button", { name: "Save the report…" }).click();
  await page.getByText("The report is saved").waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await shown.waitFor({ state: "detached" });
});
