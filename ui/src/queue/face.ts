/**
 * What a row says and offers, decided from its data alone: state, silhouette, both halves of the second line, bar, remedy.
 *
 * Pure. Invariant: a row that does not move has a reason in its second line.
 */
import type { UploadRow, Wait } from "../bindings";
import { t, span } from "../i18n";
import { clock, num, percent, rate, size, sizes, UNKNOWN } from "../i18n/format";
import type { Line } from "../i18n/en";
import { headline, sentence, until, untilZoned } from "../i18n/sentences";

export type RowState = "queued" | "running" | "remote" | "waiting" | "paused" | "failed" | "done" | "cancelled";

export type RowAct =
  | "limit"
  | "pause" | "resume" | "retry" | "sign_in" | "choose_file" | "send_anew" | "open_page" | "copy_link" | "details" | "card" | "edit"
  | "use_once" | "use_hour" | "use_always" | "cancel" | "remove" | "start_now" | "release_now" | "leave_group" | "top" | "up" | "down" | "bottom" | "menu";

export interface Meter {
  value: number;
  /** Sent but not acknowledged, where it is ahead. */
  sent: number | null;
  label: string;
  below: [string, string];
}

export interface Face {
  state: RowState;
  icon: string;
  line: Line;
  meter: Meter | null;
  /** In place of the bar; the first one is primary when somebody is needed. */
  cures: { act: RowAct; label: string; primary: boolean }[];
  /** The one small button beside the bar. */
  quick: RowAct | null;
  link: string | null;
}

export interface Around {
  nowMs: number;
  /** The whole queue is held. */
  paused: boolean;
  platform: string;
  /** Whether bytes leave this machine. */
  remote: boolean;
}

/** Codes whose cure is another text. */
const textual = (code: string) => /(^|_)(field|title|desc|text|tag|tags|category|topic|mission|source|chapter)_/.test(code);
export const canEdit = (row: UploadRow) => row.live.phase !== "published" && row.live.phase !== "cancelled" && row.live.phase !== "processing";
export const wantsText = (row: UploadRow) => row.live.cause !== null && textual(row.live.cause.code);
export const isFinal = (row: UploadRow) => row.live.phase === "published" || row.live.phase === "failed" || row.live.phase === "cancelled";
/** Waits for a word about the network in use, or for another network. */
export const waitsForNetwork = (row: UploadRow) => row.live.wait?.reason === "network" && row.live.wait.cause.code !== "network_offline";
export const hasCard = (row: UploadRow) => row.live.phase === "failed" || (row.live.wait !== null && "cause" in row.live.wait && row.live.wait.cause.detail !== "");

const remoteBar = (value: number, label: string, left: string, right = ""): Meter => ({ value, sent: null, label, below: [left, right] });

export function face(row: UploadRow, around: Around): Face {
  const { live } = row;
  const { state, act } = t();
  const whole = size(live.total_bytes);
  const [part, all] = sizes(live.held_bytes, live.total_bytes);
  const value = live.total_bytes > 0 ? (live.held_bytes / live.total_bytes) * 100 : 0;
  const done = percent(live.held_bytes, live.total_bytes);
  const still: Meter = { value, sent: null, label: done, below: [t().meter.ofWhole(part, all), ""] };
  const plain = (face: Partial<Face> & Pick<Face, "state" | "icon" | "line">): Face => ({ meter: still, cures: [], quick: null, link: null, ...face });

  switch (live.phase) {
    case "published": {
      const at = clock(live.phase_at_ms, around.nowMs);
      const link = live.remote?.url ?? null;
      return plain({ state: "done", icon: "s-done", line: around.remote ? state.published(at) : state.copied(at), meter: null, link, quick: link ? "copy_link" : "menu" });
    }
    case "cancelled":
      return plain({ state: "cancelled", icon: "x", line: state.cancelled(clock(live.phase_at_ms, around.nowMs)), meter: { ...still, value: 0, label: UNKNOWN } });
    case "failed": {
      const why = live.cause ? headline(live.cause) : UNKNOWN;
      const cure = live.resubmittable ? { act: "edit" as const, label: act.resubmitShort, primary: true } : wantsText(row) ? { act: "edit" as const, label: act.editShort, primary: true } : { act: "retry" as const, label: act.retry, primary: true };
      return plain({ state: "failed", icon: "s-failed", line: state.failed(why), meter: null, cures: [cure] });
    }
    case "processing": {
      const next = live.wait?.reason === "platform" ? until(live.wait.until_ms, around.nowMs) : null;
      const link = live.remote?.url ? ("open_page" as const) : null;
      return plain({ state: "remote", icon: "s-remote", line: state.processing(live.remote?.words ?? null, clock(live.phase_at_ms, around.nowMs), next), meter: remoteBar(75, `${num(3)}/${num(4)}`, t().steps.processing), quick: link });
    }
    default:
  }
  if (live.intent === "hold" && live.phase !== "committing") {
    return plain({ state: "paused", icon: "s-paused", line: state.pausedByYou, quick: "resume" });
  }
  if (live.wait) {
    const waiting = waits(row, live.wait, around, still, plain);
    if (waiting) return waiting;
  }
  if (around.paused && live.phase !== "committing") return plain({ state: "paused", icon: "s-paused", line: state.pausedAll });
  switch (live.phase) {
    case "queued":
      return plain({ state: "queued", icon: "s-queued", line: state.queued(live.wait?.reason === "turn" ? live.wait.ahead : null), quick: "pause" });
    case "opening":
      return plain({ state: "running", icon: "s-running", line: state.opening(around.platform), quick: "pause" });
    case "committing":
      // Nothing of a file that the platform fetches goes from here.
      if (live.total_bytes === 0) return plain({ state: "running", icon: "s-running", line: state.opening(around.platform) });
      return plain({ state: "remote", icon: "s-remote", line: state.confirming(around.platform, whole), meter: remoteBar(100, `${num(2)}/${num(4)}`, t().steps.confirming) });
    default: {
      const line =
        live.resumed_at_bytes !== null
          ? state.resumed(percent(live.resumed_at_bytes, live.total_bytes), live.resent_bytes > 0 ? size(live.resent_bytes) : null)
          : around.remote
            ? state.uploading
            : state.copying;
      const sent = live.sent_bytes > live.held_bytes && live.total_bytes > 0 ? (live.sent_bytes / live.total_bytes) * 100 : null;
      const below: [string, string] = [live.bytes_per_second > 0 ? rate(live.bytes_per_second) : UNKNOWN, live.eta_seconds === null ? UNKNOWN : span(live.eta_seconds)];
      return plain({ state: "running", icon: "s-running", line, meter: { value, sent, label: done, below }, quick: "pause" });
    }
  }
}

