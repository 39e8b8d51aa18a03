// The link: its chip, what waits for it, the question that is asked once, and its rules. On the fake backend.
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

const open = async (link) => {
  page = await window.open(link ? `?still&network=${link}` : "?still");
};
const change = (link) => page.evaluate((detail) => globalThis.dispatchEvent(new CustomEvent("fake-network", { detail })), link);
const chip = (name, cost, look) => page.locator(`.chip[data-cost=${look}]`, { hasText: name }).filter({ hasText: cost }).waitFor();
const first = () => page.locator('.upload-row[aria-rowindex="2"]');
const waits = (said) => first().filter({ hasText: said }).waitFor();
const runs = () => page.locator('.upload-row[aria-rowindex="2"][data-state="running"]').waitFor();
const button = (name) => page.getByRole("button", { name, exact: true });
const select = (name) => page.getByRole("combobox", { name, exact: true });
const item = async (name) => {
  await page.locator(".chip").click();
  await page.locator(".menu-item", { hasText: name }).click();
};
const chosen = (name, value) => page.waitForFunction(([label, wanted]) => document.querySelector(`select[aria-label="${label}"]`)?.value === wanted, [name, value]);

test("the chip names the link and its cost in a word, and follows it", async () => {
  await open();
  await chip("Studio-5G", "Not metered", "free");
  for (const [link, name, cost, look] of [
    ["metered", "iPhone hotspot", "Metered", "metered"],
    ["vpn", "Office", "Mobile", "metered"],
    ["ask", "Café am Hafen", "Cost unknown", "metered"],
    ["offline", "No network", "Offline", "offline"],
    ["untold", "Unknown network", "Cost unknown", "free"],
    ["cable", "Studio wired", "Not metered", "free"],
  ]) {
    await change(link);
    await chip(name, cost, look);
  }
});

test("a row that waits for the link says why and how much is left, and goes on by itself", async () => {
  await open();
  await runs();
  await change("metered");
  await waits("Waiting: iPhone hotspot is metered, 1.12 GB left");
  await page.locator('.upload-row[aria-rowindex="3"][data-state="running"]').waitFor(); // a copy into a folder uses no network
  await change("home");
  await runs();
});

test("one file is let through and the others wait", async () => {
  await open("metered");
  await waits("iPhone hotspot is metered");
  await first().getByRole("button", { name: "Use for this file" }).click();
  await runs();
  await page.locator(".chip[data-cost=metered]").waitFor();
  await page.locator(".upload-row", { hasText: "iPhone hotspot is metered" }).first().waitFor();
  await page.keyboard.press("Control+5");
  await page.getByText("1 upload may use any network").waitFor();
  await button("End").click();
  await page.getByText("1 upload may use any network").waitFor({ state: "detached" });
  await page.keyboard.press("Control+1");
  await waits("iPhone hotspot is metered");
});

test("everything is let through for an hour, and it can be ended", async () => {
  await open("metered");
  await first().getByRole("button", { name: "For 1 hour" }).click();
  await runs();
  await item("End the use of any network");
  await waits("iPhone hotspot is metered");
});

test("a network of unknown cost is asked about once, and the answer is a rule", async () => {
  await open("ask");
  const question = page.getByRole("alert").filter({ hasText: "May uploads use it?" });
  await question.filter({ hasText: "Nothing says whether Café am Hafen costs" }).waitFor();
  await question.getByRole("button", { name: "Not on this network" }).click();
  await question.waitFor({ state: "detached" });
  await waits("Your rule for Café am Hafen says wait");
  await item("Run");
  await runs();
  await change("home");
  await change("ask");
  await chip("Café am Hafen", "Cost unknown", "metered");
  await runs();
  assert.equal(await question.count(), 0);
});

test("without a network nothing is asked, and the head says so", async () => {
  await open("offline");
  await waits("Waiting: There is no network");
  assert.equal(await first().getByRole("button", { name: "Use for this file" }).count(), 0);
  await page.locator('.upload-row[aria-rowindex="3"] [data-act=pause]').click(); // a copy would go on
  await page.locator(".pulse-eta", { hasText: "There is no network" }).waitFor();
  await page.locator(".chip").click();
  assert.equal(await page.getByRole("menuitemradio").count(), 0);
});

test("rules of networks and of kinds are set, capped and forgotten in the settings", async () => {
  await open("metered");
  await waits("iPhone hotspot is metered");
  await item("Rules for networks");
  await select("Uploads on iPhone hotspot").selectOption("cap 1000000");
  await button("Forget the rule and the day's budget for iPhone hotspot").waitFor();
  await page.keyboard.press("Control+1");
  await runs();
  await page.keyboard.press("Control+5");
  await button("Forget the rule and the day's budget for iPhone hotspot").click();
  await chosen("Uploads on iPhone hotspot", "");
  await select("Uploads on Metered networks").selectOption("go");
  const back = button("Back to what holds by itself for Metered networks");
  await back.waitFor();
  await page.keyboard.press("Control+1");
  await runs();
  await page.keyboard.press("Control+5");
  await back.click();
  await chosen("Uploads on Metered networks", "wait");
  await chosen("Uploads on Archive house", "cap 2000000");
  await button("Forget the rule and the day's budget for Archive house").click();
  await select("Uploads on Archive house").waitFor({ state: "detached" });
});

test("a day's budget that is spent stops uploads until midnight, and more lets them go on", async () => {
  await open();
  await runs();
  await page.keyboard.press("Control+5");
  await page.locator("#network small", { hasText: "14.9 GB today" }).first().waitFor();
  await select("A day's bytes on Studio-5G").selectOption({ label: "10 GB" });
  await page.keyboard.press("Control+1");
  await waits(/may go over Studio-5G in a day are sent, next .*00:00/);
  assert.equal(await first().getByRole("button", { name: "Always" }).count(), 0, "no rule helps");
  await page.keyboard.press("Control+5");
  await select("A day's bytes on Studio-5G").selectOption({ label: "50 GB" });
  await page.keyboard.press("Control+1");
  await runs();
});
