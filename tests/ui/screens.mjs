// The screens of the window and how one gets to them: what is looked at by axe and taken as a picture.
const files = async (page) => {
  await page.keyboard.press("Control+n");
  await page.waitForSelector(".file-line");
};
const chips = async (page, ...numbers) => {
  for (const n of numbers) await page.locator(".account-chip").nth(n).click();
  await page.waitForSelector(".verdict-head .state", { state: "attached" });
};
const row = (page, n) => page.locator(`.upload-row[aria-rowindex="${n + 2}"]`);

const accounts = async (page) => {
  await page.keyboard.press("Control+4");
  await page.waitForSelector(".tile");
};
const PLATFORMS = ["bilibili", "aliyun-vod", "wangsu", "api-video", "bluesky", "folder"];
/** The tile of an account, by the order they were added in. */
const tileOf = (page, account) => page.locator(".tile", { has: page.locator(`.mark[data-platform=${PLATFORMS[account]}]`) });
const menuOf = async (page, account, item) => {
  await tileOf(page, account).locator(".tile-head .button").click();
  await page.locator(".menu-item").nth(item).click();
};

const watched = async (page) => {
  await page.keyboard.press("Control+2");
  await page.waitForSelector(".watch");
};

const past = async (page) => {
  await page.keyboard.press("Control+3");
  await page.waitForSelector(".table-row .state");
};
const receipt = async (page) => {
  await past(page);
  await page.locator(".table-row").first().click();
  await page.waitForSelector(".drawer .timeline li");
};
const templateMenu = async (page, n) => {
  await page.locator(".topbar .button[aria-haspopup]").first().click();
  await page.locator(".menu-item").nth(n).click();
};

const report = async (page) => {
  await page.keyboard.press("Control+5");
  await page.locator("#diagnostics .button").first().click();
  await page.locator(".report-text pre").first().waitFor();
  await page.locator("#diagnostics").scrollIntoViewIfNeeded();
};
const uploadLog = async (page) => {
  await page.waitForSelector(".upload-row");
  await page.locator('.upload-row[aria-rowindex="2"] .row-title').dblclick();
  await page.locator(".upload-log summary").click();
  await page.locator(".upload-log li").first().waitFor();
  await page.locator(".upload-log").scrollIntoViewIfNeeded();
};
const settings = async (page) => {
  await page.keyboard.press("Control+5");
  await page.waitForSelector(".week-grid");
};

const proxy = async (page) => {
  await settings(page);
  await page.locator("#connection").evaluate((section) => section.scrollIntoView());
};

