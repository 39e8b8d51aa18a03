/**
 * History as the window knows it: what is asked for, pages of rows around what is in view, the row whose receipt is open.
 *
 * No DOM. Days and their counts come at once, rows by pages. Answers to an earlier filter are dropped.
 */
import { computed, signal } from "@preact/signals-core";
import type { AccountId, Failure, HistoryFilter, HistoryOverview, HistoryRow, PhaseName, UploadReceipt, UploadId } from "../bindings";
import { asFailure } from "../backend/port";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { fillAgain } from "../manuscript/again";
import { layOut, lineOf } from "./lines";

const PAGE_ROWS = 100;
const SPARE_LINES = 8;
const AGAIN_MS = 500;
const DAY_MS = 86_400_000;

/** Spans of time to choose from, in days. */
export const SPANS = { any: 0, week: 7, month: 30, year: 365 } as const;
export type Span = keyof typeof SPANS;

export const search = signal("");
/** One account, or all of a platform. */
export const whose = signal<{ account: AccountId } | { platform: string } | null>(null);
export const phase = signal<PhaseName | null>(null);
export const span = signal<Span>("any");

export const overview = signal<HistoryOverview | null>(null);
export const failure = signal<Failure | null>(null);
export const isFiltered = computed(() => search.value.trim() !== "" || whose.value !== null || phase.value !== null || span.value !== "any");

let epoch = 0;
let rows = new Map<number, HistoryRow>();
let pages = new Set<number>();
const version = signal(0);

export const rowPx = signal(40);
export const viewPx = signal(600);
export const scrollTop = signal(0);
export const scrollWanted = signal<number | null>(null);

export const days = computed(() => layOut(overview.value?.days ?? []));
export const count = computed(() => overview.value?.uploads ?? 0);
/** First line in view and the one after the last. */
export const range = computed<[number, number]>(() => {
  const first = Math.floor(scrollTop.value / rowPx.value);
  const last = Math.ceil((scrollTop.value + viewPx.value) / rowPx.value);
  return [Math.max(0, first - SPARE_LINES), Math.min(days.value.count, last + SPARE_LINES)];
});
export const rowAt = (index: number): HistoryRow | null => (void version.value, rows.get(index) ?? null);

/** The row that the keys are at, by its place. */
export const active = signal(-1);
export const openId = signal<UploadId | null>(null);
export const receipt = signal<UploadReceipt | null>(null);

export function filter(): HistoryFilter {
  const of = whose.peek();
  const back = SPANS[span.peek()];
  return {
    search: search.peek().trim() === "" ? null : search.peek().trim(),
    platform: of !== null && "platform" in of ? of.platform : null,
    account: of !== null && "account" in of ? of.account : null,
    phase: phase.peek(),
    since_ms: back === 0 ? null : new Date(Date.now() - back * DAY_MS).setHours(0, 0, 0, 0),
    until_ms: null,
  };
}

/** Asks anew for everything. What is on the screen stays until the answer is here. */
export async function load(): Promise<void> {
  epoch += 1;
  const asked = epoch;
  try {
    const found = await backend().call("history_overview", filter());
    if (asked !== epoch) return;
    rows = new Map();
    pages = new Set();
    overview.value = found;
    failure.value = null;
    if (active.peek() >= found.uploads) active.value = found.uploads - 1;
    version.value += 1;
  } catch (thrown) {
    if (asked === epoch) failure.value = asFailure(thrown);
  }
}

/** Pulls the rows in view. Called after every drawing. */
export function lookAt(): void {
  const found = overview.peek();
  if (found === null || found.uploads === 0) return;
  const [from, to] = range.peek();
  // There are fewer rows than lines above, so that the days between are enough of a margin.
  const first = Math.max(0, from - days.peek().lines.filter((line) => line < from).length);
  const last = Math.min(found.uploads, first + (to - from));
  for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < last; page += 1) if (!pages.has(page)) void pull(page);
}

async function pull(page: number): Promise<void> {
  const asked = epoch;
  pages.add(page);
  try {
    const answer = await backend().call("history_window", { filter: filter(), offset: page * PAGE_ROWS, limit: PAGE_ROWS });
    if (asked !== epoch) return;
    answer.forEach((row, n) => rows.set(page * PAGE_ROWS + n, row));
    version.value += 1;
  } catch (thrown) {
    if (asked !== epoch) return;
    failure.value = asFailure(thrown);
  }
}

/** Other rows are wanted: from the top. */
function ask(): void {
  active.value = -1;
  scrollWanted.value = 0;
  void load();
}

let searchTimer: ReturnType<typeof setTimeout> | undefined;
export function searchFor(words: string): void {
  if (words === search.peek()) return;
  search.value = words;
  clearTimeout(searchTimer);
  searchTimer = setTimeout(ask, 150);
}
export function show(next: { whose?: typeof whose.value; phase?: PhaseName | null; span?: Span }): void {
  if (next.whose !== undefined) whose.value = next.whose;
  if (next.phase !== undefined) phase.value = next.phase;
  if (next.span !== undefined) span.value = next.span;
  ask();
}
export function showAll(): void {
  search.value = "";
  show({ whose: null, phase: null, span: "any" });
}

let againTimer: ReturnType<typeof setTimeout> | undefined;
/** The queue changed, so history may have. */
export function soon(): void {
  if (screen.peek() !== "history") return;
  againTimer ??= setTimeout(() => {
    againTimer = undefined;
    void load();
    const open = openId.peek();
    if (open !== null) void loadReceipt(open);
  }, AGAIN_MS);
}

export function enter(): void {
  screen.value = "history";
  void load();
}

export function activate(index: number): void {
  if (count.peek() === 0) return;
  const to = Math.max(0, Math.min(count.peek() - 1, index));
  active.value = to;
  const top = lineOf(to, days.peek()) * rowPx.peek();
  // The first row of a day brings its day along.
  const above = days.peek().rows.includes(to) ? rowPx.peek() : 0;
  const seen = scrollTop.peek();
  if (top - above < seen) scrollWanted.value = top - above;
  else if (top + rowPx.peek() > seen + viewPx.peek()) scrollWanted.value = top + rowPx.peek() - viewPx.peek();
}

export async function open(id: UploadId): Promise<void> {
  openId.value = id;
  if (receipt.peek()?.row.id !== id) receipt.value = null;
  await loadReceipt(id);
}
export function close(): void {
  openId.value = null;
  receipt.value = null;
}
async function loadReceipt(id: UploadId): Promise<void> {
  try {
    const found = await backend().call("receipt", id);
    if (openId.peek() === id) receipt.value = found;
  } catch (thrown) {
    if (openId.peek() !== id) return;
    close();
    say({ text: sayThrown(thrown) });
  }
}

export async function sendAgain(id: UploadId): Promise<void> {
  try {
    await fillAgain(await backend().call("history_again", id));
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export async function saveCsv(): Promise<void> {
  try {
    if (await backend().saveHistory(filter())) say({ text: t().history.csvSaved(count.peek()) });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export async function saveReceipt(id: UploadId): Promise<void> {
  try {
    if (await backend().saveReceipt(id)) say({ text: t().history.receiptSaved });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
