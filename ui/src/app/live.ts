/** What a screen reader hears of the queue: starts, ends and standstills in groups, at most once every five seconds, never percentages. */
import { signal } from "@preact/signals-core";
import type { Summary } from "../bindings";
import { t } from "../i18n";
import { standstill } from "../i18n/sentences";

const EVERY_MS = 5_000;

export const polite = signal("");
/** What needs somebody, said once. */
export const urgent = signal("");

let before: Summary | null = null;
let done = 0;
let failed = 0;
let standing: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let spokenAt = 0;

export function hear(sum: Summary): void {
  if (before) {
    done += Math.max(0, sum.counts.done - before.counts.done);
    failed += Math.max(0, sum.counts.failed - before.counts.failed);
    if (sum.idle?.why !== before.idle?.why && sum.idle?.why !== "working") standing = sum.idle ? standstill(sum.idle) : t().live.runs;
    if (sum.counts.needs_you > before.counts.needs_you) urgent.value = t().live.needsYou(sum.counts.needs_you);
  }
  before = sum;
  if (timer === undefined && (done > 0 || failed > 0 || standing !== null)) timer = setTimeout(speak, Math.max(200, spokenAt + EVERY_MS - Date.now()));
}

function speak(): void {
  const said = [done > 0 ? t().live.published(done) : null, failed > 0 ? t().live.failed(failed) : null, standing];
  polite.value = said.filter((sentence) => sentence !== null).join(". ");
  [done, failed, standing, timer, spokenAt] = [0, 0, null, undefined, Date.now()];
}
