/**
 * The queue as the window knows it: pages of rows around what is in view, the active row, the selection, and what is about to be removed.
 *
 * No DOM. Rows are pulled by windows; a patch changes rows that are here, a stale queue is pulled again. Answers to an earlier filter are dropped.
 * Invariants: a removed row is hidden at once and removed for good only when its toast has ended; the active row is rendered even out of view.
 */
import { computed, signal } from "@preact/signals-core";
import type { Patch, Place, QueueWindow, Show, UploadDetail, UploadId, UploadRow, UploadSet } from "../bindings";
import { asFailure } from "../backend/port";
import type { Failure } from "../bindings";
import { hear } from "../app/live";
import { endToast, say, toast, undoToast } from "../app/toast";
import { backend, loadAccounts, sayThrown, specOf, summary } from "../app/world";
import { t } from "../i18n";
import { type Geometry, heightOf, inView, pagesOf, placeOf, scrollTo, shownAt, topOf } from "./window";

const PAGE_ROWS = 100;
const PAGES_AT_ONCE = 3;
/** Rows kept beyond which far pages are let go. */
const KEPT_ROWS = 6_000;
const SPARE_ROWS = 6;
const WATCH_EVERY_MS = 100;
const DETAIL_EVERY_MS = 1_000;
/** The most a window may ask for; the api's own bound. */
const WINDOW_MAX = 500;

export const show = signal<Show>("all");
export const search = signal("");
export const failure = signal<Failure | null>(null);
/** Whether the first answer has come. */
export const loaded = signal(false);

const total = signal(0);
const version = signal(0);
let rows = new Map<number, UploadRow>();
let places = new Map<UploadId, number>();
let pages = new Map<number, "asked" | "here" | "stale">();
let epoch = 0;

export const active = signal<{ place: number; id: UploadId | null } | null>(null);
export const selected = signal<ReadonlySet<UploadId>>(new Set());
export const selectedAll = signal(false);
let anchor = 0;

/** Rows on their way out, with their places. */
const hidden = signal<ReadonlyMap<UploadId, number>>(new Map());
const hiddenAll = signal(false);
const hiddenPlaces = computed(() => [...hidden.value.values()].sort((a, b) => a - b));
let removing: Promise<unknown> | null = null;

export const openId = signal<UploadId | null>(null);
export const openDetail = signal<UploadDetail | null>(null);
export const drawerId = signal<UploadId | null>(null);
export const drawerDetail = signal<UploadDetail | null>(null);

export const rowPx = signal(56);
export const cardPx = signal(168);
export const scrollTop = signal(0);
export const viewPx = signal(600);

export const count = computed(() => (hiddenAll.value ? 0 : Math.max(0, total.value - hidden.value.size)));
export const isWhole = computed(() => show.value === "all" && search.value.trim() === "");

const openShown = computed(() => {
  void version.value;
  const id = openId.value;
  const place = id === null || hidden.value.has(id) ? undefined : places.get(id);
  return place === undefined ? -1 : shownAt(place, hiddenPlaces.value);
});
export const geometry = computed<Geometry>(() => ({ row: rowPx.value, card: cardPx.value, open: openShown.value, count: count.value }));
export const listPx = computed(() => heightOf(geometry.value));
/** Rows to draw, without the active one where it is out of view. */
export const range = computed(() => inView(scrollTop.value, viewPx.value, geometry.value, SPARE_ROWS));

export interface Drawn {
  shown: number;
  top: number;
  row: UploadRow | null;
}

/** What stands in the list now, in its order. */
export const drawn = computed<Drawn[]>(() => {
  void version.value;
  const [from, to] = range.value;
  const g = geometry.value;
  const at = (shown: number): Drawn => ({ shown, top: topOf(shown, g), row: rows.get(placeOf(shown, hiddenPlaces.value)) ?? null });
  const list: Drawn[] = [];
  for (let shown = from; shown < to; shown += 1) list.push(at(shown));
  const activeAt = activeShown.value;
  if (activeAt >= 0 && activeAt < g.count) {
    if (activeAt < from) list.unshift(at(activeAt));
    else if (activeAt >= to) list.push(at(activeAt));
  }
  return list;
});

