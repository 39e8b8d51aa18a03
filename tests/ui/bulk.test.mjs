// Templates in the form, lists of manuscripts, and new words for many uploads. On the fake backend.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { begin } from "./window.mjs";

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

async function form(query = "?still") {
  page = await window.open(query);
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
  await page.locator(".account-chip").nth(0).click();
}
const button = (name) => page.getByRole("button", { name, exact: true });
const menu = async (item) => {
  await button("Template").click();
  await page.getByRole("menuitem", { name: item }).or(page.getByRole("menuitemradio", { name: item })).click();
};
/** Waits until the preview says so of a file, from 0. */
const filled = (n, said) => page.locator(".filled-line").nth(n).filter({ hasText: said }).waitFor();
const value = (selector, wanted) => page.waitForFunction(([at, text]) => document.querySelector(at)?.value === text, [selector, wanted]);

test("a template goes into the form, its variables are shown for each file, and it can be taken back", async () => {
  await form();
  await menu("Daily");
  await filled(0, /harbour-crane-4k\.mov\s*Title:\s*Harbour, day 001/);
  await filled(1, "Harbour, day 002");
  await page.locator("#common-title").fill("All {index:2}");
  await filled(1, "All 02");
  await page.locator("#common-title").fill("Harbour, day {index:03}");
  await filled(1, "day 002");
  await page.locator(".file-choice").nth(2).check();
  await value("#common-title", "Harbour, day {index:03}");
  // What is sent is counted.
  const counted = new RegExp(`^\\D*${"Harbour, day 002".length}\\b`);
  await page.locator("[data-field=common-title] .counter").first().filter({ hasText: counted }).waitFor();
  await page.locator("#common-title").fill("Day {indx}");
  await page.locator(".filled-line .field-error").first().waitFor();
  await page.locator("#toast-undo").click();
  await page.locator(".filled-part").waitFor({ state: "detached" });
  await value("#common-title", "levee-ride-uncut");
});

test("a form is kept as a template, replaced only when that is said, and removed with a way back", async () => {
  await form("?still&one");
  await page.locator("#common-description").fill("Of {braces}");
  await menu("Save or manage templates");
  const dialog = page.getByRole("dialog", { name: "Templates" });
  await dialog.locator("#template-name").fill("Trip");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  const kept = dialog.locator(".template-line", { hasText: "Trip" });
  await kept.filter({ hasText: "Description" }).waitFor();
  await dialog.locator("#template-name").fill("Daily");
  await dialog.getByRole("button", { name: "Replace", exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Remove Trip" }).click();
  await kept.waitFor({ state: "detached" });
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await dialog.locator(".template-line", { hasText: "From afar" }).waitFor();
  await dialog.locator(".template-line", { hasText: "From afar" }).getByRole("button", { name: "Use" }).click();
  await dialog.waitFor({ state: "detached" });
  await value("#common-description", "Filmed {date}");
});

test("a list is looked at before it is added, and says what is wrong in which line and column", async () => {
  await form();
  await menu("Import list");
  const dialog = page.getByRole("dialog", { name: "Import list" });
  await dialog.getByText("10 of 12 rows can be added").waitFor();
  await dialog.locator(".row-faults tbody tr").nth(1).waitFor();
  const cells = await dialog.locator(".row-faults tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].slice(0, 2).map((cell) => cell.textContent)));
  assert.deepEqual(cells, [["4", "file"], ["9", "bilibili.tid"]]);
  await dialog.getByRole("button", { name: "Add 10 manuscripts" }).click();
  await dialog.getByText("10 of 12 rows were added").waitFor();
  await dialog.locator(".dialog-foot").getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
});

test("many uploads take new words at once, and those that cannot are counted", async () => {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.locator("#queue-grid").focus();
  await page.keyboard.press("Control+a");
  await page.locator(".selection").getByRole("button", { name: "Change" }).click();
  const dialog = page.getByRole("dialog", { name: /^Change \d+ uploads$/ });
  // Nothing is written yet.
  await dialog.getByRole("button", { name: "Change", exact: true, disabled: true }).waitFor();
  await dialog.locator("#many-description").fill("For all");
  await dialog.getByRole("button", { name: "Change", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.locator(".toast-word").filter({ hasText: /^\s*\d+ changed, \d+ can no longer be/ }).waitFor();
});
