// How fast bytes move: limits of an upload and of an account, and the timetable of the week, painted by drag and by keys.
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
  await page.keyboard.press("Control+,");
  await page.waitForSelector(".week-grid");
}
const hour = (day, at) => page.locator(`#hour-${day}-${at}`);
const level = (day, at) => hour(day, at).locator(".level").getAttribute("data-level");
const levels = async (...hours) => Promise.all(hours.map(([day, at]) => level(day, at)));

test("hours are painted by a drag, and nothing beside them", async () => {
  await settings();
  await page.locator(".week-foot").scrollIntoViewIfNeeded();
  await page.locator(".brush", { hasText: "Off" }).click();
  const [from, to] = [await hour(1, 20).boundingBox(), await hour(3, 22).boundingBox()];
  await page.mouse.move(from.x + 3, from.y + 3);
  await page.mouse.down();
  await page.mouse.move(to.x + 3, to.y + 3, { steps: 4 });
  await page.mouse.up();
  await until(async () => assert.deepEqual(await levels([1, 20], [2, 21], [3, 22]), ["off", "off", "off"]));
  assert.deepEqual(await levels([0, 20], [1, 19], [3, 23], [4, 22]), ["full", "full", "full", "full"]);
  assert.equal(await hour(2, 21).getAttribute("aria-label"), "Wed 21:00, off");
});

test("hours are painted by keys alone: arrows, Shift, a brush by its number, Space", async () => {
  await settings();
  await page.locator(".week-grid").focus();
  await page.keyboard.press("Home");
  for (let n = 0; n < 2; n += 1) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("3");
  await page.keyboard.press("Space");
  await until(async () => assert.deepEqual(await levels([2, 0], [2, 1], [3, 0], [3, 1]), ["turtle", "turtle", "turtle", "turtle"]));
  assert.deepEqual(await levels([1, 0], [2, 2], [4, 1]), ["full", "full", "full"]);
  assert.equal(await page.locator(".week-grid").getAttribute("aria-activedescendant"), "hour-3-1");
  assert.equal(await page.locator('.brush input[value="turtle"]').isChecked(), true);
});

test("painting the whole week says at once what holds now and what limit wins", async () => {
  await settings();
  await page.locator(".week-grid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("Shift+End");
  await page.keyboard.press("Shift+PageDown");
  await page.keyboard.press("2");
  await page.keyboard.press("Space");
  await page.locator(".week-foot", { hasText: /^Now: \w+ \d\d:\d\d, 5\sMB\/s\.$/ }).waitFor();
  await page.locator("#speed > p", { hasText: "Now 5 MB/s, by the timetable" }).waitFor();
  await page.locator("#set-cap").selectOption({ label: "2 MB/s" });
  await page.locator("#speed > p", { hasText: "Now 2 MB/s, by the timetable" }).waitFor();
});

test("hours of the day are another way to say the same timetable", async () => {
  await settings();
  await page.locator("#set-hours").fill("22:00-06:00");
  await page.locator("#set-hours").blur();
  await until(async () => assert.deepEqual(await levels([0, 21], [0, 22], [6, 5], [6, 6]), ["off", "full", "full", "off"]));
  await page.locator(".brush", { hasText: "Turtle" }).click();
  await hour(0, 12).click();
  await until(async () => assert.equal(await level(0, 12), "turtle"));
  await until(async () => assert.equal(await page.locator("#set-hours").inputValue(), "", "painting took their place"));
});

test("an upload has a limit of its own, by the key L, and its details say which limit wins", async () => {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.locator("#queue-grid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("l");
  await page.getByRole("menuitemradio", { name: "1 MB/s" }).click();
  await page.keyboard.press("Enter");
  await page.locator(".drawer-limits", { hasText: "Limit: 1 MB/s for this upload. Also 20 MB/s for everything; the lowest wins" }).waitFor();
});

test("an account has a limit of its own, any that is written", async () => {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.keyboard.press("Control+4");
  const tile = page.locator(".tile", { has: page.locator(".mark[data-platform=bilibili]") }).first();
  await tile.locator(".tile-head .button").click();
  await page.getByRole("menuitem", { name: "Speed limit…" }).click();
  await page.getByRole("menuitem", { name: /Other/ }).click();
  await page.locator("#limit-mb").fill("2.5");
  await page.keyboard.press("Enter");
  await tile.locator(".tile-foot", { hasText: "Limit 2.5 MB/s" }).waitFor();
});

test("how uploads share the line is set, and what is out of bounds is not taken", async () => {
  await settings();
  await page.locator("#queueing").getByText("Share the line").click();
  const uploads = page.getByRole("spinbutton", { name: "Uploads at once" });
  await page.getByRole("button", { name: "More: Uploads at once" }).click();
  await until(async () => assert.equal(await uploads.inputValue(), "4"));
  await uploads.fill("99");
  await uploads.blur();
  await until(async () => assert.equal(await uploads.inputValue(), "16", "the most there are"));
  await page.locator("#queueing").getByText("Fixed").click();
  await until(async () => assert.equal(await page.getByRole("spinbutton", { name: "Parts at once" }).inputValue(), "4"));
  await page.locator(".setting-fold summary").click();
  await page.getByLabel("Uploads at once to Bilibili").selectOption("1");
  await page.keyboard.press("Control+1");
  await page.keyboard.press("Control+5");
  await until(async () => assert.equal(await page.getByLabel("Uploads at once to Bilibili").inputValue(), "1", "it was kept"));
  assert.equal(await page.locator('#queueing input[value="share"]').isChecked(), true);
});

test("before the computer shuts down there is a minute to say no, on every screen", async () => {
  page = await window.open("?still&countdown");
  await page.waitForSelector(".upload-row");
  await page.locator(".countdown", { hasText: /Shutting down in (1\smin|5\d\ss)/ }).waitFor();
  await page.keyboard.press("Control+5");
  await until(async () => assert.equal(await page.locator("#set-finish").inputValue(), "shut_down"));
  await page.locator(".countdown .button").click();
  await page.locator(".countdown").waitFor({ state: "detached" });
  await until(async () => assert.equal(await page.locator("#set-finish").inputValue(), "nothing"));
});
