// History: found by words, account, result and time; by keyboard; a receipt; sent once more; a long one is windowed; a returned work.
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

const open = async (query = "?still") => {
  page = await window.open(query);
  await page.keyboard.press("Control+3");
  await page.waitForSelector(".table-row .state");
};
const titles = () => page.locator(".table-row > :nth-child(2)").allTextContents();
const rowsAre = (n) => page.waitForFunction((want) => document.querySelectorAll(".table-row").length === want, n);
const toast = (text) => page.waitForFunction((want) => document.querySelector(".toast-word")?.textContent?.includes(want), text);

test("days stand above their rows, with their number and size", async () => {
  await open();
  await until(async () => assert.deepEqual(await page.locator(".day small").allTextContents(), ["6 uploads, 60.8 GB", "4 uploads, 17.5 GB", "3 uploads, 7 GB"].map((text) => text.replace(/ (?=[GM]B)/, "\u00a0"))));
  const names = (await page.locator(".day > span").allTextContents()).map((text) => text.trim().split(/\s/)[0]);
  assert.deepEqual(names.slice(0, 2), ["Today", "Yesterday"]);
  await until(async () => assert.equal((await titles())[0], "Rain on the pier"));
});

test("words, account, result and time narrow it, and one button shows all again", async () => {
  await open();
  await page.keyboard.press("Control+f");
  await page.keyboard.type("harbour");
  await rowsAre(1);
  await page.keyboard.press("Escape");
  await rowsAre(13);
  await page.selectOption("#history-account", "pbilibili");
  await rowsAre(4);
  await page.selectOption("#history-result", "failed");
  await rowsAre(1);
  await until(async () => assert.deepEqual(await titles(), ["Five knife skills"]));
  await page.selectOption("#history-account", "a6");
  await page.locator(".queue-empty .button").click();
  await rowsAre(13);
  await until(async () => assert.equal(await page.locator("#history-account").inputValue(), ""));
  await page.selectOption("#history-time", "week");
  await rowsAre(13);
});

test("arrows walk the rows, Enter opens the receipt, Escape gives the focus back", async () => {
  await open();
  await page.locator("#history-grid").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await until(async () => {
    const pointed = await page.locator("#history-grid").getAttribute("aria-activedescendant");
    assert.equal(await page.locator(`#${pointed} > :nth-child(2)`).textContent({ timeout: 1000 }), "Night market walk");
  });
  await page.keyboard.press("Enter");
  await page.waitForSelector(".drawer .proof li");
  await until(async () => assert.equal(await page.locator(".drawer h2").textContent(), "Night market walk"));
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.querySelector(".drawer h2")?.textContent?.startsWith("Levee ride"));
  await page.keyboard.press("Escape");
  await page.waitForSelector(".drawer", { state: "detached" });
  await until(async () => assert.equal(await page.evaluate(() => document.activeElement?.id), "history-grid"));
});

test("a receipt has proof, hashes and times, and is saved and copied", async () => {
  await open();
  await page.locator(".table-row").first().click();
  await page.waitForSelector(".drawer .receipt-facts");
  const facts = await page.locator(".receipt-facts").textContent();
  for (const part of ["BV1ab41000", "rain-on-the-pier.mp4", "912,384,000 bytes in 109 parts of 8", "5d41402abc4b2a76", "9a1c34f0e77b2d15", "average 19"]) assert.ok(facts?.includes(part), `${part} in ${facts}`);
  await until(async () => assert.ok((await page.locator(".proof").textContent())?.includes("912,384,000 of 912,384,000")));
  await until(async () => {
    const steps = await page.locator(".drawer .timeline p").allTextContents();
    assert.deepEqual([steps[0], steps.at(-1)], ["Published", "Added to the queue"]);
  });
  await page.locator(".drawer .button", { hasText: "Save receipt" }).click();
  await toast("Receipt saved");
  await page.locator(".drawer .button", { hasText: "Copy link" }).click();
  await toast("Link copied");
  await page.locator(".topbar .button", { hasText: "CSV" }).click();
  await toast("13 uploads saved as CSV");
});

test("what was sent is in the form once more with its title and its account", async () => {
  await open();
  await page.locator(".table-row").first().click();
  await page.locator(".drawer .button", { hasText: "Send again" }).click();
  await page.waitForSelector("#common-title");
  await until(async () => assert.equal(await page.locator("#common-title").inputValue(), "Rain on the pier"));
  await until(async () => assert.equal(await page.locator(".account-chip input:checked").count(), 1));
  // What stood in the form is a draft now.
  await page.keyboard.press("Control+3");
  await page.locator(".table-row").nth(2).click();
  await page.waitForFunction(() => document.querySelector(".drawer h2")?.textContent === "Levee ride, ninety minutes");
  await page.locator(".drawer .button", { hasText: "Send again" }).click();
  await page.waitForFunction(() => document.querySelector("#common-title")?.value === "Levee ride, ninety minutes");
  await page.locator('.topbar [aria-haspopup="menu"]', { hasText: /Drafts.*1/ }).waitFor();
});

test("of a hundred thousand only those in view are there, and the last is one key away", async () => {
  await open("?still&past=100000");
  await until(async () => assert.ok((await page.locator(".table-row").count()) < 60));
  const lines = async () => Number(await page.locator("#history-grid").getAttribute("aria-rowcount"));
  await until(async () => assert.ok((await lines()) > 100_000, "days are lines of their own"));
  await page.locator("#history-grid").focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector("#history-99999 .state") !== null);
  await until(async () => assert.ok((await page.locator(".table-row").count()) < 60));
});

test("a returned work is changed and submitted again from its row", async () => {
  page = await window.open("?still&returned");
  await page.waitForSelector(".upload-row");
  const first = page.locator('.upload-row[aria-rowindex="2"]');
  await first.locator("[data-act=edit]").click();
  await page.waitForSelector("#edit-title");
  await until(async () => assert.ok((await page.locator("dialog .note").textContent())?.includes("Title and picture do not belong together")));
  await until(async () => assert.equal(await page.locator("#edit-tag").count(), 0, "tags cannot be changed there"));
  await page.locator("#edit-title").fill("Night on the quay, again");
  await page.locator("dialog [data-kind=primary]").click();
  await page.waitForSelector("dialog", { state: "detached" });
  await page.waitForFunction(() => document.querySelector('.upload-row[aria-rowindex="2"]')?.getAttribute("data-state") === "remote");
  await until(async () => assert.equal(await first.locator(".row-title").textContent(), "Night on the quay, again"));
});
