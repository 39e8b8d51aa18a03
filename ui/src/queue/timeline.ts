/** Entries of an upload's timeline as sentences. */
import type { TimelineEntry, UploadRow } from "../bindings";
import { t } from "../i18n";
import { clock, percent, size } from "../i18n/format";
import { headline, printable } from "../i18n/sentences";
import { platformLabel } from "../app/world";

/** Values of an event: its cause as a sentence, bytes as a share, its platform by name. */
function valueOf(entry: TimelineEntry, row: Of, name: string): string {
  const { params } = entry;
  switch (name) {
    case "platform":
      return platformLabel(params.platform ?? row.platform);
    case "cause": {
      const { code = "unknown", platform_code, detail, ...values } = params;
      if (platform_code !== undefined) values.code = platform_code;
      return headline({ code, params: { platform: row.platform, file: row.file, ...values }, ...(detail === undefined ? {} : { detail }) });
    }
    case "bytes": {
      const bytes = Number(params.bytes ?? params.held_bytes ?? NaN);
      return Number.isFinite(bytes) ? (row.total_bytes > 0 ? percent(bytes, row.total_bytes) : size(bytes)) : "";
    }
    case "at_ms":
      return clock(Number(params.at_ms));
    case "reason":
      return t().reason[params.reason ?? ""] ?? printable(params.reason ?? "");
    default:
      return printable(params[name] ?? "");
  }
}

/** What the sentences of a timeline want to know of its upload. */
export interface Of {
  platform: string;
  file: string;
  total_bytes: number;
}
export const ofRow = (row: UploadRow): Of => ({ platform: row.platform, file: row.file, total_bytes: row.live.total_bytes });

export function timelineLine(entry: TimelineEntry, row: Of): string {
  // Nothing of a file that the platform fetches goes from here.
  const event = entry.event === "submitting" && row.total_bytes === 0 ? "asked" : entry.event;
  const said = t().event[event];
  return said ? said((name) => valueOf(entry, row, name)) : t().eventOther(printable(entry.event));
}

const PICTURES: Record<string, [state: string, icon: string]> = {
  added: ["done", "check"],
  opened: ["done", "check"],
  started: ["running", "s-running"],
  resumed: ["running", "play"],
  released: ["running", "play"],
  held: ["paused", "s-paused"],
  waiting: ["waiting", "s-waiting"],
  retry: ["waiting", "retry"],
  retried: ["running", "retry"],
  reopened: ["waiting", "retry"],
  submitting: ["remote", "s-remote"],
  accepted: ["remote", "s-remote"],
  platform: ["remote", "s-remote"],
  published: ["done", "s-done"],
  failed: ["failed", "s-failed"],
  cancelled: ["queued", "x"],
  ready: ["done", "check"],
  let_go: ["running", "play"],
  start_at: ["waiting", "s-waiting"],
  taken_back: ["done", "check"],
  left_there: ["remote", "s-remote"],
  resubmitted: ["remote", "s-remote"],
  retry_refused: ["waiting", "s-warn"],
  fields_set: ["queued", "edit"],
  file_chosen: ["queued", "film"],
  file_taken_as_is: ["queued", "film"],
};
export const pictureOf = (event: string): [state: string, icon: string] => PICTURES[event] ?? ["queued", "s-queued"];
