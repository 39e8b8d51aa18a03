// What axe finds on every screen, in both themes, and what the window complains of under the product's policy: nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, findings, until } from "./window.mjs";
import { screens } from "./screens.mjs";

let window;
before(async () => {
  window = await begin();
});
after(() => window.close());

for (const theme of ["light", "dark"]) {
  for (const [name, { query, act, options }] of Object.entries(screens)) {
    test(`${name} in ${theme} has nothing that axe finds, and breaks no policy`, async () => {
      const page = await window.open(query, { theme, ...options });
      await act?.(page);
      await until(async () => assert.deepEqual(await findings(page), []));
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }
}

test("every icon that is used is there", async () => {
  const page = await window.open("?still");
  for (const { act } of Object.values(screens).filter(({ query }) => query === "?still")) {
    await page.reload();
    await page.waitForSelector(".upload-row");
    await act?.(page);
    const missing = await page.evaluate(() => [...document.querySelectorAll("use")].map((use) => use.getAttribute("href")).filter((href) => !document.querySelector(href)));
    assert.deepEqual(missing, []);
  }
  await page.context().close();
});

test("a forced theme wins over the system's and survives a start", async () => {
  const page = await window.open("?still", { theme: "light" });
  const canvas = () => page.evaluate(() => getComputedStyle(document.querySelector(".sidebar")).backgroundColor);
  const light = await canvas();
  await page.keyboard.press("Control+5");
  await page.locator(".segmented label:has([value=dark])").click();
  await page.waitForFunction((was) => getComputedStyle(document.querySelector(".sidebar")).backgroundColor !== was, light);
  const dark = await canvas();
  await page.reload();
  await page.waitForSelector(".sidebar");
  await until(async () => assert.equal(await canvas(), dark));
  await page.context().close();
});

test("a chosen language is spoken at once and set on the document", async () => {
  const page = await window.open("?still");
  await page.keyboard.press("Control+5");
  await page.selectOption("#set-language", "ja");
  await page.waitForFunction(() => document.documentElement.lang === "ja");
  await until(async () => assert.equal(await page.locator("h1").textContent(), "設定"));
  await page.selectOption("#set-language", "zh-CN");
  await page.waitForFunction(() => document.querySelector("h1")?.textContent === "设置");
  await page.context().close();
});

test("the system's language is spoken from the start", async () => {
  const page = await window.open("?still", { locale: "zh-CN" });
  await until(async () => assert.equal(await page.locator("h1").textContent(), "队列"));
  await page.context().close();
});