export const activeShown = computed(() => {
  void version.value;
  return active.value === null ? -1 : Math.min(shownAt(active.value.place, hiddenPlaces.value), count.value - 1);
});
export const rowAtShown = (shown: number): UploadRow | null => rows.get(placeOf(shown, hiddenPlaces.peek())) ?? null;
export const rowOf = (id: UploadId): UploadRow | null => {
  const place = places.get(id);
  return place === undefined ? null : (rows.get(place) ?? null);
};
export const activeRow = (): UploadRow | null => {
  const at = active.value;
  return at?.id == null ? null : rowOf(at.id);
};
export const selectedCount = computed(() => (selectedAll.value ? count.value : selected.value.size));

// ---- Pulling rows

let wanted: number[] = [];
let flying = 0;

const request = (offset: number, limit: number): QueueWindow => ({
  show: show.peek(),
  search: search.peek().trim() === "" ? null : search.peek().trim(),
  account: null,
  phase: null,
  offset,
  limit,
});

/** Pulls what is in view and a page ahead on both sides. Called after every drawing. */
export function lookAt(): void {
  const [from, to] = range.peek();
  const out = hiddenPlaces.peek();
  const first = placeOf(from, out);
  const last = placeOf(to, out);
  const near = pagesOf(first, Math.max(last, first + 1), PAGE_ROWS);
  const ahead = pagesOf(Math.max(0, first - PAGE_ROWS / 2), Math.min(Math.max(total.peek(), 1), last + PAGE_ROWS / 2), PAGE_ROWS);
  wanted = [...new Set([...near, ...ahead])].filter((page) => pages.get(page) !== "here" && pages.get(page) !== "asked");
  pull();
  watchRows();
}

function pull(): void {
  while (flying < PAGES_AT_ONCE) {
    const page = wanted.shift();
    if (page === undefined) return;
    void pullPage(page);
  }
}

async function pullPage(page: number): Promise<void> {
  const asked = epoch;
  pages.set(page, "asked");
  flying += 1;
  try {
    const answer = await backend().call("queue_window", request(page * PAGE_ROWS, PAGE_ROWS));
    if (asked !== epoch) return;
    if (pages.get(page) === "asked") pages.set(page, "here");
    take(page, answer.rows, answer.total);
    failure.value = null;
  } catch (thrown) {
    if (asked !== epoch) return;
    pages.delete(page);
    failure.value = asFailure(thrown);
  } finally {
    flying -= 1;
    pull();
  }
}

function take(page: number, answer: readonly UploadRow[], all: number): void {
  for (let n = 0; n < PAGE_ROWS; n += 1) {
    const place = page * PAGE_ROWS + n;
    const row = answer[n];
    const old = rows.get(place);
    if (old && old.id !== row?.id && places.get(old.id) === place) places.delete(old.id);
    if (row) {
      rows.set(place, row);
      places.set(row.id, place);
    } else {
      rows.delete(place);
    }
  }
  total.value = all;
  loaded.value = true;
  followRows();
  letGoFar(page);
  version.value += 1;
}

/** Keeps what points at rows in step with where they stand now. */
function followRows(): void {
  const at = active.peek();
  if (at) {
    const moved = at.id === null ? undefined : places.get(at.id);
    const place = Math.min(moved ?? at.place, Math.max(0, total.peek() - 1));
    const id = moved === undefined ? (rows.get(place)?.id ?? null) : at.id;
    if (place !== at.place || id !== at.id) active.value = total.peek() === 0 ? null : { place, id };
  }
  if (hidden.peek().size > 0) {
    const next = new Map([...hidden.peek()].map(([id, place]) => [id, places.get(id) ?? place]));
    hidden.value = next;
  }
}

function letGoFar(near: number): void {
  if (rows.size < KEPT_ROWS) return;
  const keep = KEPT_ROWS / PAGE_ROWS / 4;
  for (const page of pages.keys()) {
    if (Math.abs(page - near) <= keep) continue;
    pages.delete(page);
    for (let n = page * PAGE_ROWS; n < (page + 1) * PAGE_ROWS; n += 1) {
      const row = rows.get(n);
      if (row && places.get(row.id) === n && row.id !== active.peek()?.id) places.delete(row.id);
      rows.delete(n);
    }
  }
}

