/** Watched folders: what is known of them, the form for a new or a changed one, what is wished of files that wait. No DOM. */
import { computed, signal } from "@preact/signals-core";
import type { AccountId, Afterwards, Failure, OfferedFolder, WaitingFile, WatchId, WatchRow, WatchRule } from "../bindings";
import { say as toast } from "../app/toast";
import { asFailure } from "../backend/port";
import { backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { loadTemplates } from "../templates/state";

export const watches = signal<readonly WatchRow[]>([]);
/** Folders whose files are all shown, with these files. */
export const shown = signal<ReadonlyMap<WatchId, readonly WaitingFile[]>>(new Map());
export const removing = signal<WatchRow | null>(null);
export const needingYou = computed(() => watches.value.reduce((sum, row) => sum + (row.state.is === "off" ? 0 : row.needs_you), 0));

/** Files that are shown when all are asked for. */
const FILES = 500;

export const plainRule: WatchRule = {
  patterns: [],
  min_bytes: null,
  max_bytes: null,
  min_age_seconds: null,
  max_age_seconds: null,
  sub_folders: false,
  settle_seconds: 10,
  accounts: [],
  template: null,
  fields: {},
  hold: false,
  priority: null,
  afterwards: { what: "keep" },
};

/** The form. What it does not show of a rule stays as it is. */
export interface Draft {
  /** `null` for a new one. */
  watch: WatchId | null;
  folder: Pick<OfferedFolder, "folder" | "path"> | null;
  patterns: string;
  minMegabytes: string;
  settle: string;
  newOnly: boolean;
  rule: WatchRule;
  tried: boolean;
  busy: boolean;
  failure: Failure | null;
}

export const draft = signal<Draft | null>(null);

export const change = (part: Partial<Draft>): void => {
  if (draft.value) draft.value = { ...draft.value, failure: null, ...part };
};
export const changeRule = (part: Partial<WatchRule>): void => {
  if (draft.value) change({ rule: { ...draft.value.rule, ...part } });
};

let asked = 0;
export async function loadWatches(): Promise<void> {
  asked += 1;
  const mine = asked;
  const rows = await backend().call("watches", {});
  if (mine !== asked) return; // a later answer is on its way
  watches.value = rows;
  for (const id of shown.peek().keys()) void showFiles(id);
}

export function enter(): void {
  screen.value = "watch";
  void loadWatches().catch(() => {});
}

/** Asks for a folder first: without one there is nothing to fill in. */
export async function addWatch(): Promise<void> {
  const folder = await pick();
  if (folder) await open({ watch: null, folder, patterns: "", minMegabytes: "", settle: "10", newOnly: true, rule: plainRule });
}

export async function editWatch(row: WatchRow): Promise<void> {
  const { rule } = row;
  await open({
    watch: row.watch,
    folder: { folder: 0, path: row.folder },
    patterns: rule.patterns.join(", "),
    minMegabytes: rule.min_bytes === null ? "" : String(rule.min_bytes / 1_000_000),
    settle: String(rule.settle_seconds),
    newOnly: false,
    rule,
  });
}

async function open(form: Omit<Draft, "tried" | "busy" | "failure">): Promise<void> {
  await loadTemplates().catch(() => {});
  draft.value = { ...form, tried: false, busy: false, failure: null };
}

export const closeDraft = (): void => {
  draft.value = null;
};

async function pick(): Promise<OfferedFolder | null> {
  try {
    const folder = await backend().pickWatchFolder();
    if (folder?.cause) throw folder.cause;
    return folder;
  } catch (thrown) {
    if (draft.value) change({ failure: asFailure(thrown) });
    else toast({ text: sayThrown(thrown) });
    return null;
  }
}

export async function chooseFolder(): Promise<void> {
  const folder = await pick();
  if (folder) change({ folder });
}

export async function chooseTarget(): Promise<void> {
  const folder = await pick();
  if (folder) changeRule({ afterwards: { what: "move", folder: folder.folder, path: folder.path } });
}

export function setAfterwards(what: Afterwards["what"]): void {
  if (what !== "move") return changeRule({ afterwards: { what } });
  if (draft.peek()?.rule.afterwards.what !== "move") void chooseTarget();
}

export const chooseAccount = (id: AccountId, wanted: boolean): void => {
  const before = draft.peek()?.rule.accounts ?? [];
  changeRule({ accounts: wanted ? [...before, id] : before.filter((one) => one !== id) });
};

export type Fault = "folder" | "accounts" | "settle" | "size";

const number = (text: string) => (text.trim() === "" ? null : Number(text.trim().replace(",", ".")));

/** What keeps a form from being sent. */
export function faults(of: Draft, hasTemplateAccounts: boolean): Fault[] {
  const settle = number(of.settle);
  const size = number(of.minMegabytes);
  return [
    ...(of.folder === null ? (["folder"] as const) : []),
    ...(of.rule.accounts.length === 0 && !hasTemplateAccounts ? (["accounts"] as const) : []),
    ...(settle === null || !Number.isInteger(settle) || settle < 1 || settle > 86_400 ? (["settle"] as const) : []),
    ...(size !== null && !(size >= 0) ? (["size"] as const) : []),
  ];
}

/** The rule as the form says it. */
export function ruleOf(of: Draft): WatchRule {
  const size = number(of.minMegabytes);
  return {
    ...of.rule,
    // A comma within braces parts nothing.
    patterns: of.patterns.split(/,(?![^{]*\})/u).map((one) => one.trim()).filter((one) => one !== ""),
    min_bytes: size === null || size === 0 ? null : Math.round(size * 1_000_000),
    settle_seconds: number(of.settle) ?? plainRule.settle_seconds,
  };
}

export async function send(): Promise<void> {
  const of = draft.value;
  if (!of?.folder || of.busy) return;
  const rule = ruleOf(of);
  change({ busy: true });
  try {
    if (of.watch === null) await backend().call("watch_add", { folder: of.folder.folder, rule, new_only: of.newOnly });
    else await backend().call("watch_set", { watch: of.watch, rule });
    closeDraft();
    await loadWatches();
  } catch (thrown) {
    change({ busy: false, failure: asFailure(thrown) });
  }
}

/** Does it, and shows what has become of it; what fails is said. */
async function obey(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    toast({ text: sayThrown(thrown) });
  }
  await loadWatches().catch(() => {});
}

export const switchWatch = (watch: WatchId, on: boolean): Promise<void> => obey(() => backend().call("watch_switch", { watch, on }));
export const lookNow = (watch: WatchId): Promise<void> => obey(() => backend().call("watch_look", watch));
export const sendAnyway = (watch: WatchId, file: number): Promise<void> => obey(() => backend().call("watch_send", { watch, files: [file] }));
export const skip = (row: WatchRow, file: WaitingFile): Promise<void> =>
  obey(async () => {
    await backend().call("watch_skip", { watch: row.watch, files: [file.file] });
    toast({ text: t().watch.skipped(file.name) });
  });

export async function remove(): Promise<void> {
  const row = removing.value;
  removing.value = null;
  if (row) await obey(() => backend().call("watch_remove", row.watch));
}

export async function showFiles(watch: WatchId): Promise<void> {
  const page = await backend()
    .call("watch_files", { watch, offset: 0, limit: FILES })
    .catch(() => null);
  const now = new Map(shown.peek());
  if (page) now.set(watch, page.files);
  else now.delete(watch);
  shown.value = now;
}

export function hideFiles(watch: WatchId): void {
  const now = new Map(shown.peek());
  now.delete(watch);
  shown.value = now;
}
