// When uploads start and are published, and the hours in which bytes move.
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

async function form(platform) {
  page = await window.open("?still&one");
  await page.waitForSelector(".upload-row");
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
  await page.locator(`.account-chip:has([data-platform="${platform}"])`).first().click();
  await page.waitForSelector(".rule");
}
const rule = (words) => page.locator(".rule", { hasText: words });
const cure = (words) => page.locator(".rule-cure", { hasText: words });

test("a time to publish that has passed is refused with the earliest that would do, which one click puts in", async () => {
  await form("folder");
  await page.locator("#common-publish_at").fill("2020-01-01T09:00");
  await page.locator("#common-publish_at").blur();
  await rule("has passed").locator("[data-goes]").click();
  await page.waitForFunction(() => document.activeElement?.id === "common-publish_at");
  const offered = await cure("Publish at").last().textContent();
  assert.match(offered, /^Publish at .*\d\d:\d\d GMT/, "with its zone");
  await cure(offered).click();
  await rule("has passed").waitFor({ state: "detached" });
  await until(async () => {
    const written = await page.locator("#common-publish_at").inputValue();
    assert.ok(offered.includes(written.slice(11)), `${offered} ${written}`);
  });
  await rule("submitted at").waitFor();
});

test("an upload waits for the start that was set, with its zone, and starts at once when that is wanted", async () => {
  await form("folder");
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await page.locator("#start-at").fill(`${day}T18:30`);
  await page.locator("#together").check();
  assert.match((await page.locator("#times h2").textContent()) ?? "", /times of this computer, GMT/);
  await page.waitForFunction(() => document.querySelector(".formbar .button[data-kind=primary]:not(:disabled)")?.textContent === "Add 1 to queue");
  await page.locator(".formbar .button[data-kind=primary]").click();
  await page.waitForSelector("#queue-grid");
  await page.locator("#queue-grid").focus();
  await page.keyboard.press("End");
  const row = page.locator(".upload-row:has-text('starts at')");
  await row.locator(".row-sub", { hasText: /Waiting: starts at .*18:30 GMT.*, in / }).first().waitFor();
  await row.locator("[data-act=menu]").click();
  await page.getByRole("menuitem", { name: "Start now" }).click();
  await row.waitFor({ state: "detached" });
});

test("a start that has passed is refused, and taken out by a click", async () => {
  await form("folder");
  await page.locator("#start-at").fill("2020-01-01T09:00");
  await page.locator("#start-at").blur();
  await rule("has passed").waitFor();
  await cure("Start at once").click();
  await rule("has passed").waitFor({ state: "detached" });
  await until(async () => assert.equal(await page.locator("#start-at").inputValue(), ""));
});

test("hours that are none are refused in their own words and stay to be put right", async () => {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
  const field = page.locator("#set-hours");
  await field.fill("at night");
  await field.blur();
  await page.locator("#set-hours-error", { hasText: "'at night' are no hours of the day" }).waitFor();
  await until(async () => assert.deepEqual([await field.inputValue(), await field.getAttribute("aria-invalid")], ["at night", "true"]));
  await field.fill("22:00-06:00");
  await field.blur();
  await page.locator("#set-hours-error").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Queue" }).click();
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.waitForFunction(() => document.getElementById("set-hours")?.value === "22:00-06:00");
});
