/** History's screen: head, filters, the list by days. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import type { HistoryRow, PhaseName } from "../bindings";
import { copy } from "../app/copy";
import { icon, mark, tongue } from "../app/parts";
import { now, platformLabel, say } from "../app/world";
import { say as toast } from "../app/toast";
import { t } from "../i18n";
import { day, rate, size, time, UNKNOWN } from "../i18n/format";
import { lineAt, lineOf } from "./lines";
import { resultOf } from "./result";
import * as history from "./state";

const PHASES = ["published", "processing", "failed", "cancelled"] as const satisfies readonly PhaseName[];
const DAY_MS = 86_400_000;

let pane: HTMLElement | null = null;
export const focusHistory = () => pane?.focus({ preventScroll: true });

const sizes = new ResizeObserver(() => {
  if (!pane) return;
  const head = pane.querySelector(".table-head")?.getBoundingClientRect().height ?? 0;
  history.viewPx.value = pane.clientHeight - head;
  const row = pane.querySelector(".row-probe")?.getBoundingClientRect().height;
  if (row) history.rowPx.value = row;
});

function takePane(element: Element | undefined): void {
  sizes.disconnect();
  pane = element instanceof HTMLElement ? element : null;
  if (!pane) return;
  sizes.observe(pane);
  for (const probe of pane.querySelectorAll(".row-probe")) sizes.observe(probe);
  history.scrollWanted.value = history.scrollTop.peek();
}

/** Does what only the document can do, after each drawing. */
export function afterHistory(): void {
  if (!pane?.isConnected) return;
  const wanted = history.scrollWanted.peek();
  if (wanted !== null) {
    history.scrollWanted.value = null;
    pane.scrollTop = wanted;
    history.scrollTop.value = pane.scrollTop;
  }
  history.lookAt();
}

function head(): TemplateResult {
  const { history: words } = t();
  const found = history.overview.value;
  const note = found === null || found.uploads === 0 ? nothing : words.note(found.uploads, size(found.bytes), found.since_ms === null ? null : day(found.since_ms, now.value));
  return html`
    <header class="topbar">
      <h1>${t().nav.history}</h1>
      <p class="topbar-note cut">${note}</p>
      <div class="topbar-end">
        <button class="button" ?disabled=${history.count.value === 0} title=${words.csv} aria-label=${words.csv} @click=${() => void history.saveCsv()}>${icon("download")}<span class="wide-only">${words.csv}</span></button>
      </div>
    </header>`;
}

function bar(): TemplateResult {
  const { history: words } = t();
  const past = history.overview.value?.accounts ?? [];
  const platforms = [...new Set(past.map((account) => account.platform))];
  const of = history.whose.value;
  const chosen = of === null ? "" : "account" in of ? `a${of.account}` : `p${of.platform}`;
  const take = (event: Event) => {
    const { value } = event.target as HTMLSelectElement;
    history.show({ whose: value === "" ? null : value.startsWith("a") ? { account: Number(value.slice(1)) } : { platform: value.slice(1) } });
  };
  const option = (value: string, label: string, is: string) => html`<option value=${value} ?selected=${value === is}>${label}</option>`;
  const select = (id: string, label: string, change: (event: Event) => void, options: unknown) =>
    html`<span class="select" data-size="s"><select id=${id} aria-label=${label} @change=${change}>${options}</select>${icon("chev-down")}</span>`;
  return html`
    <div class="history-bar">
      <label class="search">${icon("search")}<input class="input" type="search" id="history-search" placeholder=${words.search} aria-label=${words.searchLabel}
        .value=${history.search.value} @input=${(event: Event) => history.searchFor((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== "Escape" || event.isComposing) return;
          history.searchFor("");
          focusHistory();
        }}></label>
      ${select("history-account", words.account, take, [
        option("", words.allAccounts, chosen),
        ...platforms.map(
          (platform) => html`<optgroup label=${platformLabel(platform)}>
            ${option(`p${platform}`, words.allOf(platformLabel(platform)), chosen)}
            ${past.filter((account) => account.platform === platform).map((account) => option(`a${account.id}`, account.removed ? words.removed(account.label) : account.label, chosen))}
          </optgroup>`,
        ),
      ])}
      ${select("history-result", words.result, (event) => history.show({ phase: ((event.target as HTMLSelectElement).value || null) as PhaseName | null }), [
        option("", words.anyResult, history.phase.value ?? ""),
        ...PHASES.map((phase) => option(phase, words.results[phase], history.phase.value ?? "")),
      ])}
      ${select("history-time", words.time, (event) => history.show({ span: (event.target as HTMLSelectElement).value as history.Span }), [
        ...(Object.keys(history.SPANS) as history.Span[]).map((span) => option(span, words.spans[span], history.span.value)),
      ])}
    </div>`;
}

/** Today and yesterday by name, others by date. */
function dayName(startMs: number): string {
  const today = new Date(now.value).setHours(0, 0, 0, 0);
  if (startMs === today) return t().history.today;
  // A day may have 23 or 25 hours: noon before is always yesterday.
  if (startMs === new Date(today - DAY_MS / 2).setHours(0, 0, 0, 0)) return t().history.yesterday;
  return day(startMs, now.value);
}

const place = (line: number) => `transform: translateY(${line * history.rowPx.value}px)`;

