// What the shell promises around the window: what it refuses, how it ends, and what a page may not do.
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { below, CLEAN_END, endAfter, logOf, open, press, scratch, screen, start, video, watched, windowShown, within } from "./app.mjs";
import { until } from "./webdriver.mjs";


test("a queue of a newer version is refused in a sentence, in the user's language", watched("newer", async (t) => {
  const { folder, data, remove } = scratch({ language: "ja" });
  t.after(remove);
  const first = start(data, [], { HOME: folder });
  endAfter(t, first);
  await windowShown("^Slipway$");
  first.process.kill("SIGTERM");
  await within(3_000, first.ended);
  // SQLite keeps `user_version` in four bytes at offset 60 of its file.
  const file = openSync(join(data, "queue.db"), "r+");
  writeSync(file, Buffer.from([0, 0, 0x27, 0x0f]), 0, 4, 60);
  closeSync(file);
  const second = start(data, [], { HOME: folder });
  endAfter(t, second);
  const dialog = await windowShown("Slipway を起動できません");
  await screen("newer-ja");
  await press(dialog, "Return");
  assert.equal((await within(5_000, second.ended)).code, 4);
}));

test("a signal ends a sending app within three seconds, and it goes on at the next start", watched("signal", async (t) => {
  const { folder, data, remove } = scratch();
  const film = video(folder, "film.mp4", 200_000_000);
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  await app.send(film, join(folder, "out"), 8_000_000);
  const { held_bytes } = await until("acknowledged bytes", async () => {
    const live = await app.upload();
    return live.held_bytes > 0 && live;
  });
  process.kill(await app.pid(), "SIGTERM");
  await until("the log of a clean end", () => CLEAN_END.test(logOf(data)), 3_000);
  await app.end();

  const again = await open(data, { environment: { HOME: folder } });
  t.after(() => again.end());
  assert.ok((await again.upload()).held_bytes >= held_bytes, "what was acknowledged is kept");
  await again.invoke("limit_set", { bytes_per_second: null });
  await until("a published upload", async () => (await again.upload()).phase === "published");
}));

test("a page whose process dies is drawn again", watched("page-death", async (t) => {
  const { folder, data, remove } = scratch();
  t.after(remove);
  const app = start(data, [], { HOME: folder });
  endAfter(t, app);
  const page = () => below(app.process.pid).find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("WebKitWeb"));
  const first = await until("a page that has lived long enough", async () => {
    const pid = page();
    return pid !== undefined && ageMs(pid) > 6_000 && pid;
  });
  process.kill(first, "SIGKILL");
  await until("another page", async () => ![undefined, first].includes(page()));
  app.process.kill("SIGTERM");
  assert.equal((await within(3_000, app.ended)).code, 0);
}));

test("a page can do nothing but what the list of commands has", watched("page", async (t) => {
  const { folder, data, remove } = scratch();
  const app = await open(data, { environment: { HOME: folder } });
  t.after(async () => {
    await app.end();
    remove();
  });
  for (const command of [
    "plugin:fs|read_text_file",
    "plugin:dialog|open",
    "plugin:opener|open_url",
    "plugin:store|load",
    "plugin:event|emit",
    "plugin:window|set_title",
    "plugin:webview|create_webview_window",
    "plugin:app|exit",
    "files_offer",
  ]) {
    const refused = await app.session.run(
      "return window.__TAURI_INTERNALS__.invoke(arguments[0], { path: '/etc/passwd', url: 'https://example.com', request: ['/etc/passwd'] }).then(() => null, String)",
      command,
    );
    assert.match(refused ?? "it was obeyed", /not allowed|not found|denied|Command/i, command);
  }
  const out = await app.session.run(`
    const broken = [];
    document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.wrong = true";
    document.body.append(script);
    const style = document.createElement("style");
    style.textContent = "body { display: none }";
    document.head.append(style);
    return fetch("https://example.com/").then(() => "sent", () => "refused").then(async (fetched) => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return { fetched, wrong: window.wrong ?? null, shown: getComputedStyle(document.body).display !== "none", broken };
    });`);
  assert.equal(out.fetched, "refused");
  assert.equal(out.wrong, null, "an inline script does not run");
  assert.ok(out.shown, "an inline style does not apply");
  assert.ok(out.broken.includes("connect-src"), JSON.stringify(out.broken));
  assert.equal(await app.session.run("try { Object.prototype.polluted = 1 } catch {} return ({}).polluted ?? null"), null);
  await app.session.run("location.href = 'https://example.com/'");
  assert.match(await app.session.run("return location.href"), /^tauri:\/\/localhost/, "the window goes nowhere else");
}));

/** How long a process has lived. */
function ageMs(pid) {
  return Date.now() - statSync(`/proc/${pid}`).ctimeMs;
}
