// Watched folders in the real window's page, over the fake backend.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin } from "./window.mjs";

let window;
before(async () => {
  window = await begin();
});
after(() => window.close());

const open = async (query = "?still") => {
  const page = await window.open(query);
  await page.keyboard.press("Control+2");
  await page.waitForSelector(query.includes("fresh") ? ".queue-empty h2" : ".watch");
  return page;
};
const card = (page, name) => page.getByRole("article", { name });
const gone = (locator) => locator.waitFor({ state: "detached" });

test("each card says its rule, and each file why it waits", async () => {
  const page = await open();
  const renders = card(page, "Videos / Renders");
  await renders.getByText("Open in obs for 12").waitFor();
  await renders.getByText("Still growing: 1.2").waitFor();
  await renders.getByText("Same content as what went to main").waitFor();
  assert.equal(await renders.locator(".watch-rules b").first().textContent(), "*.mp4, *.mov");
  await card(page, "Footage / Out").getByText("Waiting for the drive").waitFor();
  await card(page, "srv / recordings").getByText("fs.inotify.max_user_watches is 8192").waitFor();
  await page.context().close();
});

test("what waits is sent anyway or skipped from its row", async () => {
  const page = await open();
  const renders = card(page, "Videos / Renders");
  await renders.getByRole("button", { name: "Send anyway: night-market-final.mp4" }).click();
  await gone(renders.getByText("night-market-final.mp4"));
  await renders.getByRole("button", { name: "Skip: tide-pools.mp4" }).click();
  await gone(renders.getByTitle("tide-pools.mp4"));
  await page.getByText("tide-pools.mp4 is left out until it changes").first().waitFor();
  await page.context().close();
});

test("a folder is switched off and on, shows all its files, and is removed", async () => {
  const page = await open();
  const talks = card(page, "srv / recordings");
  await talks.getByText("5 more files").waitFor();
  await talks.getByRole("button", { name: "Show files" }).click();
  await talks.getByText("day-2/talk-24.mkv").waitFor();
  await talks.getByRole("switch").click();
  await talks.getByText("Seen, not sent").first().waitFor();
  await talks.getByRole("switch").click();
  await talks.locator(".pill", { hasText: "Watching" }).waitFor();
  await talks.getByRole("button", { name: "More for srv / recordings" }).click();
  await page.getByRole("menuitem", { name: "Stop watching…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop watching…" }).click();
  await gone(talks);
  await page.context().close();
});

test("a new folder needs an account, and goes with what was chosen", async () => {
  const page = await open("?still");
  await page.getByRole("button", { name: "Watch a folder" }).click();
  const form = page.getByRole("dialog", { name: "Watch a folder" });
  await form.waitFor();
  assert.equal(await form.getByLabel("Folder", { exact: true }).inputValue(), "/home/studio/Videos/Exports");
  await form.getByLabel("Ready after").fill("0");
  await form.getByRole("button", { name: "Start watching" }).click();
  await form.getByText("Choose an account, or a template").waitFor();
  await form.getByText("Write whole seconds").waitFor();
  await form.getByLabel("Ready after").fill("25");
  await form.getByLabel("Files", { exact: true }).fill("*.mp4, final/*.{mov,mkv}");
  await form.locator(".account-chip").first().click();
  await form.getByText("Move it").click();
  await form.getByLabel("Folder to move to").waitFor();
  await form.getByRole("button", { name: "Start watching" }).click();
  const made = card(page, "Videos / Exports");
  await made.getByText("*.mp4, final/*.{mov,mkv}").waitFor();
  await made.getByText("move to “Exports 2”").waitFor();
  await made.getByText("25").first().waitFor();
  await page.context().close();
});

test("without any folder the screen says what it is for", async () => {
  const page = await open("?fresh");
  await page.getByText("No folder is watched").waitFor();
  await page.context().close();
});
