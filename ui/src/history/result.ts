/** How an upload ended, as a word, a silhouette and a colour. */
import type { HistoryRow } from "../bindings";
import { specOf } from "../app/world";
import { t } from "../i18n";
import { printable } from "../i18n/sentences";

export interface Result {
  state: string;
  icon: string;
  word: string;
}

export function resultOf(row: HistoryRow): Result {
  const { history } = t();
  switch (row.phase) {
    case "published":
      return { state: "done", icon: "s-done", word: specOf(row.platform)?.remote === false ? history.copied : history.published };
    case "processing":
      return { state: "remote", icon: "s-remote", word: row.remote?.words ? printable(row.remote.words) : history.withPlatform };
    case "failed":
      // Where the platform had the work, it was the one to say no.
      return { state: "failed", icon: "s-failed", word: row.remote ? history.refused : history.failed };
    default:
      return { state: "queued", icon: "x", word: history.cancelled };
  }
}
