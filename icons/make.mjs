// Makes every icon file from the SVGs beside it. Run it after a change to one of them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "icons-"));

/** The picture drawn for this size; a scaled-down large one turns to mud. */
const sourceFor = (px) => (px <= 16 ? "icon-16.svg" : px < 48 ? "icon-small.svg" : "icon.svg");

function draw(px, to, svg = readFileSync(join(here, sourceFor(px)))) {
  execFileSync("rsvg-convert", ["-w", String(px), "-h", String(px), "-o", to], { input: svg });
  return to;
}
const scratchPng = (px) => draw(px, join(scratch, `${px}.png`));

draw(32, join(here, "32x32.png"));
draw(128, join(here, "128x128.png"));
draw(256, join(here, "128x128@2x.png"));
draw(512, join(here, "icon.png"));

// Windows: the first picture is the one a window shows.
execFileSync("convert", [...[32, 16, 24, 48, 64, 256].map(scratchPng), join(here, "icon.ico")]);

// macOS: 'icns', the length of the whole, then for each picture its type, its length and a PNG.
const kinds = { icp4: 16, icp5: 32, icp6: 64, ic07: 128, ic08: 256, ic09: 512, ic10: 1024, ic11: 32, ic12: 64, ic13: 256, ic14: 512 };
const entries = Object.entries(kinds).map(([kind, px]) => {
  const png = readFileSync(scratchPng(px));
  const head = Buffer.alloc(8);
  head.write(kind, 0, "ascii");
  head.writeUInt32BE(png.length + 8, 4);
  return Buffer.concat([head, png]);
});
const body = Buffer.concat(entries);
const head = Buffer.alloc(8);
head.write("icns", 0, "ascii");
head.writeUInt32BE(body.length + 8, 4);
writeFileSync(join(here, "icon.icns"), Buffer.concat([head, body]));

// Tray: 22 px at double density, once in each ink.
for (const name of ["idle", "running", "paused", "attention"]) {
  const svg = readFileSync(join(here, `tray/${name}.svg`), "utf8");
  draw(44, join(here, `tray/${name}-dark.png`), svg);
  draw(44, join(here, `tray/${name}-light.png`), svg.replaceAll("#000000", "#ffffff"));
}
rmSync(scratch, { recursive: true });