export const screens = {
  queue: { query: "?still" },
  "queue-card": {
    query: "?still",
    act: async (page) => {
      await row(page, 3).click();
      await page.waitForSelector(".error-card li");
    },
  },
  "queue-drawer": {
    query: "?still",
    act: async (page) => {
      await row(page, 0).dblclick();
      await page.waitForSelector(".part-map");
    },
  },
  "queue-menu": {
    query: "?still",
    act: async (page) => {
      await row(page, 0).locator("[data-act=menu]").click();
      await page.waitForSelector(".menu-item");
    },
  },
  "queue-selection": {
    query: "?still",
    act: async (page) => {
      await row(page, 0).click();
      await row(page, 2).click({ modifiers: ["Shift"] });
      await page.waitForSelector(".selection");
    },
  },
  "queue-narrow": { query: "?still", options: { width: 760, height: 780 } },
  "queue-smallest": { query: "?still", options: { width: 760, height: 520 } },
  "queue-zoom-200": { query: "?still", options: { zoom: 2 } },
  "queue-metered": { query: "?still&network=metered" },
  "queue-metered-narrow": { query: "?still&network=metered", options: { width: 760, height: 780 } },
  "queue-question": { query: "?still&network=ask" },
  "queue-question-narrow": { query: "?still&network=ask", options: { width: 760, height: 780 } },
  "queue-offline": { query: "?still&network=offline" },
  "network-menu": {
    query: "?still&network=ask",
    act: async (page) => {
      await page.locator(".chip").click();
      await page.waitForSelector(".menu-item");
    },
  },
  first: { query: "?fresh&still" },
  "first-zoom-200": { query: "?fresh&still", options: { zoom: 2 } },
  drag: {
    query: "?still",
    act: async (page) => {
      await page.evaluate(() => window.dispatchEvent(new DragEvent("dragenter", { cancelable: true, dataTransfer: new DataTransfer() })));
      await page.waitForSelector(".drop");
    },
  },
  manuscript: {
    query: "?still&one",
    act: async (page) => {
      await files(page);
      await chips(page, 0, 1, 5);
      await page.locator("#common-title").fill("Harbour crane at dawn, 4K: four minutes above the container port before the shift begins");
      await page.waitForSelector(".rule[data-level=over]");
    },
  },
  "manuscript-cover": {
    query: "?still&one",
    act: async (page) => {
      await files(page);
      await chips(page, 0, 1, 5);
      await page.locator(".frame:nth-child(7) img").waitFor();
      await page.locator(".frame").nth(3).click();
      await page.waitForSelector(".cover > img");
      await page.locator(".cut-line input").fill("20");
    },
  },
  "manuscript-several": {
    query: "?still",
    act: async (page) => {
      await files(page);
      await chips(page, 0, 3);
    },
  },
  "manuscript-one-of-several": {
    query: "?still",
    act: async (page) => {
      await files(page);
      await chips(page, 0, 3);
      await page.locator(".file-choice").nth(2).check();
      await page.locator("[data-field=common-description] .link-toggle").click();
      await page.locator("#common-description").fill("One take, no cut.");
    },
  },
  "manuscript-zoom-200": {
    query: "?still",
    options: { zoom: 2 },
    act: async (page) => {
      await files(page);
      await chips(page, 0, 3);
    },
  },
  "manuscript-captions": {
    query: "?still&one",
    options: { height: 980 },
    act: async (page) => {
      await files(page);
      await chips(page, 3);
      await page.locator(".captions .button").click();
      await page.waitForSelector(".caption-line");
    },
  },
  "manuscript-drafts": {
    query: "?still&drafts",
    act: async (page) => {
      await page.keyboard.press("Control+n");
      await page.waitForSelector(".no-files");
    },
  },
  "manuscript-draft-gone": {
    query: "?still&drafts",
    act: async (page) => {
      await page.keyboard.press("Control+n");
      await page.locator(".file-acts .button").click();
      await page.waitForSelector(".file-line[data-out]");
    },
  },
  "manuscript-template": {
    query: "?still",
    options: { height: 980 },
    act: async (page) => {
      await files(page);
      await chips(page, 3);
      await templateMenu(page, 0);
      await page.locator(".filled-line").nth(1).scrollIntoViewIfNeeded();
    },
  },
  "manuscript-templates": {
    query: "?still",
    act: async (page) => {
      await files(page);
      await chips(page, 3);
      await templateMenu(page, 1);
      await page.locator("#template-name").fill("Harbour");
    },
  },
  "manuscript-list": {
    query: "?still",
    act: async (page) => {
      await files(page);
      await templateMenu(page, 3);
      await page.waitForSelector(".row-faults");
    },
  },
  "queue-change-many": {
    query: "?still",
    act: async (page) => {
      await page.locator("#queue-grid").focus();
      await page.keyboard.press("Control+a");
      await page.locator(".selection .button").nth(2).click();
      await page.locator("#many-description").fill("Part {index}");
    },
  },
  "manuscript-narrow": {
    query: "?still&one",
    options: { width: 760, height: 780 },
    act: async (page) => {
      await files(page);
      await page.locator(".account-chip").nth(0).click();
      await page.locator(".preflight-toggle").click();
    },
  },
  "queue-returned": {
    query: "?still&returned",
    act: async (page) => {
      await row(page, 0).click();
      await page.waitForSelector(".error-card li");
    },
  },
  "queue-resubmit": {
    query: "?still&returned",
    act: async (page) => {
      await row(page, 0).locator("[data-act=edit]").click();
      await page.waitForSelector("#edit-title");
    },
  },
  history: { query: "?still", act: past },
  "history-receipt": { query: "?still", act: receipt },
  "history-refused": {
    query: "?still",
    act: async (page) => {
      await past(page);
      await page.locator(".table-row").nth(5).click();
      await page.waitForSelector(".drawer .note");
    },
  },
  "history-narrow": { query: "?still", options: { width: 760, height: 780 }, act: past },
  "history-receipt-narrow": { query: "?still", options: { width: 760, height: 780 }, act: receipt },
  "history-zoom-200": { query: "?still", options: { zoom: 2 }, act: past },
  "history-nothing": {
    query: "?still",
    act: async (page) => {
      await past(page);
      await page.locator("#history-search").fill("nowhere");
      await page.waitForSelector(".queue-empty .button");
    },
  },
  watch: { query: "?still", options: { height: 1080 }, act: watched },
  "watch-none": {
    query: "?still&fresh",
    act: async (page) => {
      await page.keyboard.press("Control+2");
      await page.waitForSelector(".queue-empty h2");
    },
  },
  "watch-narrow": { query: "?still", options: { width: 760, height: 1400 }, act: watched },
  "watch-zoom-200": { query: "?still", options: { zoom: 2 }, act: watched },
  "watch-form": {
    query: "?still",
    options: { height: 900 },
    act: async (page) => {
      await watched(page);
      await page.locator(".topbar .button").click();
      await page.waitForSelector("dialog[open] .watch-form");
    },
  },
  "watch-form-faults": {
    query: "?still",
    options: { width: 760, height: 900 },
    act: async (page) => {
      await watched(page);
      await page.locator(".watch .icon-button").nth(1).click();
      await page.locator(".menu-item").nth(1).click();
      await page.locator("#watch-settle").fill("0");
      await page.locator(".account-chip input:checked").click({ force: true });
      await page.locator("dialog [data-kind=primary]").click();
      await page.waitForSelector("dialog .field-error");
    },
  },
  accounts: { query: "?still", act: accounts },
  "accounts-ten": { query: "?still&ten", options: { height: 1080 }, act: accounts },
  "accounts-ten-narrow": { query: "?still&ten", options: { width: 760, height: 1560 }, act: accounts },
  "accounts-ten-zoom-200": { query: "?still&ten", options: { zoom: 2 }, act: accounts },
  "accounts-menu": {
    query: "?still",
    act: async (page) => {
      await accounts(page);
      await tileOf(page, 3).locator(".tile-head .button").click();
      await page.waitForSelector(".menu-item");
    },
  },
  "accounts-sign-in": {
    query: "?still",
    act: async (page) => {
      await accounts(page);
      await tileOf(page, 4).locator(".tile-foot .button").click();
      await page.waitForSelector(".dialog-sign-in .fold");
    },
  },
  "accounts-sign-in-paste": {
    query: "?still&unopened",
    act: async (page) => {
      await accounts(page);
      await menuOf(page, 0, 1);
      await page.waitForSelector("#sign-in-code");
    },
  },
  "accounts-tokens": {
    query: "?still",
    act: async (page) => {
      await accounts(page);
      await menuOf(page, 3, 1);
      for (const life of ["86400", "0"]) {
        await page.selectOption("#token-life", life);
        const before = await page.locator(".token-row").count();
        await page.locator(".token-new .button").click();
        await page.locator(".token-row").nth(before).waitFor();
      }
      await page.locator(".token-row .button").nth(3).click();
      await page.waitForSelector(".token-row [data-kind=danger]");
    },
  },
  "accounts-rename": {
    query: "?still",
    act: async (page) => {
      await accounts(page);
      await menuOf(page, 1, 1);
      await page.waitForSelector("#rename-label");
    },
  },
  "accounts-add": {
    query: "?still",
    act: async (page) => {
      await page.keyboard.press("Control+4");
      await page.locator(".topbar .button").last().click();
      await page.locator(".add-list label").nth(2).click();
      await page.waitForSelector("#account-access_key_id");
    },
  },
  "upload-log": { query: "?still", act: uploadLog },
  report: { query: "?still", act: report },
  "report-narrow": { query: "?still", options: { width: 760, height: 980 }, act: report },
  "report-zoom-200": { query: "?still", options: { zoom: 2 }, act: report },
  settings: { query: "?still&painted", act: settings },
  "settings-data": {
    query: "?still",
    act: async (page) => {
      await settings(page);
      await page.locator("#data").evaluate((section) => section.scrollIntoView());
    },
  },
  "settings-import": {
    query: "?still",
    act: async (page) => {
      await settings(page);
      await page.locator("#data button").nth(2).click();
      await page.waitForSelector(".data-changes");
    },
  },
  "settings-proxy": { query: "?still&proxied", act: proxy },
  "settings-proxy-narrow": { query: "?still&proxied", options: { width: 760, height: 780 }, act: proxy },
  "settings-proxy-zoom-200": { query: "?still&proxied", options: { zoom: 2 }, act: proxy },
  "settings-narrow": { query: "?still&painted", options: { width: 760, height: 980 }, act: settings },
  "settings-zoom-200": { query: "?still&painted", options: { zoom: 2 }, act: settings },
  "settings-networks-narrow": {
    query: "?still&network=metered",
    options: { width: 760, height: 980 },
    act: async (page) => {
      await page.locator('.upload-row[aria-rowindex="2"] [data-act=use_once]').click();
      await page.keyboard.press("Control+5");
      await page.waitForSelector("#network .setting");
    },
  },
  keys: {
    query: "?still",
    act: async (page) => {
      await page.keyboard.press("?");
      await page.waitForSelector(".key-list");
    },
  },
};
