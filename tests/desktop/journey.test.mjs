// One file from the first run to 'published', through the real window, in every language and theme.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open, press, scratch, start, type, video, watched, windowGone, windowShown, windows } from "./app.mjs";
import { until } from "./webdriver.mjs";

const MB = 1_000_000;
const SIZE = 240 * MB;
/** Slow enough to be watched and held, fast enough to end. */
const LIMIT = 16 * MB;

const CHOOSE_VIDEOS = { en: "Choose videos", "zh-CN": "选择视频", ja: "動画を選択" };

async function hash(path) {
  const sum = createHash("sha256");
  for await (const chunk of createReadStream(path)) sum.update(chunk);
  return sum.digest("hex");
}

for (const language of ["en", "zh-CN", "ja"]) {
  for (const theme of ["light", "dark"]) {
    test(`a file goes from the first run to published, held once on its way (${language}, ${theme})`, watched(`journey-${language}-${theme}`, async (t) => {
      const { folder, data, remove } = scratch({ language, theme });
      const film = video(folder, "holiday by the sea.mp4", SIZE);
      const archive = join(folder, "Videos", "Slipway");
      const app = await open(data, { environment: { HOME: folder, LANG: "C.UTF-8" } });
      t.after(async () => {
        await app.end();
        remove();
      });
      const { session } = app;
      const shot = (name) => app.shot(`${name}-${language}-${theme}`);
      const state = () => session.run("return document.querySelector('.upload-row')?.dataset.state ?? null");
      const becomes = (wanted) => until(`a row that is ${wanted}`, async () => (await state()) === wanted, 60_000);

      assert.equal(await session.run("return document.documentElement.lang"), language);
      await session.find(".first");
      await shot("1-first-run");
      await app.invoke("limit_set", { bytes_per_second: LIMIT });

      // The second button: a local folder, then the system's dialog for a video.
      await session.click(".first-acts button:nth-of-type(2)");
      const dialog = await windowShown(CHOOSE_VIDEOS[language]);
      if (theme === "light") {
        await press(dialog, "ctrl+l", "ctrl+a");
        await type(dialog, film);
        // The first Return may only take the completion.
        await until("the dialog to take the path", async () => {
          if ((await windows(CHOOSE_VIDEOS[language])).length > 0) await press(dialog, "Return");
          return (await windows(CHOOSE_VIDEOS[language])).length === 0;
        });
      } else {
        // Closed without a choice; the file comes by another start of the app instead.
        await press(dialog, "Escape");
        await windowGone(CHOOSE_VIDEOS[language]);
        const { code } = await start(data, [film], { HOME: folder }).ended;
        assert.equal(code, 0, "a second start hands its files over and ends");
      }
      await session.find(".file-line", "holiday by the sea.mp4");
      const add = await session.find(".formbar .button[data-kind=primary]:enabled");
      await shot("2-new-upload");
      await add.click();

      await becomes("running");
      const moved = await until("acknowledged bytes", async () => {
        const { held_bytes } = await app.upload();
        return held_bytes > 20 * MB && held_bytes;
      });
      assert.ok(moved < SIZE, "the speed limit makes it watchable");
      await shot("3-sending");

      await session.click(".upload-row [data-act=pause]");
      await becomes("paused");
      const held = await until("an upload at rest", async () => {
        const { intent, bytes_per_second, held_bytes } = await app.upload();
        return intent === "hold" && bytes_per_second === 0 && held_bytes;
      });
      await shot("4-paused");

      await session.click(".upload-row [data-act=resume]");
      await until("more than was held", async () => (await app.upload()).held_bytes > held);
      await app.invoke("limit_set", { bytes_per_second: null });
      await becomes("done");
      await shot("5-published");

      const [published] = readdirSync(archive).filter((name) => name.endsWith(".mp4"));
      assert.equal(statSync(join(archive, published)).size, SIZE);
      assert.equal(await hash(join(archive, published)), await hash(film), "the copy is the file");

      await session.click("nav button, nav a", { en: "Settings", "zh-CN": "设置", ja: "設定" }[language]);
      await session.find(".setting");
      await shot("6-settings");

      await app.invoke("shell_quit").catch(() => {}); // the page goes away before it answers
      await until("the data folder to be free", () => !existsSync(join(data, "slipway.sock")), 3_000);
    }));
  }
}
