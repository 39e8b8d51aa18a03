// The accounts' screen: who comes first, signing in, upload tokens, another name; with the keyboard and without room.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, until } from "./window.mjs";

let window;
before(async () => {
  window = await begin();
});
after(() => window.close());

async function open(query = "?still", options = {}) {
  const page = await window.open(query, options);
  await page.keyboard.press("Control+4");
  await page.waitForSelector(".tile");
  return page;
}
const tile = (page, name) => page.getByRole("article", { name, exact: true });
const BLUESKY = "Bluesky, @studio.example.com";
const choose = async (page, name, item) => {
  await page.getByRole("button", { name: `More for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
};
const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute("aria-label") || document.activeElement?.textContent?.trim());
const untilFocused = (page, wanted) => page.waitForFunction((text) => (document.activeElement?.id || document.activeElement?.getAttribute("aria-label") || document.activeElement?.textContent?.trim()) === text, wanted);

test("who needs somebody comes first, with the only primary button", async () => {
  const page = await open("?still&ten");
  await until(async () => {
    const names = await page.locator(".tile[aria-label]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
    assert.equal(names.length, 10);
    assert.deepEqual(names.slice(0, 3), [BLUESKY, "ApsaraVideo, guests", "Bilibili, second"]);
  });
  await until(async () => assert.deepEqual(await page.locator(".tiles [data-kind=primary]").allTextContents(), ["Sign in"]));
  await page.context().close();
});

test("a sign-in waits for the browser, and its uploads go on", async () => {
  const page = await open();
  await tile(page, BLUESKY).getByRole("button", { name: "Sign in" }).click();
  const dialog = page.getByRole("dialog", { name: `Sign in to ${BLUESKY}` });
  await dialog.getByRole("status").waitFor();
  await page.evaluate(() => dispatchEvent(new Event("fake-browser")));
  await dialog.waitFor({ state: "detached" });
  await tile(page, BLUESKY).getByText("Working").waitFor();
  await until(async () => assert.equal(await page.locator(".nav-link", { hasText: "Accounts" }).locator(".nav-flag").count(), 0));
  await page.keyboard.press("Control+1");
  await page.waitForSelector(".upload-row");
  await until(async () => assert.equal(await page.locator(".upload-row", { hasText: "ign in" }).count(), 0));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a code or address that is brought ends a sign-in; a foreign one is refused, and can be tried again", async () => {
  const page = await open();
  await choose(page, "Bilibili, main", "Sign in again");
  const dialog = page.getByRole("dialog", { name: "Sign in to Bilibili, main" });
  await untilFocused(page, "sign-in-code");
  await page.keyboard.press("Enter"); // nothing so far: nothing happens
  await page.keyboard.type("https://callback.example/?code=1&state=foreign");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").waitFor();
  await until(async () => assert.equal(await page.locator("#sign-in-code").inputValue(), "", "what was typed is forgotten"));
  await dialog.getByRole("button", { name: "Try again" }).click();
  await page.locator("#sign-in-code").fill("a1b2");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.locator(".toast", { hasText: "Bilibili, main works" }).waitFor();
  await page.context().close();
});

test("where no browser opens, the address is there to be copied", async () => {
  const page = await open("?still&unopened");
  await choose(page, "Bilibili, main", "Sign in again");
  const address = page.getByLabel("Address of the sign-in page");
  await until(async () => assert.match(await address.inputValue(), /^https:/));
  await page.getByRole("dialog").getByRole("button", { name: "Copy" }).click();
  await until(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await address.inputValue()));
  await page.context().close();
});

test("a sign-in that is called off changes nothing, and gives the focus back", async () => {
  const page = await open();
  const button = tile(page, BLUESKY).getByRole("button", { name: "Sign in" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await until(async () => assert.equal(await focused(page), "Sign in"));
  // What the browser brings now belongs to nobody.
  await page.evaluate(() => dispatchEvent(new Event("fake-browser")));
  await tile(page, BLUESKY).getByText("Sign in again.").waitFor();
  await page.context().close();
});

test("upload tokens are made, copied and deleted after one more question, all by keyboard", async () => {
  const page = await open();
  await page.getByRole("button", { name: "More for api.video, main" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Upload tokens" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Upload tokens of api.video, main" });
  await dialog.getByText("No tokens so far").waitFor();
  await page.selectOption("#token-life", "3600");
  await dialog.getByRole("button", { name: "Create token" }).focus();
  await page.keyboard.press("Enter");
  const row = dialog.getByRole("listitem");
  await row.waitFor();
  await until(async () => assert.match(await row.textContent(), /until/));
  const token = await row.locator("code").textContent();
  await row.getByRole("button", { name: /^Copy token/ }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".toast", { hasText: "Token copied" }).waitFor();
  await until(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token));
  await row.getByRole("button", { name: /^Delete token/ }).focus();
  await page.keyboard.press("Enter");
  await untilFocused(page, "Keep");
  await page.keyboard.press("Enter");
  await untilFocused(page, `Delete token …${token.slice(-4)}`);
  await page.keyboard.press("Enter");
  await untilFocused(page, "Keep");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await dialog.getByText("No tokens so far").waitFor();
  await untilFocused(page, "token-life");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.context().close();
});

test("an account gets another name, but not one that is taken", async () => {
  const page = await open();
  await choose(page, "Bilibili, main", "Rename");
  await untilFocused(page, "rename-label");
  await page.locator("#rename-label").fill("studio");
  await page.locator("#rename-error").waitFor();
  await page.keyboard.press("Enter");
  await until(async () => assert.equal(await page.locator("#rename-label").inputValue(), "studio", "it is still asked for"));
  await page.locator("#rename-label").fill("channel");
  await page.keyboard.press("Enter");
  await tile(page, "Bilibili, channel").waitFor();
  await page.context().close();
});

test("only an account that can has tokens to hand out or a page to sign in on", async () => {
  const page = await open("?still&ten");
  const items = async (name) => {
    await page.getByRole("button", { name: `More for ${name}`, exact: true }).click();
    await page.getByRole("menuitem").first().waitFor();
    const all = await page.getByRole("menuitem").allTextContents();
    await page.keyboard.press("Escape");
    await page.locator(".menu-veil").waitFor({ state: "detached" });
    return all.map((text) => text.trim());
  };
  assert.ok((await items("api.video, main")).includes("Upload tokens"));
  assert.ok(!(await items("api.video, trial")).includes("Upload tokens"), "it is itself only a token");
  assert.ok(!(await items("Wangsu VoD, archive")).includes("Sign in again"));
  await page.context().close();
});

for (const [name, options] of Object.entries({ "760 px": { width: 760, height: 520 }, "200 %": { zoom: 2 } })) {
  for (const locale of ["en-US", "zh-CN", "ja-JP"]) {
    test(`nothing is cut off or scrolls sideways at ${name} in ${locale}`, async () => {
      const page = await open("?still&ten", { ...options, locale });
      const wide = await page.evaluate(() => {
        const scroll = document.querySelector(".scroll");
        const cut = [...document.querySelectorAll(".tile dd, .tile dt, .tile-foot, .tile-health, .tile .button")].filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline");
        return { sideways: scroll.scrollWidth > scroll.clientWidth, cut: cut.filter((one) => !one.classList.contains("visually-hidden")).map((one) => one.textContent.trim()) };
      });
      assert.deepEqual(wide, { sideways: false, cut: [] });
      await page.context().close();
    });
  }
}
