// What each account would refuse, and what one click makes of it.
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

async function form(...platforms) {
  page = await window.open("?still&one");
  await page.waitForSelector(".upload-row");
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
  for (const platform of platforms) await page.locator(`.account-chip:has([data-platform="${platform}"])`).first().click();
  await page.waitForSelector(".rule");
}
const title = (id) => page.locator(id).inputValue();
const cure = (words) => page.locator(".rule-cure", { hasText: words });

test("a text is shortened for its platform alone when somebody asks for it, and whole again when it is taken back", async () => {
  await form("bilibili", "aliyun-vod");
  const long = "x".repeat(85);
  await page.locator("#common-title").fill(long);
  await cure("Shorten it").click();
  await page.waitForFunction(() => document.getElementById("own-bilibili-title").value.length === 79);
  await until(async () => assert.equal(await title("#common-title"), long, "what is common stays as it is written"));
  await until(async () => assert.equal(await title("#own-aliyun-vod-title"), long));
  await page.locator(".toast button", { hasText: "Undo" }).click();
  await page.waitForSelector("#own-bilibili-title[readonly]");
  await until(async () => assert.equal(await title("#own-bilibili-title"), long));
  await cure("Shorten it").waitFor();
});

test("a character that is refused is marked where it stands, and taken out by a click", async () => {
  await form("aliyun-vod");
  await page.locator("#common-title").fill("Harbour 🎬 dawn");
  const rule = page.locator(".rule[data-level=over]", { hasText: "character 9" });
  await rule.locator("[data-goes]").click();
  await page.waitForFunction(() => {
    const field = document.activeElement;
    return field.id === "common-title" && field.selectionStart === 8 && field.selectionEnd === 10;
  });
  await rule.locator(".rule-cure", { hasText: "Take the characters out" }).click();
  await page.waitForFunction(() => document.getElementById("own-aliyun-vod-title").value === "Harbour  dawn");
  await rule.waitFor({ state: "detached" });
});

test("accounts stand worst first, each with its count, and what is kept shows its figures", async () => {
  await form("folder", "bilibili");
  await page.waitForFunction(() => document.querySelectorAll(".verdict").length === 2);
  const verdicts = () => page.locator(".verdict").evaluateAll((all) => all.map((one) => [one.querySelector(".mark").dataset.platform, one.querySelector(".verdict-head .state").dataset.state]));
  await until(async () => assert.deepEqual(await verdicts(), [["bilibili", "over"], ["folder", "ok"]]));
  const room = page.locator(".verdict").nth(1).locator(".rule[data-level=ok]", { hasText: "free" });
  await until(async () => assert.match(await room.textContent(), /of 1\.2.TB free/));
  await page.locator(".verdict").nth(0).locator(".rule[data-level=ok]", { hasText: /File: .+ of .+/ }).first().waitFor();
});