let refreshing = false;
let refreshAgain = false;
/** Order or number of rows changed: what is in view is pulled again, the rest when it comes into view. */
async function refresh(): Promise<void> {
  if (refreshing) {
    refreshAgain = true;
    return;
  }
  refreshing = true;
  try {
    await removing;
    do {
      refreshAgain = false;
      const asked = epoch;
      const [from, to] = range.peek();
      const out = hiddenPlaces.peek();
      const near = pagesOf(placeOf(from, out), Math.max(placeOf(to, out), 1), PAGE_ROWS);
      for (const page of pages.keys()) pages.set(page, "stale");
      const answers = await Promise.all(near.map(async (page) => ({ page, answer: await backend().call("queue_window", request(page * PAGE_ROWS, PAGE_ROWS)) })));
      if (asked !== epoch) return;
      const here = new Map<number, UploadRow>();
      if (committed.size > 0) {
        hidden.value = new Map([...hidden.peek()].filter(([id]) => !committed.has(id)));
        committed.clear();
      }
      for (const [place, row] of rows) if (pages.get(Math.floor(place / PAGE_ROWS)) === "stale") here.set(place, row);
      rows = here;
      places = new Map([...rows].map(([place, row]) => [row.id, place]));
      for (const { page, answer } of answers) {
        pages.set(page, "here");
        take(page, answer.rows, answer.total);
      }
      if (hiddenAll.peek() && committedAll) {
        hiddenAll.value = false;
        committedAll = false;
      }
      failure.value = null;
    } while (refreshAgain as boolean);
  } catch (thrown) {
    failure.value = asFailure(thrown);
  } finally {
    refreshing = false;
  }
  if (drawerId.peek() !== null) void loadDrawer();
  if (openId.peek() !== null) void loadCard();
}

/** Other rows are asked for: everything known of the old ones is let go. */
function ask(): void {
  epoch += 1;
  rows = new Map();
  places = new Map();
  pages = new Map();
  active.value = null;
  clearSelection();
  openId.value = null;
  scrollTop.value = 0;
  loaded.value = false;
  version.value += 1;
  void pullPage(0);
}

export function showOnly(next: Show): void {
  if (next === show.peek()) return;
  endToast();
  show.value = next;
  ask();
}

let searchTimer: ReturnType<typeof setTimeout> | undefined;
export function searchFor(words: string): void {
  if (words === search.peek()) return;
  endToast();
  search.value = words;
  clearTimeout(searchTimer);
  searchTimer = setTimeout(ask, 150);
}

export const retryPull = () => {
  failure.value = null;
  ask();
};

// ---- Rows in view, patches

let watched = "";
let watchTimer: ReturnType<typeof setTimeout> | undefined;
function watchRows(): void {
  if (watchTimer !== undefined) return;
  watchTimer = setTimeout(() => {
    watchTimer = undefined;
    const ids = drawn.peek().flatMap(({ row }) => (row ? [row.id] : []));
    const open = drawerId.peek();
    if (open !== null && !ids.includes(open)) ids.push(open);
    const key = ids.join();
    if (key === watched) return;
    watched = key;
    void backend().call("queue_watch", { ids }).catch(() => (watched = ""));
  }, WATCH_EVERY_MS);
}

export function applyPatch(patch: Patch): void {
  let drawAgain = false;
  for (const live of patch.rows) {
    const row = rowOf(live.id);
    if (row) {
      row.live = live;
      drawAgain = true;
    }
    if (live.id === drawerId.peek()) drawerSoon();
  }
  if (drawAgain) version.value += 1;
  if (patch.summary) {
    summary.value = patch.summary;
    hear(patch.summary);
  }
  if (patch.queue_stale) void refresh();
  if (patch.accounts_stale) void loadAccounts();
}

// ---- The active row and the selection

export const scrollWanted = signal<number | null>(null);

export function activate(shown: number): void {
  if (count.peek() === 0) return;
  const to = Math.max(0, Math.min(count.peek() - 1, shown));
  const place = placeOf(to, hiddenPlaces.peek());
  active.value = { place, id: rows.get(place)?.id ?? null };
  bringIntoView(to);
}

function bringIntoView(shown: number): void {
  const y = scrollTo(shown, scrollTop.peek(), viewPx.peek(), geometry.peek());
  if (y !== scrollTop.peek()) scrollWanted.value = y;
}

export function clearSelection(): void {
  if (selected.peek().size > 0) selected.value = new Set();
  selectedAll.value = false;
}

export function selectOnly(shown: number): void {
  activate(shown);
  anchor = Math.max(0, activeShown.peek());
  const row = rowAtShown(shown);
  selected.value = new Set(row ? [row.id] : []);
  selectedAll.value = false;
}

