// The proxy: of all accounts in settings, and of one in its form.
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

async function settings(query = "?still") {
  page = await window.open(query);
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.locator("#connection").waitFor();
}
const leave = async () => {
  await page.getByRole("link", { name: "Queue" }).click();
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Settings" }).click();
};
// The label lies over its radio.
const choose = (name) => page.locator("#connection .segmented").getByText(name, { exact: true }).click();
const way = (name) => page.locator("#connection").getByRole("radio", { name, exact: true });

test("the system's proxy is named, and none is chosen with one press", async () => {
  await settings();
  await page.getByText("The system's proxy is 10.0.0.1:3128").waitFor();
  await choose("None");
  await page.getByText("Straight, whatever the system says").waitFor();
  await leave();
  await until(async () => assert.ok(await way("None").isChecked()));
});

test("a proxy is in force when it is said whole, and its password is never shown again", async () => {
  await settings();
  await choose("SOCKS5");
  const use = page.getByRole("button", { name: "Use this proxy" });
  await use.click();
  await page.getByText("Name the host of the proxy").waitFor();
  await page.getByText("A number from 1 to 65535").waitFor();
  await until(async () => assert.equal(await page.evaluate(() => document.activeElement?.id), "proxy-host"));
  await page.getByLabel("Host").fill("proxy.example");
  await page.getByLabel("Port").fill("1080");
  await page.getByLabel("User").fill("mara");
  await page.getByLabel("Password").fill("hidden words");
  await use.click();
  await page.getByText("Connections take the proxy from now on").waitFor();
  await leave();
  await until(async () => assert.ok(await way("SOCKS5").isChecked()));
  assert.equal(await page.getByLabel("Host").inputValue(), "proxy.example");
  assert.equal(await page.getByLabel("Password").inputValue(), "");
  assert.ok(!(await page.content()).includes("hidden words"));
  await page.getByRole("button", { name: "Forget the password" }).click();
  await page.getByRole("button", { name: "Forget the password" }).waitFor({ state: "detached" });
});

test("a proxy that cannot be one is refused with its cause, and what was typed stays", async () => {
  await settings();
  await choose("HTTP");
  await page.getByLabel("Host").fill("http://proxy");
  await page.getByLabel("Port").fill("3128");
  await page.getByRole("button", { name: "Use this proxy" }).click();
  await page.getByRole("alert").filter({ hasText: "The proxy cannot be used as it is written" }).waitFor();
  assert.equal(await page.getByLabel("Host").inputValue(), "http://proxy");
  await leave();
  await until(async () => assert.ok(await way("System").isChecked(), "what was refused is not in force"));
});

test("another server is not said to keep the password of this one", async () => {
  await settings("?still&proxied");
  const forget = page.getByRole("button", { name: "Forget the password" });
  await forget.waitFor();
  const password = page.getByLabel("Password");
  const kept = await password.getAttribute("placeholder");
  assert.ok(kept);
  await page.getByLabel("Host").fill("elsewhere.example");
  await until(async () => assert.equal(await password.getAttribute("placeholder"), null));
});

test("what goes straight is changed by its list", async () => {
  await settings("?still&proxied");
  const list = page.getByLabel("Straight to");
  assert.equal(await list.inputValue(), "localhost, 127.0.0.0/8, ::1");
  await list.fill("nas.local");
  await list.blur();
  await leave();
  await until(async () => assert.equal(await list.inputValue(), "nas.local"));
});

test("an account has the settings' proxy, or one of its own with its password", async () => {
  page = await window.open("?still");
  await page.waitForSelector(".upload-row");
  await page.getByRole("link", { name: "Accounts" }).click();
  await page.getByRole("button", { name: /^More for Bluesky/ }).first().click();
  await page.getByRole("menuitem", { name: /^Change/ }).click();
  await page.locator("dialog summary").click();
  const choice = page.locator("#account-way");
  await until(async () => assert.equal(await choice.inputValue(), ""));
  assert.equal(await page.getByLabel("Address of the proxy").count(), 0);
  await choice.selectOption("own");
  await page.getByLabel("Address of the proxy").fill("socks5://mara@proxy.example:1080");
  await page.getByLabel("Password of the proxy").fill("hidden words");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^More for Bluesky/ }).first().click();
  await page.getByRole("menuitem", { name: /^Change/ }).click();
  await page.locator("dialog summary").click();
  await until(async () => assert.equal(await page.getByLabel("Address of the proxy").inputValue(), "socks5://mara@proxy.example:1080"));
  assert.equal(await page.getByLabel("Password of the proxy").inputValue(), "");
});
