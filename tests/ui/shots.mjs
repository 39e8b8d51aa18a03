// Takes a picture of every screen in three languages and two themes: node shots.mjs [folder] [name ...]
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { begin } from "./window.mjs";
import { screens } from "./screens.mjs";

const [folder = "shots", ...names] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const window = await begin();
const chosen = Object.entries(screens).filter(([name]) => names.length === 0 || names.includes(name));
for (const [language, locale] of [["en", "en-US"], ["zh-CN", "zh-CN"], ["ja", "ja-JP"]]) {
  if (process.env.SHOT_LANGUAGE && process.env.SHOT_LANGUAGE !== language) continue;
  for (const theme of ["light", "dark"]) {
    if (process.env.SHOT_THEME && process.env.SHOT_THEME !== theme) continue;
    for (const [name, { query, act, options }] of chosen) {
      const page = await window.open(query, { theme, locale, ...options });
      await act?.(page);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await page.screenshot({ path: join(folder, `${name}-${language}-${theme}.png`) });
      await page.context().close();
    }
  }
}
await window.close();