export function toggle(shown: number): void {
  activate(shown);
  anchor = shown;
  const row = rowAtShown(shown);
  if (!row) return;
  const next = new Set(selected.peek());
  if (!next.delete(row.id)) next.add(row.id);
  selected.value = next;
  selectedAll.value = false;
}

/** Extends the selection from where it began to `shown`. */
export async function extendTo(shown: number): Promise<void> {
  activate(shown);
  const to = Math.max(0, Math.min(count.peek() - 1, shown));
  const asked = epoch;
  const ids = await idsBetween(Math.min(anchor, to), Math.max(anchor, to) + 1);
  if (asked !== epoch) return;
  selected.value = new Set(ids);
  selectedAll.value = false;
}

export async function selectAll(): Promise<void> {
  if (isWhole.peek()) {
    selectedAll.value = true;
    selected.value = new Set();
    return;
  }
  const asked = epoch;
  const ids = await idsBetween(0, count.peek());
  if (asked === epoch) selected.value = new Set(ids);
}

export const beginRange = () => {
  anchor = Math.max(0, activeShown.peek());
};

/** Ids of the rows shown from `from` to before `to`; rows that are not here are asked for. */
async function idsBetween(from: number, to: number): Promise<UploadId[]> {
  const ids: UploadId[] = [];
  const out = hiddenPlaces.peek();
  let missing = -1;
  for (let shown = from; shown < to; shown += 1) {
    const row = rows.get(placeOf(shown, out));
    if (row) ids.push(row.id);
    else if (missing < 0) missing = shown;
  }
  if (missing < 0) return ids;
  const found: UploadId[] = [];
  const last = placeOf(to - 1, out) + 1;
  for (let offset = placeOf(from, out); offset < last; offset += WINDOW_MAX) {
    const answer = await backend().call("queue_window", request(offset, Math.min(WINDOW_MAX, last - offset)));
    found.push(...answer.rows.map((row) => row.id).filter((id) => !hidden.peek().has(id)));
    if (answer.rows.length === 0) break;
  }
  return found;
}

/** The uploads an order is for: the selection, or the active row. */
export function chosen(): UploadSet {
  if (selectedAll.peek()) return { ids: [], all: true };
  if (selected.peek().size > 0) return { ids: [...selected.peek()], all: false };
  const id = active.peek()?.id;
  return { ids: id == null ? [] : [id], all: false };
}
export const only = (id: UploadId): UploadSet => ({ ids: [id], all: false });
const isEmpty = (set: UploadSet) => !set.all && set.ids.length === 0;

// ---- Orders

