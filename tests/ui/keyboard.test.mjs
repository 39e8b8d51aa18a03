// Everything by keyboard: the queue, its details and its card, order, removal with undo, the panes, the forms.
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

const titles = () => page.locator(".upload-row .row-title").allTextContents();
const activeIs = (title) => page.waitForFunction((want) => document.querySelector(".upload-row[data-active] .row-title")?.textContent === want, title);
const rowCountIs = (n) => page.waitForFunction((want) => document.querySelector("#queue-grid")?.getAttribute("aria-rowcount") === want, String(n + 1));
const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.className || document.activeElement?.tagName);
const grid = async (query = "?still") => {
  page = await window.open(query);
  await page.waitForSelector(".upload-row");
  await page.locator("#queue-grid").focus();
};
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

test("arrows walk the rows, and the grid points at the active one", async () => {
  await grid();
  await press("ArrowDown", "ArrowDown");
  await activeIs("Studio tour, uncut");
  await until(async () => assert.equal(await page.locator("#queue-grid").getAttribute("aria-activedescendant"), await page.locator(".upload-row[data-active]").getAttribute("id")));
  await press("End");
  await activeIs("Old harbour, drone");
  await press("Home");
  await activeIs("Harbour crane at dawn, 4K");
});

test("Enter opens the details and Escape closes them, with the focus back in the grid", async () => {
  await grid();
  await press("Enter");
  await page.waitForSelector(".drawer .timeline li");
  await press("F6");
  await page.locator(".drawer .button").first().focus();
  await press("Escape");
  await page.waitForSelector(".drawer", { state: "detached" });
  await until(async () => assert.equal(await focused(), "queue-grid"));
});

test("right opens the card of a failed row, Tab goes into its buttons, left comes back", async () => {
  await grid();
  await press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight");
  await page.waitForSelector(".error-card li");
  await press("Tab", "Tab", "Tab");
  await until(async () => assert.ok(await page.evaluate(() => document.activeElement?.closest(".error-card") !== null), "the focus is in the card"));
  await press("ArrowLeft");
  await page.waitForSelector(".error-card", { state: "detached" });
  await until(async () => assert.equal(await focused(), "queue-grid"));
});

test("P pauses and resumes the active row", async () => {
  await grid();
  await press("Home", "p");
  await page.waitForSelector('.upload-row[data-active][data-state="paused"]');
  await press("p");
  await page.waitForSelector('.upload-row[data-active][data-state="running"]');
});

test("Alt and arrows move a row, and Ctrl Z moves it back", async () => {
  await grid();
  const before = await titles();
  await press("Home", "ArrowDown", "ArrowDown", "Alt+ArrowUp");
  await page.waitForFunction(() => document.querySelector('.upload-row[aria-rowindex="3"] .row-title')?.textContent === "Studio tour, uncut");
  await activeIs("Studio tour, uncut");
  await press("Control+z");
  await page.waitForFunction((want) => JSON.stringify([...document.querySelectorAll(".upload-row .row-title")].map((one) => one.textContent)) === want, JSON.stringify(before));
});

test("Delete hides a row at once, and Ctrl Z brings it back before it was removed", async () => {
  await grid();
  const before = await titles();
  await press("Home", "Delete");
  await rowCountIs(19);
  await until(async () => assert.equal(await page.locator(".nav-count").textContent(), "20", "it is still there for the engine"));
  await press("Control+z");
  await rowCountIs(20);
  await until(async () => assert.deepEqual(await titles(), before));
});

test("a removal is done when its toast has ended", async () => {
  await grid();
  await press("Home", "Delete");
  await page.waitForSelector("#toast-undo");
  await page.evaluate(() => window.dispatchEvent(new Event("pagehide")));
  await page.waitForFunction(() => document.querySelector(".nav-count")?.textContent === "19");
  await rowCountIs(19);
});

test("Shift and Space select, the bar acts on all, Escape clears", async () => {
  await grid();
  await press("Home", "Shift+ArrowDown", "Shift+ArrowDown");
  await page.waitForSelector(".selection");
  await until(async () => assert.equal(await page.locator('.upload-row[aria-selected="true"]').count(), 3));
  await press("Escape");
  await page.waitForSelector(".selection", { state: "detached" });
  await press("Control+a");
  await page.waitForFunction(() => document.querySelector(".selection")?.textContent.includes("All 20 selected"));
});

test("the menu of a row opens by key, walks by arrows and gives the focus back", async () => {
  await grid();
  await press("Home", "Shift+F10");
  await page.waitForSelector(".menu-item:focus");
  await until(async () => assert.equal(await page.locator(".menu-item:focus span").last().textContent(), "Details"));
  await press("ArrowDown", "Enter");
  await page.waitForSelector('.upload-row[data-active][data-state="paused"]');
  await until(async () => assert.equal(await focused(), "queue-grid"));
});

