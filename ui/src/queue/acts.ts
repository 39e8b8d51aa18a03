/** What buttons, menus and keys of the queue do. */
import { signal } from "@preact/signals-core";
import type { UploadDetail, UploadId, UploadRow } from "../bindings";
import { copy } from "../app/copy";
import { openMenu, type MenuItem } from "../app/menu";
import { say } from "../app/toast";
import { backend, platformLabel, sayThrown, screen } from "../app/world";
import { editAccount } from "../accounts/state";
import { t } from "../i18n";
import { address } from "../i18n/format";
import { sentence } from "../i18n/sentences";
import { passHour, passUpload, ruleHere } from "../network/state";
import { canEdit, hasCard, isFinal, type RowAct, waitsForNetwork } from "./face";
import { limitMenuOf } from "./limit";
import * as queue from "./state";

/** The upload whose text is being changed. */
export const editing = signal<UploadDetail | null>(null);

export async function edit(id: UploadId): Promise<void> {
  try {
    editing.value = await backend().call("upload_detail", id);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

async function chooseFile(id: UploadId): Promise<void> {
  try {
    const [file] = await backend().pickFiles("video");
    if (!file) return;
    if (file.cause) say({ text: sentence(file.cause) });
    else {
      await backend().call("upload_set_file", { id, file: file.file });
      await backend().call("files_forget", [file.file]);
    }
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

async function change(ask: () => Promise<{ changed: number }>): Promise<void> {
  try {
    const { changed } = await ask();
    say({ text: changed > 0 ? t().toast.timesChanged(changed) : t().toast.noneChanged });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** What support needs of one upload; no secret is in it, since none is here. */
function report(row: UploadRow): string {
  const { live } = row;
  const why = live.cause ?? (live.wait !== null && "cause" in live.wait ? live.wait.cause : null);
  return [
    `Slipway upload ${row.id}`,
    `platform: ${row.platform}`,
    `phase: ${live.phase}`,
    `bytes: ${live.held_bytes} of ${live.total_bytes}, ${live.resent_bytes} sent again`,
    ...(why ? [`code: ${why.code}`, `values: ${JSON.stringify(why.params)}`, `answer: ${why.detail}`] : []),
  ].join("\n");
}
export const copyReport = (row: UploadRow) => copy(report(row), t().toast.reportCopied);

export function perform(act: RowAct, row: UploadRow, from?: HTMLElement): void {
  const set = queue.only(row.id);
  switch (act) {
    case "pause":
      return void queue.order("uploads_pause", set);
    case "resume":
      return void queue.order("uploads_resume", set);
    case "retry":
    case "send_anew":
      return void queue.order("uploads_retry", set);
    case "cancel":
      return void queue.order("uploads_cancel", set);
    case "remove":
      return queue.remove(set);
    case "start_now":
      return void change(() => backend().call("uploads_start_at", { uploads: set, at_ms: null }));
    case "release_now":
      return void change(() => backend().call("uploads_let_go", set));
    case "leave_group":
      return void change(() => backend().call("uploads_leave", set));
    case "sign_in":
      screen.value = "accounts";
      return editAccount(row.account);
    case "choose_file":
      return void chooseFile(row.id);
    case "open_page":
      return void backend().openPage(row.id).catch((thrown: unknown) => say({ text: sayThrown(thrown) }));
    case "copy_link":
      return row.live.remote?.url ? void copy(row.live.remote.url.startsWith("file:") ? address(row.live.remote.url) : row.live.remote.url, t().toast.linkCopied) : say({ text: t().toast.noLink });
    case "details":
      return queue.drawerId.peek() === row.id ? queue.closeDrawer() : void queue.openDrawer(row.id);
    case "card":
      return queue.openId.peek() === row.id ? queue.closeCard() : void queue.openCard(row.id);
    case "edit":
      return void edit(row.id);
    case "top":
      return void queue.move(row.id, { to: "first" });
    case "bottom":
      return void queue.move(row.id, { to: "last" });
    case "up":
      return void queue.moveActive(-1);
    case "down":
      return void queue.moveActive(1);
    case "limit":
      return limitOf(row, from);
    case "use_once":
      return void passUpload(row.id);
    case "use_hour":
      return void passHour();
    case "use_always":
      return void ruleHere("go");
    case "menu":
      return rowMenu(row, from ?? { x: 0, y: 0 });
  }
}

/** Its own limit, chosen at the row or at the button that was pressed. */
function limitOf(row: UploadRow, from?: HTMLElement): void {
  const box = document.getElementById(`upload-${row.id}`)?.getBoundingClientRect();
  const place = from ?? { x: (box?.left ?? 0) + (box?.width ?? 0) / 3, y: box?.bottom ?? 0 };
  limitMenuOf({ of: "upload", upload: row.id, name: row.title }, row.live.limit_bytes_per_second, place, document.getElementById("queue-grid") ?? undefined);
}

/** Waits that a person has asked for. */
const TIMED = ["start_at", "hours", "publish_at", "together"];

/** Everything that can be done to a row, with its keys. */
export function rowMenu(row: UploadRow, at: HTMLElement | { x: number; y: number }): void {
  const { act } = t();
  const { live } = row;
  const item = (name: RowAct, label: string, icon: string, keys?: string, danger = false): MenuItem => ({
    label,
    icon,
    ...(keys === undefined ? {} : { keys }),
    danger,
    run: () => perform(name, row),
  });
  const some = (when: boolean, made: () => MenuItem): MenuItem[] => (when ? [made()] : []);
  const held = live.intent === "hold";
  const stops = !isFinal(row) && live.phase !== "committing" && live.phase !== "processing";
  const timed = live.wait !== null && TIMED.includes(live.wait.reason);
  const waits = live.wait !== null && live.wait.reason !== "turn" && live.wait.reason !== "platform" && live.wait.reason !== "network" && !timed;
  const groups: MenuItem[][] = [
    [
      item("details", act.details, "list", "Enter"),
      ...some(hasCard(row), () => item("card", queue.openId.peek() === row.id ? act.hideError : act.showError, "s-warn", "→")),
    ],
    [
      ...some(stops, () => (held ? item("resume", act.resume, "play", "P") : item("pause", act.pause, "pause", "P"))),
      ...some(live.phase === "failed" || live.phase === "cancelled" || waits, () => item("retry", waits ? act.tryNow : live.resubmittable ? act.sendAnew : act.retry, "retry", "R")),
      ...some(live.wait?.reason === "start_at", () => item("start_now", act.startNow, "play")),
      ...some(live.wait?.reason === "publish_at" || live.wait?.reason === "together", () => item("release_now", act.releaseNow, "play")),
      ...some(live.wait?.reason === "together", () => item("leave_group", act.leaveGroup, "unlink")),
      ...some(waitsForNetwork(row), () => item("use_once", act.useOnce, "arrow-up")),
      ...some(waitsForNetwork(row), () => item("use_hour", act.useHour, "clock")),
      ...some(waitsForNetwork(row), () => item("use_always", act.useAlways, "check")),
      ...some(live.wait?.reason === "sign_in", () => item("sign_in", act.signIn, "s-key")),
      ...some(live.wait?.reason === "file_missing" || live.wait?.reason === "file_changed" || live.phase === "failed", () => item("choose_file", act.chooseFile, "film")),
      ...some(!isFinal(row), () => item("limit", act.limit, "turtle", "L")),
      ...some(canEdit(row), () => item("edit", live.resubmittable ? act.resubmit : act.edit, "edit")),
    ],
    [
      ...some(live.remote?.url != null, () => item("copy_link", act.copyLink, "copy", "C")),
      ...some(live.remote?.url != null, () => item("open_page", act.openPage, "external")),
    ],
    [
      item("top", act.top, "arrow-up", "Alt Home"),
      { label: act.up, keys: "Alt ↑", run: () => perform("up", row) },
      { label: act.down, keys: "Alt ↓", run: () => perform("down", row) },
      { label: act.bottom, keys: "Alt End", run: () => perform("bottom", row) },
    ],
    [
      ...some(!isFinal(row), () => item("cancel", act.cancel, "x", undefined, true)),
      item("remove", act.remove, "trash", "Delete", true),
    ],
  ];
  const items = groups.filter((group) => group.length > 0).flatMap((group, n) => (n === 0 ? group : [null, ...group]));
  const grid = document.getElementById("queue-grid");
  openMenu(at, t().who(row.title, platformLabel(row.platform)), items, undefined, grid ?? undefined);
}