function waits(row: UploadRow, wait: Wait, around: Around, still: Meter, plain: (face: Partial<Face> & Pick<Face, "state" | "icon" | "line">) => Face): Face | null {
  const { state, act } = t();
  const waiting = { state: "waiting" as const, icon: "s-waiting" };
  const kept = row.live.held_bytes > 0 ? size(row.live.held_bytes) : null;
  // The time of the next try stands at its own place too, where a long reason cannot push it out of sight.
  const next = "until_ms" in wait && wait.until_ms !== null ? state.soon(span(Math.max(0, Math.ceil((wait.until_ms - around.nowMs) / 1000)))) : "";
  const meter: Meter = { ...still, below: [still.below[0], next] };
  switch (wait.reason) {
    case "turn":
      return null;
    case "start_at":
      return plain({ ...waiting, meter, line: state.startAt(untilZoned(wait.until_ms, around.nowMs)) });
    case "hours":
      return plain({ ...waiting, meter, line: state.hours(untilZoned(wait.until_ms, around.nowMs)) });
    case "paused":
      return plain({ state: "paused", icon: "s-paused", meter, line: state.restsUntil(untilZoned(wait.until_ms, around.nowMs)) });
    case "publish_at":
      return plain({ ...waiting, meter, line: state.publishAt(untilZoned(wait.until_ms, around.nowMs)) });
    case "together":
      if (wait.stopped === null) return plain({ ...waiting, meter, line: state.together(wait.others) });
      return plain({ ...waiting, meter: null, line: state.togetherStopped(sentence(wait.stopped)), cures: [{ act: "release_now", label: act.releaseNow, primary: true }] });
    case "platform":
      return plain({ state: "remote", icon: "s-remote", line: state.processing(null, null, until(wait.until_ms, around.nowMs)), quick: null });
    case "retry":
      return plain({ ...waiting, meter, line: state.retry(headline(wait.cause), until(wait.until_ms, around.nowMs)), quick: "retry" });
    case "quota":
      return plain({ ...waiting, meter, line: state.quota(headline(wait.cause), until(wait.until_ms, around.nowMs)) });
    case "sign_in":
      return plain({
        ...waiting,
        icon: "s-key",
        line: state.signIn(row.account_label, kept),
        meter: null,
        cures: [{ act: "sign_in", label: act.signIn, primary: true }],
      });
    case "file_missing":
      return plain({ ...waiting, icon: "drive", line: state.fileMissing(row.file), meter: null, cures: [{ act: "choose_file", label: act.chooseFile, primary: true }] });
    case "file_changed":
      return plain({
        ...waiting,
        line: state.fileChanged(row.file),
        meter: null,
        cures: [
          { act: "choose_file", label: act.chooseFile, primary: false },
          { act: "send_anew", label: act.sendAnew, primary: true },
        ],
      });
    case "disk":
      return plain({ ...waiting, icon: "drive", meter, line: state.disk(headline(wait.cause), until(wait.until_ms, around.nowMs)), quick: "retry" });
    case "network": {
      const left = row.live.total_bytes - row.live.held_bytes;
      const line = wait.until_ms === null ? state.network(headline(wait.cause), left > 0 ? size(left) : null) : state.quota(headline(wait.cause), until(wait.until_ms, around.nowMs));
      if (!waitsForNetwork(row)) return plain({ ...waiting, meter, line });
      const cures: Face["cures"] = [
        { act: "use_once", label: act.useOnce, primary: false },
        { act: "use_hour", label: act.useHour, primary: false },
        // Of a day's budget that is spent, there is no always.
        ...(wait.until_ms === null ? [{ act: "use_always" as const, label: act.useAlways, primary: false }] : []),
      ];
      return plain({ ...waiting, meter: null, line, cures });
    }
    case "secrets":
      return plain({ ...waiting, icon: "s-key", line: state.secrets(headline(wait.cause)), meter: null, cures: [{ act: "retry", label: act.tryNow, primary: true }] });
  }
}
