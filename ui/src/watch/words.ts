/** What a card says, by state. Sentences of waiting files are shared with the command line. */
import type { FileWait, WaitingFile, WatchRow } from "../bindings";
import { say } from "../app/world";
import { t } from "../i18n";
import { clock, list, size } from "../i18n/format";
import { sentence } from "../i18n/sentences";

/** State, silhouette and word of a folder. */
export function face(row: WatchRow): { state: string; icon: string; word: string; sub: string } {
  const { watch: words } = t();
  switch (row.state.is) {
    case "off":
      return { state: "paused", icon: "s-paused", word: words.off, sub: words.offSince(clock(row.switched_at_ms)) };
    case "waiting": {
      const isDrive = row.state.cause.code === "watch_drive_away";
      return { state: "waiting", icon: "s-waiting", word: isDrive ? words.waitsForDrive : words.waitsForFolder, sub: say(row.state.cause) };
    }
    case "resting":
      return { state: "queued", icon: "s-queued", word: words.resting, sub: words.resting };
    case "watching": {
      const look = row.last_look_ms === null ? words.looking : words.lastLook(clock(row.last_look_ms));
      return { state: "running", icon: "s-running", word: words.watching, sub: row.taken > 0 && row.first_taken_ms !== null ? words.taken(look, row.taken, clock(row.first_taken_ms)) : look };
    }
  }
}

/** Silhouette of a file that waits. */
export function picture(wait: FileWait): { state: string; icon: string } {
  switch (wait.reason) {
    case "ready":
    case "resting":
      return { state: "queued", icon: "s-queued" };
    case "open":
      return { state: "waiting", icon: "lock" };
    case "twice":
      return { state: "waiting", icon: "copy" };
    case "refused":
    case "unreadable":
    case "stays":
      return { state: "failed", icon: "s-failed" };
    default:
      return { state: "waiting", icon: "s-waiting" };
  }
}

export function why(file: WaitingFile, nowMs: number): string {
  const { wait } = file;
  const seconds = (ms: number) => String(Math.max(0, Math.round(ms / 1000)));
  const words = (code: string, params: Record<string, string> = {}) => sentence({ code: `watch.${code}`, params });
  switch (wait.reason) {
    case "growing":
      return words("growing", { bytes: String(file.size_bytes), more: String(wait.bytes_per_second) });
    case "resting":
      return words("resting", { left: seconds(wait.until_ms - nowMs) });
    case "young":
      return words("young", { until_ms: String(wait.until_ms) });
    case "open": {
      const span = seconds(nowMs - wait.since_ms);
      return wait.program === null ? words("open", { span }) : words("open_in", { span, program: wait.program });
    }
    case "empty":
    case "ready":
      return words(wait.reason);
    default:
      return say(wait.cause);
  }
}

/** Which files a rule is about. */
export function about({ rule }: WatchRow): { what: string; more: string } {
  const { watch: words } = t();
  const more = [
    ...(rule.min_bytes === null ? [] : [words.over(size(rule.min_bytes))]),
    ...(rule.max_bytes === null ? [] : [words.under(size(rule.max_bytes))]),
    ...(rule.sub_folders ? [words.withSubFolders] : []),
  ];
  return { what: rule.patterns.length > 0 ? rule.patterns.join(", ") : words.allVideos, more: list(more) };
}
