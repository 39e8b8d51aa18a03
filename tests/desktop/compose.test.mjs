// Three videos to three accounts, from an empty form to 'published', through the real window, in every language and theme; and a draft that outlives a kill.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { open, scratch, start, watched } from "./app.mjs";
import { simulator } from "./simulator.mjs";
import { until } from "./webdriver.mjs";

const SAMPLE = fileURLToPath(new URL("../campaign/sample.mp4", import.meta.url));
const NAMES = ["harbour crane.mp4", "levee ride.mp4", "night market.mp4"];
const CATEGORY = "21";

const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** A video that plays, with bytes of its own at its end: a box that players pass over. */
function film(folder, name) {
  const path = join(folder, name);
  const said = Buffer.from(`free${name}`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(said.length + 4);
  writeFileSync(path, Buffer.concat([readFileSync(SAMPLE), length, said]));
  return path;
}

async function stage(t, looks) {
  const { folder, data, remove } = scratch(looks);
  const films = NAMES.map((name) => film(folder, name));
  const stage = { folder, data, films, archive: join(folder, "archive"), app: null };
  mkdirSync(stage.archive);
  t.after(async () => {
    await stage.app?.end();
    remove();
  });
  stage.open = async () => {
    stage.app = await open(data, { environment: { HOME: folder, LANG: "C.UTF-8" } });
    return stage.app;
  };
  /** Another start of the app hands the files over. */
  stage.offer = async () => {
    const { code } = await start(data, films, { HOME: folder }).ended;
    assert.equal(code, 0);
  };
  return stage;
}

/** Writes into a field, in place of what is there. A field that was just drawn anew is tried again. */
const write = (session, css, text) =>
  until(`'${text}' in ${css}`, async () => {
    const field = await session.find(`${css}:not([readonly])`);
    await session.run("arguments[0].focus(); arguments[0].select()", field);
    await field.type(text);
    return true;
  });
const pick = (session, n) => session.run("document.querySelectorAll('.file-choice')[arguments[0]].click()", n);
const press = (session, css, n = 0) => session.run("document.querySelectorAll(arguments[0])[arguments[1]].click()", css, n);
const shown = (session, css) => session.run("return document.querySelector(arguments[0])?.value ?? null", css);

for (const language of ["en", "zh-CN", "ja"]) {
  for (const theme of ["light", "dark"]) {
    test(`three videos go to three accounts, each with its own title (${language}, ${theme})`, watched(`compose-${language}-${theme}`, async (t) => {
      const at = await stage(t, { language, theme });
      const channel = await simulator("bilibili", "--review", "immediate", "--spacing-ms", "0");
      const website = await simulator("api-video", "--encoding", "immediate");
      t.after(() => [channel, website].forEach((platform) => platform.stop()));
      const { session, invoke, shot } = await at.open().then((app) => ({ session: app.session, invoke: app.invoke.bind(app), shot: (name) => app.shot(`${name}-${language}-${theme}`) }));

      const [user] = channel.told.users;
      const { url } = channel.told;
      const add = (platform, label, settings, secrets) => invoke("account_add", { platform, label, settings, secrets, check: true });
      await add("folder", "Archive", { path: at.archive }, {});
      await add(
        "bilibili",
        "My channel",
        { client_id: user.client_id, "endpoint.api": url, "endpoint.oauth": url, "endpoint.consent": url, "endpoint.upload": url, "rate.submit_spacing_s": "0" },
        { app_secret: user.app_secret, access_token: user.access_token, refresh_token: user.refresh_token },
      );
      await add("api-video", "Website", { endpoint: website.told.url }, { api_key: website.told.api_key });

      await at.offer();
      await until("three videos", async () => (await session.all(".file-entry")).length === 3);
      await until("what the videos say of themselves", async () => (await session.all(".file-line .row-sub")).length === 4 && (await session.run("return document.querySelectorAll('.file-entry .row-sub')[2].textContent")).includes("×"));
      await until("three accounts", async () => (await session.all(".account-chip")).length === 3);
      // The first may be chosen: it was the only one when the videos came.
      for (const n of [0, 1, 2]) await session.run("const box = document.querySelectorAll('.account-chip input')[arguments[0]]; if (!box.checked) box.click()", n);
      await until("all of them chosen", async () => (await session.all(".account-chip input:checked")).length === 3 && (await session.all(".verdict")).length === 3);
      await write(session, "#common-description", "Filmed from the public pier.");
      await write(session, "#common-tags", "harbour,4k,");
      await session.find("#own-bilibili-tid");
      await session.run("document.querySelector('[data-field=own-bilibili-tid] .link-toggle')?.click()");
      await write(session, "input#own-bilibili-tid", CATEGORY);
      for (const [n, title] of ["Crane at dawn", "Levee ride", "夜市"].entries()) {
        await pick(session, n + 1);
        await until(`the manuscript of ${NAMES[n]}`, async () => (await shown(session, "#common-title")) === NAMES[n].replace(".mp4", ""));
        await write(session, "#common-title", title);
      }
      // The last has its own description, and the second its own title on one platform.
      await press(session, "[data-field=common-description] .link-toggle");
      await write(session, "#common-description", "One evening, no cut.");
      await shot("compose-1-own");
      await pick(session, 2);
      await until("the second manuscript", async () => (await shown(session, "#common-title")) === "Levee ride");
      await press(session, "[data-field=own-api-video-title] .link-toggle");
      await write(session, "#own-api-video-title", "Levee ride, for the website");
      await pick(session, 0);
      const button = await until("a button that adds all nine", async () => {
        const found = await session.find(".formbar .button[data-kind=primary]:enabled");
        return (await found.text()).includes("9") && found;
      });
      await until("a saved draft", async () => (await invoke("drafts")).length === 1);
      await shot("compose-2-ready");
      await button.click();

      const counts = async () => (await invoke("queue_summary")).counts;
      await until("nine published works", async () => {
        const { all, done, failed } = await counts();
        assert.equal(failed, 0, "none fails");
        return all === 9 && done === 9;
      }, 120_000);
      await until("rows that say so", async () => (await session.all(".upload-row[data-state=done]")).length > 4);
      await until("no draft", async () => (await invoke("drafts")).length === 0);
      await shot("compose-3-published");

      const looked = async (platform) => (await fetch(`${platform.told.url}/__sim/inspect`)).json();
      const works = (await looked(channel)).manuscripts.map(({ fields, file }) => [fields.title, fields.desc, fields.tag, String(fields.tid), file.sha256]);
      const sums = at.films.map(hash);
      const common = ["Filmed from the public pier.", "harbour,4k", CATEGORY];
      const own = ["One evening, no cut.", "harbour,4k", CATEGORY];
      assert.deepEqual(works.sort(), [["Crane at dawn", ...common, sums[0]], ["Levee ride", ...common, sums[1]], ["夜市", ...own, sums[2]]].sort());
      const videos = (await looked(website)).videos.map(({ fields, sha256 }) => [fields.title, fields.description, sha256]);
      assert.deepEqual(videos.sort(), [["Crane at dawn", common[0], sums[0]], ["Levee ride, for the website", common[0], sums[1]], ["夜市", own[0], sums[2]]].sort());
      const copies = readdirSync(at.archive).filter((name) => name.endsWith(".mp4"));
      assert.deepEqual(copies.map((name) => hash(join(at.archive, name))).sort(), sums.sort());
    }));
  }
}

test("a draft is there after the app was killed while it was written", watched("draft-killed", async (t) => {
  const at = await stage(t);
  const { session } = await at.open();
  await at.app.invoke("account_add", { platform: "folder", label: "Archive", settings: { path: at.archive }, secrets: {}, check: true });
  await at.offer();
  await until("three videos", async () => (await session.all(".file-entry")).length === 3);
  await pick(session, 1);
  await write(session, "#common-title", "Not lost");
  await until("the draft to be written", async () => (await at.app.invoke("drafts"))[0]?.title === "Not lost");
  process.kill(await at.app.pid(), "SIGKILL");
  await at.app.end();

  const again = (await at.open()).session;
  await again.click(".sidebar-new");
  await again.find(".file-entry", "Not lost");
  await at.app.shot("compose-draft-kept");
  await again.click(".file-entry .button");
  await until("its videos", async () => (await again.all(".file-entry")).length === 3);
  await pick(again, 1);
  await until("its title", async () => (await shown(again, "#common-title")) === "Not lost");
}));