test("F6 walks the panes in their order and back", async () => {
  await grid();
  const panes = [];
  await page.locator(".sidebar-new").focus();
  for (let n = 0; n < 4; n += 1) {
    panes.push(await page.evaluate(() => ["sidebar", "topbar", "filters", "queue"].find((pane) => document.activeElement?.closest(`.${pane}`))));
    await press("F6");
  }
  assert.deepEqual(panes, ["sidebar", "topbar", "filters", "queue"]);
  await press("Shift+F6");
  await until(async () => assert.ok(await page.evaluate(() => document.activeElement?.closest(".queue") !== null), "from the first pane one comes back to the last"));
});

test("Ctrl F searches, Escape leaves the search", async () => {
  await grid();
  await press("Control+f");
  await page.keyboard.type("pier");
  await page.waitForFunction(() => document.querySelectorAll(".upload-row").length === 3);
  await press("Escape");
  await page.waitForFunction(() => document.querySelectorAll(".upload-row").length > 3);
  await until(async () => assert.equal(await focused(), "queue-grid"));
});

test("letters in a field are letters, not orders", async () => {
  await grid();
  await press("Home", "Control+f");
  await page.keyboard.type("pr?c");
  await until(async () => assert.equal(await page.locator("#queue-search").inputValue(), "pr?c"));
  await until(async () => assert.equal(await page.locator("dialog").count(), 0));
});

test("the turtle slows down and lets go to the limit that was", async () => {
  await grid();
  await press("Control+Shift+T");
  await page.waitForFunction(() => document.querySelector(".button-pair")?.textContent.includes("Limit 500"));
  await press("Control+Shift+T");
  await page.waitForFunction(() => document.querySelector(".button-pair")?.textContent.includes("Limit 20"));
});

test("Ctrl Shift P pauses all, and the panel says who did it", async () => {
  await grid();
  await press("Control+Shift+P");
  await page.waitForFunction(() => document.querySelector(".pulse-eta")?.textContent.includes("by you"));
  await press("Control+Shift+P");
  await page.waitForFunction(() => !document.querySelector(".pulse-eta")?.textContent.includes("by you"));
});

test("a new upload is written and added by keyboard alone", async () => {
  await grid("?still&one");
  await press("Control+n");
  await page.waitForSelector(".file-line");
  await page.locator(".account-chip input").nth(5).focus();
  await press("Space");
  await page.locator("#common-title").focus();
  await page.keyboard.type(" by hand");
  await page.waitForSelector('.verdict [data-state="ok"]');
  await press("Control+Enter");
  await page.waitForSelector("#queue-grid");
  await page.waitForFunction(() => document.querySelector(".nav-count")?.textContent === "21");
});

test("F8 goes to the field that cures a finding, Alt L links and unlinks", async () => {
  await grid("?still&one");
  await press("Control+n");
  await page.waitForSelector(".file-line");
  await page.locator(".account-chip").nth(0).click();
  await page.waitForSelector(".rule-cure");
  await page.locator("#common-title").focus();
  await press("F8");
  await page.waitForFunction(() => document.activeElement?.id === "own-bilibili-tid");
  await page.locator("#own-bilibili-title").focus();
  await press("Alt+l");
  await page.waitForSelector("#own-bilibili-title:not([readonly])");
  await press("Alt+l");
  await page.waitForSelector("#own-bilibili-title[readonly]");
});

test("a field with a list of the platform's is chosen from it, or typed", async () => {
  await grid("?still&one");
  await press("Control+n");
  await page.waitForSelector(".file-line");
  await page.locator(".account-chip").nth(0).click();
  const field = page.locator("#own-bilibili-tid");
  await page.waitForSelector("select#own-bilibili-tid option[value='122']", { state: "attached" });
  await field.selectOption({ label: "生活 / 日常" });
  await until(async () => assert.equal(await field.inputValue(), "21"));
  const typed = page.locator('[data-field="own-bilibili-tid"] .link-toggle');
  await typed.click();
  await page.waitForSelector("input#own-bilibili-tid");
  await field.fill("171");
  await typed.click();
  await page.waitForSelector("select#own-bilibili-tid");
  await until(async () => assert.equal(await field.inputValue(), "171", "a value of no list stays"));
});

test("? shows the keys, Escape closes them", async () => {
  await grid();
  await press("?");
  await page.waitForSelector("dialog[open] .key-list");
  await press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.waitForFunction(() => document.activeElement?.id === "queue-grid");
});

test("an opened card is in view with its row", async () => {
  page = await window.open("?still", { height: 520 });
  await page.waitForSelector(".upload-row");
  await page.locator("#queue-grid").focus();
  await press("Home", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight");
  await page.waitForFunction(() => {
    const card = document.querySelector(".error-card")?.getBoundingClientRect();
    return card && card.bottom <= innerHeight && card.top > 0;
  });
});