type Bulk = "uploads_pause" | "uploads_resume" | "uploads_cancel" | "uploads_retry";
/** Sends an order for several uploads, and says what came of it where several were meant. */
export async function order(name: Bulk, set: UploadSet, told?: (n: number) => string): Promise<void> {
  if (isEmpty(set)) return;
  try {
    const { changed } = await backend().call(name, set);
    if (changed === 0) say({ text: t().toast.noneChanged });
    else if (told && (set.all || set.ids.length > 1)) say({ text: told(changed) });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export async function pauseAll(): Promise<void> {
  const paused = summary.peek()?.paused === true;
  await order(paused ? "uploads_resume" : "uploads_pause", { ids: [], all: true });
}

const committed = new Set<UploadId>();
let committedAll = false;

/** Hides rows at once; they are removed when the time to undo is over. */
export function remove(set: UploadSet): void {
  if (isEmpty(set)) return;
  endToast();
  const title = set.all ? undefined : set.ids.length === 1 ? rowOf(set.ids[0] ?? 0)?.title : undefined;
  const n = set.all ? count.peek() : set.ids.length;
  if (set.all) {
    hiddenAll.value = true;
  } else {
    const at = active.peek()?.place ?? 0;
    hidden.value = new Map(set.ids.map((id) => [id, places.get(id) ?? Number.MAX_SAFE_INTEGER]));
    const shown = Math.min(shownAt(at, hiddenPlaces.peek()), count.peek() - 1);
    if (shown >= 0) activate(shown);
  }
  clearSelection();
  if (openId.peek() !== null && (set.all || set.ids.includes(openId.peek() ?? 0))) openId.value = null;
  if (drawerId.peek() !== null && (set.all || set.ids.includes(drawerId.peek() ?? 0))) closeDrawer();
  const back = () => {
    hidden.value = new Map();
    hiddenAll.value = false;
  };
  say({
    text: title === undefined ? t().toast.removed(n) : t().toast.removedOne(title),
    undo: back,
    end: () => {
      const call = backend().call("uploads_remove", set);
      removing = call
        .then(() => {
          if (set.all) committedAll = true;
          else for (const id of set.ids) committed.add(id);
        })
        .catch((thrown: unknown) => {
          back();
          say({ text: sayThrown(thrown) });
        })
        .finally(() => (removing = null));
      void removing.then(refresh);
    },
  });
}

let lastMove: { id: UploadId; place: Place } | null = null;

/** Moves one upload; the way back is kept for undo. */
export async function move(id: UploadId, place: Place): Promise<void> {
  if (!isWhole.peek() && place.to !== "first" && place.to !== "last") {
    say({ text: t().toast.notHere });
    return;
  }
  const from = places.get(id);
  const above = from === undefined || from === 0 ? null : (rows.get(from - 1)?.id ?? null);
  const title = rowOf(id)?.title ?? "";
  try {
    await backend().call("upload_move", { id, place });
    lastMove = from === undefined ? null : { id, place: above === null ? { to: "first" } : { to: "after", other: above } };
    const undo = lastMove === null ? undefined : () => void undoMove();
    say({ text: t().toast.moved(title), undo });
    await refresh();
  } catch (thrown) {
    say({ text: t().toast.cannotMove(sayThrown(thrown)) });
  }
}

async function undoMove(): Promise<void> {
  const back = lastMove;
  lastMove = null;
  if (back) await backend().call("upload_move", back).then(refresh, (thrown: unknown) => say({ text: sayThrown(thrown) }));
}

/** Moves what is selected to the top, in the order it has. */
export async function moveChosenToTop(): Promise<void> {
  const ids = [...selected.peek()].sort((a, b) => (places.get(b) ?? 0) - (places.get(a) ?? 0));
  try {
    for (const id of ids) await backend().call("upload_move", { id, place: { to: "first" } });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** Moves the active row by one, or to an end. */
export async function moveActive(by: -1 | 1 | "first" | "last"): Promise<void> {
  const id = active.peek()?.id;
  const shown = activeShown.peek();
  if (id == null) return;
  if (by === "first" || by === "last") {
    await move(id, { to: by });
    return;
  }
  const other = rowAtShown(shown + by);
  if (!other || shown + by < 0 || shown + by >= count.peek()) return;
  await move(id, by < 0 ? { to: "before", other: other.id } : { to: "after", other: other.id });
  activate(activeShown.peek());
}

export function undoLast(): void {
  if (toast.peek()?.undo) undoToast();
  else void undoMove();
}

// ---- The card and the drawer

export async function openCard(id: UploadId): Promise<void> {
  openId.value = id;
  openDetail.value = null;
  const shown = openShown.peek();
  if (shown >= 0) bringIntoView(shown);
  await loadCard();
}
export const closeCard = () => {
  openId.value = null;
};
async function loadCard(): Promise<void> {
  const id = openId.peek();
  if (id === null) return;
  try {
    const detail = await backend().call("upload_detail", id);
    if (openId.peek() === id) openDetail.value = detail;
  } catch {
    if (openId.peek() === id) openId.value = null; // gone meanwhile
  }
}

export async function openDrawer(id: UploadId): Promise<void> {
  drawerId.value = id;
  if (drawerDetail.peek()?.row.id !== id) drawerDetail.value = null;
  await loadDrawer();
}
export function closeDrawer(): void {
  drawerId.value = null;
  drawerDetail.value = null;
}
let drawerTimer: ReturnType<typeof setTimeout> | undefined;
function drawerSoon(): void {
  drawerTimer ??= setTimeout(() => {
    drawerTimer = undefined;
    void loadDrawer();
  }, DETAIL_EVERY_MS);
}
async function loadDrawer(): Promise<void> {
  const id = drawerId.peek();
  if (id === null) return;
  try {
    const detail = await backend().call("upload_detail", id);
    if (drawerId.peek() === id) drawerDetail.value = detail;
  } catch {
    if (drawerId.peek() === id) closeDrawer(); // gone meanwhile
  }
}

export const isRemote = (platform: string) => specOf(platform)?.remote ?? true;
