// The form for new uploads: several manuscripts, links, drafts, undo. On the fake backend.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { begin, until } from "./window.mjs";

let window;
let page;
before(async () => {
  window = await begin();
});
after(() => window.close());
afterEach(async () => {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

async function form(query, ...accounts) {
  page = await window.open(query);
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
  for (const n of accounts) await page.locator(".account-chip").nth(n).click();
}
const pick = (n) => page.locator(".file-choice").nth(n).check();
const title = () => page.locator("#common-title").inputValue();
const saved = () => page.waitForSelector(".topbar-note:has-text('Draft saved')");

test("each of several videos has its own title, and what is common flows to all until one has its own", async () => {
  await form("?still", 1);
  await until(async () => assert.equal(await page.locator("#common-title").count(), 0, "videos together have no title"));
  await page.locator("#common-description").fill("Of all");
  await pick(1);
  await until(async () => assert.equal(await title(), "harbour-crane-4k"));
  await page.locator("#common-title").fill("Crane");
  await pick(2);
  await until(async () => assert.equal(await title(), "levee-ride-uncut"));
  const description = page.locator("#common-description");
  await until(async () => assert.equal(await description.inputValue(), "Of all"));
  await until(async () => assert.ok(await description.evaluate((field) => field.readOnly), "it is that of all"));
  await page.locator("[data-field=common-description] .link-toggle").click();
  await description.fill("Of the ride");
  await pick(1);
  await until(async () => assert.deepEqual([await title(), await description.inputValue()], ["Crane", "Of all"]));
  await pick(0);
  await until(async () => assert.ok((await page.locator("#common-description-help").textContent()).startsWith("1 video has")));
  await pick(2);
  await page.locator("[data-field=common-description] .link-toggle").click();
  await until(async () => assert.equal(await description.inputValue(), "Of all"));
  await page.locator("#toast-undo").click();
  await until(async () => assert.equal(await description.inputValue(), "Of the ride"));
});

test("a platform's field takes the common value until it has its own, and again when it is linked", async () => {
  await form("?still&one", 0);
  const own = page.locator("#own-bilibili-title");
  const link = page.locator("[data-field=own-bilibili-title] .link-toggle");
  await page.locator("#common-title").fill("Common");
  await until(async () => assert.equal(await own.inputValue(), "Common"));
  await link.click();
  await own.fill("Only here");
  await page.locator("#common-title").fill("Changed");
  await until(async () => assert.equal(await own.inputValue(), "Only here"));
  await link.click();
  await until(async () => assert.equal(await own.inputValue(), "Changed"));
  await page.locator("#toast-undo").click();
  await until(async () => assert.equal(await own.inputValue(), "Only here"));
});

test("typing can be undone in a field, whatever is kept and checked meanwhile", async () => {
  await form("?still&one", 0);
  const field = page.locator("#common-description");
  await field.focus();
  await page.keyboard.type("One ");
  await saved();
  await page.keyboard.type("two");
  await page.waitForSelector(".verdict-head .state");
  await page.keyboard.press("Control+z");
  await until(async () => assert.notEqual(await field.inputValue(), "One two"));
  await page.keyboard.press("Control+Shift+z");
  await until(async () => assert.equal(await field.inputValue(), "One two"));
});

test("who may see it is said in words, and flows to a platform that only knows public or not", async () => {
  await form("?still&one", 3);
  const anyone = page.locator("#own-api-video-public");
  await until(async () => assert.ok(await page.locator("#common-visibility").isChecked(), "public unless somebody says otherwise"));
  await until(async () => assert.ok(await anyone.isChecked()));
  await page.locator("#common-visibility-private").check();
  await until(async () => assert.ok(!(await anyone.isChecked())));
});

test("tags that are written faster than they are drawn are all kept", async () => {
  await form("?still&one", 1);
  await page.locator("#common-tags").evaluate((field) => {
    for (const letter of "sea,dawn,4k,") {
      field.value += letter;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  });
  const tokens = page.locator("[data-field=common-tags] .token");
  await tokens.nth(2).waitFor(); // drawn with the next frame
  await until(async () => assert.deepEqual(await tokens.allTextContents(), ["sea", "dawn", "4k"]));
});

test("a draft is kept as it is written, others can be begun, and each comes back whole", async () => {
  await form("?still&one", 0, 1);
  await page.locator("#common-title").fill("First");
  await page.locator("#own-bilibili-tid").waitFor();
  await page.keyboard.press("Control+s");
  await saved();
  const menu = page.getByRole("button", { name: /^Drafts/ });
  await menu.click();
  await page.getByRole("menuitem", { name: "Begin another" }).click();
  await page.waitForSelector(".no-files");
  await page.locator("#common-title").fill("Second");
  await saved();
  await page.locator(".file-acts .button").click();
  await page.waitForSelector(".file-line .row-sub:has-text('3.86')");
  await until(async () => assert.equal(await title(), "First"));
  await until(async () => assert.equal(await page.locator(".account-chip input:checked").count(), 2));
  await menu.click();
  await page.getByRole("menuitem", { name: "Second" }).click();
  await page.waitForSelector(".no-files");
  await until(async () => assert.equal(await title(), "Second"));
});

test("a discarded draft can be taken back", async () => {
  await form("?still&one", 1);
  await page.locator("#common-title").fill("Not so fast");
  await page.getByRole("button", { name: /^Drafts/ }).click();
  await page.getByRole("menuitem", { name: "Discard" }).click();
  await page.waitForSelector("#queue-grid");
  await page.locator("#toast-undo").click();
  await page.waitForSelector(".file-line");
  await until(async () => assert.equal(await title(), "Not so fast"));
});

test("a draft whose file has gone says so, and keeps what was written for the file that is found", async () => {
  page = await window.open("?still&one&drafts");
  await page.keyboard.press("Control+n");
  await page.locator(".file-acts .button").click();
  await page.waitForSelector(".file-line[data-out]:has-text('is not there')");
  await until(async () => assert.equal(await title(), "Harbour crane at dawn"));
  await page.locator(".file-acts .button").first().click();
  await page.waitForSelector(".file-line:not([data-out]):has-text('3.86')");
  await until(async () => assert.equal(await title(), "Harbour crane at dawn"));
  await page.waitForSelector(".verdict .rule[data-level=over]");
});

test("what an account refuses stays in the draft for that account", async () => {
  await form("?still&one", 0, 1);
  await page.waitForFunction(() => document.querySelector(".formbar .button[data-kind=primary]:not(:disabled)")?.textContent === "Add 1 to queue");
  await page.locator(".formbar .button[data-kind=primary]").click();
  await page.waitForFunction(() => document.querySelectorAll(".account-chip input:checked").length === 1);
  await until(async () => assert.ok(await page.locator(".account-chip input").nth(0).isChecked()));
  await until(async () => assert.equal(await page.locator(".nav-count").first().textContent(), "21"));
});