function dayView(n: number, line: number): TemplateResult {
  const found = history.overview.value?.days[n];
  return html`
    <div role="row" class="day" aria-rowindex=${line + 2} .style=${place(line)}><span role="gridcell" aria-colspan="6">${found ? dayName(found.start_ms) : UNKNOWN}
      <small>${found ? t().history.dayNote(found.uploads, size(found.bytes)) : nothing}</small></span></div>`;
}

export const historyRowId = (index: number) => `history-${index}`;

function rowView(row: HistoryRow | null, index: number, line: number): TemplateResult {
  const isActive = index === history.active.value;
  const isOpen = row !== null && row.id === history.openId.value;
  const open = () => {
    history.activate(index);
    focusHistory();
    if (row) void history.open(row.id);
  };
  if (!row)
    return html`<div role="row" class="table-row" id=${historyRowId(index)} aria-rowindex=${line + 2} aria-selected="false" .style=${place(line)}><span role="gridcell" class="faint">${UNKNOWN}</span></div>`;
  const result = resultOf(row);
  const who = t().who(platformLabel(row.platform), row.account_label);
  return html`
    <div role="row" class="table-row" id=${historyRowId(index)} aria-rowindex=${line + 2} aria-selected=${isOpen ? "true" : "false"} ?data-active=${isActive} .style=${place(line)} @click=${open}>
      <span role="gridcell" class="faint">${time(row.at_ms)}</span>
      <span role="gridcell" title=${row.title} lang=${tongue(row.title)}>${row.title}</span>
      <span role="gridcell" class="who" title=${who}>${mark(row.platform, "s")}<span class="visually-hidden">${platformLabel(row.platform)}</span><span class="cut">${row.account_label}</span></span>
      <span role="gridcell" class="state" data-state=${result.state} title=${result.word}>${icon(result.icon)}<span class="cut">${result.word}</span></span>
      <span role="gridcell" class="end">${row.total_bytes > 0 ? size(row.total_bytes) : UNKNOWN}</span>
      <span role="gridcell" class="end faint">${row.bytes_per_second === null ? UNKNOWN : rate(row.bytes_per_second)}</span>
    </div>`;
}

function lines(): unknown {
  const days = history.days.value;
  const [from, to] = history.range.value;
  const shown = Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
  // The active row stays rendered, since the grid points at it.
  const active = history.active.value < 0 ? -1 : lineOf(history.active.value, days);
  if (active >= 0 && active < from) shown.unshift(active);
  else if (active >= to) shown.push(active);
  return repeat(
    shown,
    (line) => line,
    (line) => {
      const at = lineAt(line, days);
      return at.kind === "day" ? dayView(at.day, line) : rowView(history.rowAt(at.index), at.index, line);
    },
  );
}

function empty(): TemplateResult | typeof nothing {
  const { history: words, queue } = t();
  if (history.failure.value && history.count.value === 0)
    return html`<div class="queue-empty" role="alert"><p>${words.unreadable(say(history.failure.value))}</p><button class="button" @click=${() => void history.load()}>${queue.again}</button></div>`;
  if (history.overview.value === null || history.count.value > 0) return nothing;
  if (!history.isFiltered.value) return html`<div class="queue-empty"><p>${words.none}</p></div>`;
  const sought = history.search.value.trim();
  return html`<div class="queue-empty"><p>${sought === "" ? words.noneShown : words.noneFound(sought)}</p><button class="button" @click=${history.showAll}>${queue.noneShowAll}</button></div>`;
}

async function copyLink(row: HistoryRow | null): Promise<void> {
  const link = row?.remote?.url;
  if (link) await copy(link, t().toast.linkCopied);
  else toast({ text: t().toast.noLink });
}

function key(event: KeyboardEvent): void {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
  const at = history.active.peek();
  const page = Math.max(1, Math.floor(history.viewPx.peek() / history.rowPx.peek()) - 1);
  const to = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), PageDown: at + page, PageUp: at - page, Home: 0, End: history.count.peek() - 1 }[event.key];
  const row = at < 0 ? null : history.rowAt(at);
  if (to !== undefined) {
    history.activate(to);
    // An open receipt follows the keys.
    const next = history.rowAt(history.active.peek());
    if (history.openId.peek() !== null && next) void history.open(next.id);
  } else if (event.key === "Enter" && row) void history.open(row.id);
  else if (event.key === "Escape" && history.openId.peek() !== null) history.close();
  else if (event.key.toLowerCase() === "c" && row) void copyLink(row);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function historyView(): TemplateResult {
  const { history: words } = t();
  const { columns } = words;
  const active = history.active.value;
  const none = empty();
  return html`
    ${head()} ${bar()}
    ${
      none !== nothing
        ? none
        : html`<div class="scroll table" id="history-grid" role="grid" tabindex="0" aria-label=${t().nav.history} aria-rowcount=${history.days.value.count + 1} aria-colcount="6"
            aria-activedescendant=${active < 0 ? nothing : historyRowId(active)} ${ref(takePane)} @keydown=${key}
            @scroll=${(event: Event) => (history.scrollTop.value = (event.target as HTMLElement).scrollTop)}>
            <div role="row" class="table-head" aria-rowindex="1">
              <span role="columnheader">${columns.time}</span><span role="columnheader">${columns.title}</span><span role="columnheader">${columns.account}</span><span role="columnheader">${columns.result}</span><span role="columnheader" class="end">${columns.size}</span><span role="columnheader" class="end">${columns.average}</span>
            </div>
            <div class="history-lines" role="presentation" .style=${`block-size: ${history.days.value.count * history.rowPx.value}px`}><i class="row-probe" aria-hidden="true"></i>${lines()}</div>
          </div>`
    }`;
}

