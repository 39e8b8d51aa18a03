// The cover by keyboard: frames are stepped through, one is taken, and its cut is moved.
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

const tagIs = (text) => page.waitForFunction((want) => document.querySelector(".cover-tag:not([data-end])")?.textContent === want, text);
/** The video of the fake: 4 min 12 s, 29.97 frames a second. */
async function strip() {
  page = await window.open("?still&one");
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
  await page.locator(".account-chip").nth(0).click();
  await page.locator(".frame:nth-child(7) img").waitFor();
}

test("one step is one frame, and a second with Shift; the picture says its time", async () => {
  await strip();
  await page.locator(".frame").nth(3).focus();
  await page.keyboard.press("Enter");
  await tagIs("Frame 02:06.00");
  await page.waitForSelector(".cover > img");
  await page.keyboard.press("ArrowRight");
  await tagIs("Frame 02:06.02");
  for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowRight");
  await tagIs("Frame 02:07.02");
  await page.keyboard.press("Shift+ArrowLeft");
  await tagIs("Frame 02:06.02");
  await page.keyboard.press("ArrowUp");
  await tagIs("Frame 01:30.00");
  await page.waitForFunction(() => document.activeElement?.matches(".frame[aria-checked=true]"));
  await page.keyboard.press("End");
  await tagIs("Frame 03:54.00");
  assert.deepEqual(page.complaints, []);
});

test("where platforms cut is shown and moved, and goes with the manuscript", async () => {
  await strip();
  await page.locator(".frame").nth(3).click();
  await page.waitForSelector(".cover-guide");
  const left = () => page.locator(".cover-guide").evaluate((guide) => guide.style.left);
  await until(async () => assert.equal(await left(), "5%"));
  await page.locator(".cut-line input").focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector(".cover-guide")?.style.left === "0%");
  await until(async () => assert.match(await page.locator(".cut-line").textContent(), /16:10 for Bilibili/));
});

test("an image takes the place of a frame, and none the place of an image", async () => {
  await strip();
  await page.locator(".frame").nth(0).click();
  await tagIs("Frame 00:18.00");
  await page.locator(".strip-foot .button").first().click();
  await page.waitForFunction(() => document.querySelector(".cover > img")?.getAttribute("alt")?.includes("cover.jpg"));
  await until(async () => assert.equal(await page.locator(".frame[aria-checked=true]").count(), 0));
  await page.locator(".strip-foot .icon-button").click();
  await page.waitForSelector(".cover-none");
  await until(async () => assert.equal(await page.locator(".cover-tag").count(), 0));
});
