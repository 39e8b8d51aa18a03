// The queue with a hundred thousand rows, in small windows and under the hand; accounts, the first run, the text of an upload.
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

const row = (n) => page.locator(`.upload-row[aria-rowindex="${n + 2}"]`);
const loadedRows = () => page.waitForFunction(() => [...document.querySelectorAll(".upload-row")].every((one) => one.id.startsWith("upload-")) && document.querySelector(".upload-row"));

test("a hundred thousand rows: any place is a jump away, and few rows are ever drawn", async () => {
  page = await window.open("?still&rows=100000");
  await loadedRows();
  await until(async () => assert.equal(await page.locator("#queue-grid").getAttribute("aria-rowcount"), "100001"));
  await page.locator("#queue-grid").focus();
  await page.keyboard.press("End");
  await page.waitForSelector('.upload-row[aria-rowindex="100001"][id^="upload-"]');
  await page.locator(".queue").evaluate((pane) => (pane.scrollTop = 50_000 * 56));
  await page.waitForSelector('.upload-row[aria-rowindex="50002"][id^="upload-"]');
  await until(async () => assert.equal(await row(50_000).locator(".row-title").textContent(), await page.evaluate(() => document.querySelector('.upload-row[aria-rowindex="50002"] .row-title').title)));
  await until(async () => assert.ok((await page.locator(".upload-row").count()) < 40, "only what is in view, some to spare, and the active row"));
  await until(async () => assert.equal(await page.locator('.upload-row[aria-rowindex="100001"]').count(), 1, "the active row stays though it is out of view"));
});

test("a jump is drawn by the second frame, wherever it goes", async (context) => {
  page = await window.open("?still&rows=100000");
  await loadedRows();
  const { drawn, spent } = await page.locator(".queue").evaluate(async (pane) => {
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    const seen = () => {
      const { top, bottom } = pane.getBoundingClientRect();
      const rows = [...document.querySelectorAll(".upload-row")].map((row) => row.getBoundingClientRect());
      return rows.filter((row) => row.bottom > top && row.top < bottom).length;
    };
    const drawn = [];
    const begun = performance.now();
    for (let n = 1; n <= 20; n += 1) {
      pane.scrollTop = n * 250_000;
      await frame();
      await frame();
      drawn.push(seen());
    }
    return { drawn, spent: (performance.now() - begun) / 20 };
  });
  assert.ok(drawn.every((rows) => rows >= 5), `rows in view after each jump: ${drawn}`);
  // A figure, not a limit: how long a frame takes is the machine's affair.
  context.diagnostic(`two frames of a jump took ${spent.toFixed(1)} ms`);
});

test("rows keep one height, the card is a multiple of it, and what is below moves by just that", async () => {
  page = await window.open("?still");
  await loadedRows();
  await row(3).click();
  await page.waitForSelector(".error-card");
  const boxes = await page.evaluate(() => ({
    rows: [...document.querySelectorAll(".upload-row")].map((one) => one.getBoundingClientRect()).map(({ top, height }) => ({ top, height })),
    card: document.querySelector(".error-card").getBoundingClientRect().height,
  }));
  assert.ok(boxes.rows.every(({ height }) => height === 56));
  assert.equal(boxes.card, 168);
  assert.equal(boxes.rows[4].top - boxes.rows[3].top, 56 + 168);
});

for (const [name, options] of [
  ["760 px", { width: 760, height: 780 }],
  ["760 x 520", { width: 760, height: 520 }],
  ["200 % zoom", { zoom: 2 }],
]) {
  for (const locale of ["en-US", "zh-CN", "ja-JP"]) {
    test(`nothing scrolls sideways at ${name} in ${locale}`, async () => {
      page = await window.open("?still&one", { ...options, locale });
      await loadedRows();
      const sideways = () =>
        page.evaluate(() =>
          [document.documentElement, ...document.querySelectorAll(".screen, .queue, .scroll, .topbar, .filters, .form, .tiles, .drawer, dialog, .formbar")]
            .filter((one) => one.scrollWidth > one.clientWidth + 1)
            .map((one) => `${one.className} ${one.scrollWidth} > ${one.clientWidth}`),
        );
      const cut = () =>
        page.evaluate(() =>
          [...document.querySelectorAll(".topbar button, .filters label, .formbar button")]
            .filter((one) => one.getClientRects().length > 0 && one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.textContent.trim()),
        );
      await until(async () => assert.deepEqual([await sideways(), await cut()], [[], []], "the queue"));
      await row(0).dblclick();
      await page.waitForSelector(".part-map");
      await until(async () => assert.deepEqual(await sideways(), [], "the details"));
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+n");
      await page.waitForSelector(".file-line");
      await page.locator(".account-chip").nth(0).click();
      await page.waitForSelector(".platform-fields");
      await until(async () => assert.deepEqual([await sideways(), await cut()], [[], []], "the form"));
      await page.keyboard.press("Control+4");
      await page.waitForSelector(".tile");
      await until(async () => assert.deepEqual(await sideways(), [], "accounts"));
      await page.locator(".topbar .button").last().click();
      await page.waitForSelector("dialog[open] .add-form");
      await until(async () => assert.deepEqual(await sideways(), [], "a new account"));
    });
  }
}

test("a row dragged by the hand lands where the line is", async () => {
  page = await window.open("?still");
  await loadedRows();
  const from = await row(2).locator(".row-title").boundingBox();
  const to = await row(5).boundingBox();
  await page.mouse.move(from.x + 10, from.y + 5);
  await page.mouse.down();
  await page.mouse.move(from.x + 20, from.y + 40, { steps: 3 });
  await page.mouse.move(from.x + 20, to.y + to.height - 6, { steps: 5 });
  await page.waitForSelector(".drop-mark");
  await until(async () => assert.equal(await page.locator(".upload-row[data-dragged]").count(), 1));
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector('.upload-row[aria-rowindex="7"] .row-title')?.textContent === "Studio tour, uncut");
  await until(async () => assert.equal(await page.locator(".drop-mark").count(), 0));
});

test("a filter shows what it counts", async () => {
  page = await window.open("?still");
  await loadedRows();
  for (const label of await page.locator(".filter").all()) {
    const counted = Number(await label.locator(".filter-n").textContent());
    await label.click();
    await page.waitForFunction((n) => document.querySelector("#queue-grid").getAttribute("aria-rowcount") === String(n + 1), counted);
  }
});

test("progress moves by itself, and only acknowledged bytes are counted", async () => {
  page = await window.open("");
  await loadedRows();
  const held = () => row(0).locator("progress").last().evaluate((bar) => bar.value);
  const before = await held();
  await page.waitForFunction((was) => document.querySelectorAll('.upload-row[aria-rowindex="2"] progress')[1].value > was, before);
  const [sent, acknowledged] = await row(0).locator("progress").evaluateAll((bars) => bars.map((bar) => bar.value));
  assert.ok(sent >= acknowledged);
});

test("another text cures an upload that was refused for it", async () => {
  page = await window.open("?still");
  await loadedRows();
  await row(3).locator("[data-act=edit]").click();
  await page.waitForSelector("dialog[open] #edit-title");
  await until(async () => assert.ok(await page.locator("#edit-title-error").isVisible(), "the field says what is wrong with it"));
  await page.locator("#edit-title").fill("Grading night footage");
  await page.locator("#edit-tid").fill("21");
  await page.locator("dialog .button[data-kind=primary]").click();
  await page.waitForSelector("dialog", { state: "detached" });
  await page.waitForSelector('.upload-row[aria-rowindex="5"][data-state="remote"]');
});

test("the first run takes one click and one file to a finished form", async () => {
  page = await window.open("?fresh&one");
  await page.getByRole("button", { name: "Try with a local folder" }).click();
  await page.waitForSelector(".file-line");
  await until(async () => assert.ok(await page.locator(".account-chip input").isChecked(), "the only account is chosen"));
  await page.waitForSelector('.verdict [data-state="ok"]');
  await page.locator(".formbar .button[data-kind=primary]").click();
  await page.waitForSelector('.upload-row[data-state="running"]');
});

test("an account is added from the platform's own fields, and its secret is not kept in the window", async () => {
  page = await window.open("?still");
  await page.keyboard.press("Control+4");
  await page.locator(".topbar .button").last().click();
  await page.locator(".add-list label").nth(1).click();
  await page.locator("dialog .button[data-kind=primary]").click();
  await page.waitForSelector("#account-client_id-error");
  await page.waitForFunction(() => document.activeElement?.id === "account-client_id");
  await page.locator("#account-label").fill("second");
  await page.locator("#account-client_id").fill("app-1");
  await page.locator("#account-client_secret").fill("wrong");
  await page.locator("#account-access_token").fill("token-1");
  await page.locator("dialog .button[data-kind=primary]").click();
  await page.waitForSelector('.note[data-kind="failed"]');
  await page.locator("#account-client_secret").fill("s3cret");
  await page.locator("dialog .button[data-kind=primary]").click();
  await page.waitForSelector("dialog", { state: "detached" });
  await until(async () => assert.equal(await page.locator(".tile").count(), 8));
  await until(async () => assert.ok(!(await page.content()).includes("s3cret")));
});

test("a sign-in asked for on a row leads to its account's form", async () => {
  page = await window.open("?still");
  await loadedRows();
  await row(5).locator("[data-act=sign_in]").click();
  await page.waitForSelector("dialog[open] #account-app_password");
  await page.locator("#account-app_password").fill("new-one");
  await page.locator("dialog .button[data-kind=primary]").click();
  await page.locator(".nav-link", { hasText: "Accounts" }).locator(".nav-flag").waitFor({ state: "detached" });
});

test("what one account refuses is left out, the rest is added", async () => {
  page = await window.open("?still");
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
  for (const n of [0, 1, 5]) await page.locator(".account-chip").nth(n).click();
  await page.waitForFunction(() => document.querySelector(".formbar .button[data-kind=primary]:not(:disabled)")?.textContent === "Add 4 to queue");
  await page.locator(".formbar .button[data-kind=primary]").click();
  await page.waitForFunction(() => document.querySelector(".nav-count")?.textContent === "24");
});

test("a limit is chosen from the menu, or typed", async () => {
  page = await window.open("?still");
  const button = page.locator(".button-pair .button").last();
  await button.click();
  await page.getByRole("menuitemradio", { name: "No limit" }).click();
  await page.waitForFunction(() => document.querySelector(".button-pair").textContent.includes("No limit"));
  await button.click();
  await page.getByRole("menuitem", { name: "Other limit…" }).click();
  await page.locator("#limit-mb").fill("nothing");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#limit-bad");
  await page.locator("#limit-mb").fill("2,5");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".button-pair").textContent.includes("2.5"));
});
