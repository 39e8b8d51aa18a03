/** The queue's screen: head, pulse, filters, the windowed list, the selection's bar. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { repeat } from "lit-html/directives/repeat.js";
import type { Counts, Show } from "../bindings";
import { icon } from "../app/parts";
import { say, start, summary } from "../app/world";
import { t } from "../i18n";
import { num, rate, size } from "../i18n/format";
import { copyReport, perform, rowMenu } from "./acts";
import { dragged, startDrag, target } from "./drag";
import type { RowAct } from "./face";
import { gridKey } from "./keys";
import { inForce, isTurtle, limitMenu, speed, toggleTurtle } from "./limit";
import { pulseView } from "./pulse";
import { blankRow, errorCard, faceOf, rowId, uploadRow } from "./row";
import * as queue from "./state";
import { chip, question } from "../network/chip";
import { chooseFiles } from "../manuscript/files";
import { editMany } from "../templates/many";

const FILTERS: readonly (keyof Counts & Show)[] = ["all", "needs_you", "running", "waiting", "with_platforms", "done", "failed"];

/** Primary buttons in the list at once. */
const MOST_PRIMARIES = 3;

let pane: HTMLElement | null = null;
let grid: HTMLElement | null = null;
export const focusGrid = () => grid?.focus({ preventScroll: true });

const sizes = new ResizeObserver(() => {
  if (!pane) return;
  queue.viewPx.value = pane.clientHeight;
  const row = pane.querySelector(".row-probe")?.getBoundingClientRect().height;
  const card = pane.querySelector(".card-probe")?.getBoundingClientRect().height;
  if (row && row !== queue.rowPx.peek()) {
    const kept = (queue.scrollTop.peek() / queue.rowPx.peek()) * row; // after a change of zoom the same rows stand there
    queue.rowPx.value = row;
    queue.scrollWanted.value = kept;
  }
  if (card && card !== queue.cardPx.peek()) queue.cardPx.value = card;
});

function takePane(element: Element | undefined): void {
  sizes.disconnect();
  pane = element instanceof HTMLElement ? element : null;
  if (!pane) return;
  sizes.observe(pane);
  for (const probe of pane.querySelectorAll(".row-probe, .card-probe")) sizes.observe(probe);
  queue.scrollWanted.value = queue.scrollTop.peek();
}

/** Does what only the document can do, after each drawing. */
export function afterDrawing(): void {
  const wanted = queue.scrollWanted.peek();
  if (pane && wanted !== null) {
    queue.scrollWanted.value = null;
    pane.scrollTop = wanted;
    queue.scrollTop.value = pane.scrollTop;
  }
  queue.lookAt();
}

const shownOf = (target: EventTarget | null): number => {
  const row = target instanceof Element ? target.closest(".upload-row") : null;
  return row ? Number(row.getAttribute("aria-rowindex")) - 2 : -1;
};

function click(event: MouseEvent): void {
  if (!(event.target instanceof Element)) return;
  const card = event.target.closest<HTMLElement>("[data-card]");
  const button = event.target.closest<HTMLElement>("[data-act], [data-report]");
  if (card) {
    const row = queue.rowOf(Number(card.dataset.card));
    if (row && button) {
      if (button.dataset.act) perform(button.dataset.act as RowAct, row, button);
      else void copyReport(row);
    }
    return;
  }
  const shown = shownOf(event.target);
  const row = shown < 0 ? null : queue.rowAtShown(shown);
  if (!row) return;
  if (button) {
    event.preventDefault();
    queue.activate(shown);
    perform(button.dataset.act as RowAct, row, button);
    return;
  }
  focusGrid();
  if (event.shiftKey) void queue.extendTo(shown);
  else if (event.ctrlKey || event.metaKey) queue.toggle(shown);
  else {
    queue.selectOnly(shown);
    if (queue.drawerId.peek() !== null) void queue.openDrawer(row.id);
    else if (row.live.phase === "failed") perform("card", row);
  }
}

function openDetails(event: MouseEvent): void {
  const row = queue.rowAtShown(shownOf(event.target));
  if (row && event.target instanceof Element && !event.target.closest("[data-act]")) void queue.openDrawer(row.id);
}

function context(event: MouseEvent): void {
  const shown = shownOf(event.target);
  const row = shown < 0 ? null : queue.rowAtShown(shown);
  if (!row) return;
  event.preventDefault();
  queue.activate(shown);
  rowMenu(row, { x: event.clientX, y: event.clientY });
}

function head(): TemplateResult {
  const sum = summary.value;
  const { head } = t();
  const limit = inForce.value;
  const limitWords = limit === null ? head.noLimit : head.limit(rate(limit));
  const turtle = isTurtle.value ? head.turtleOff : head.turtle(rate(speed.value?.turtle.bytes_per_second ?? 0));
  const paused = sum?.paused === true;
  return html`
    <header class="topbar">
      <h1>${t().nav.queue}</h1>
      <p class="topbar-note cut">${sum ? head.queueNote(sum.counts.all, sum.left_bytes > 0 ? size(sum.left_bytes) : null) : nothing}</p>
      <div class="topbar-end">
        ${chip()}
        <span class="button-pair" role="group" aria-label=${head.limitMenu}>
          <button class="button icon-button" aria-pressed=${isTurtle.value ? "true" : "false"} aria-label=${turtle} title=${turtle} @click=${toggleTurtle}>${icon("turtle")}</button>
          <button class="button" aria-haspopup="menu" title=${head.limitTitle(limitWords)} @click=${limitMenu}>${limitWords}${icon("chev-down", "icon tail")}</button>
        </span>
        <button class="button" aria-label=${paused ? head.resumeAll : head.pauseAll} title=${paused ? head.resumeAll : head.pauseAll} @click=${() => void queue.pauseAll()}>
          ${icon(paused ? "play" : "pause")}<span class="wide-only">${paused ? head.resumeAll : head.pauseAll}</span>
        </button>
      </div>
    </header>`;
}

function filters(): TemplateResult {
  const counts = summary.value?.counts;
  const { filters } = t();
  const shown = FILTERS.filter((name) => name !== "failed" || (counts?.failed ?? 0) > 0 || queue.show.value === "failed");
  return html`
    <div class="filters">
      <fieldset class="filter-set">
        <legend class="visually-hidden">${filters.legend}</legend>
        ${shown.map(
          (name) => html`<label class="filter" data-show=${name}><input type="radio" name="show" .checked=${queue.show.value === name} @change=${() => queue.showOnly(name)}>${
            name === "needs_you" && (counts?.needs_you ?? 0) > 0 ? html`<span class="state" data-state="waiting">${icon("s-warn")}</span>` : nothing
          }${filters[name]}<span class="filter-n">${counts ? num(counts[name]) : nothing}</span></label>`,
        )}
      </fieldset>
      <label class="search">${icon("search")}<input class="input" type="search" id="queue-search" placeholder=${filters.search} aria-label=${filters.search}
        .value=${queue.search.value} @input=${(event: Event) => queue.searchFor((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== "Escape" || event.isComposing) return;
          queue.searchFor("");
          focusGrid();
        }}></label>
    </div>`;
}

function rows(): TemplateResult[] | unknown {
  const open = queue.openId.value;
  const activeShown = queue.activeShown.value;
  const selected = queue.selected.value;
  const all = queue.selectedAll.value;
  const list = queue.drawn.value;
  const lift = dragged.value;
  let primaries = 0;
  return repeat(
    list,
    ({ row, shown }) => (row ? row.id : `place-${shown}`),
    ({ row, shown, top }, n) => {
      const look = {
        shown,
        top,
        isActive: shown === activeShown,
        isSelected: row !== null && (all || selected.has(row.id)),
        isOpen: row !== null && row.id === open,
        isDragged: row !== null && row.id === lift?.id,
        isParent: list[n + 1]?.row?.sibling === true && list[n + 1]?.shown === shown + 1,
      };
      if (!row) return blankRow(look);
      const shows = faceOf(row);
      // More than a few loud buttons would be none.
      if (row.id !== open && shows.cures.some((cure) => cure.primary)) primaries += 1;
      const drawn = uploadRow(row, shows, look, primaries <= MOST_PRIMARIES);
      return row.id === open ? html`${drawn}${errorCard(row, top + queue.rowPx.value, shown + 2)}` : drawn;
    },
  );
}

function empty(): TemplateResult | typeof nothing {
  const { queue: words } = t();
  if (queue.failure.value && queue.count.value === 0)
    return html`<div class="queue-empty" role="alert"><p>${words.unreadable(say(queue.failure.value))}</p><button class="button" @click=${queue.retryPull}>${words.again}</button></div>`;
  if (!queue.loaded.value || queue.count.value > 0) return nothing;
  const search = queue.search.value.trim();
  if (queue.isWhole.value)
    return html`<div class="queue-empty"><p>${words.noneAtAll}</p><button class="button" data-kind="primary" @click=${() => void chooseFiles()}>${icon("plus")}${words.chooseFiles}</button></div>`;
  return html`<div class="queue-empty"><p>${search === "" ? words.noneShown : words.noneFound(search)}</p>
    <button class="button" @click=${() => (queue.searchFor(""), queue.showOnly("all"))}>${words.noneShowAll}</button></div>`;
}

function selectionBar(): TemplateResult | typeof nothing {
  const n = queue.selectedCount.value;
  if (n < 2) return nothing;
  const { selection, toast } = t();
  const whole = queue.selectedAll.value;
  const button = (picture: string, label: string, run: () => void) =>
    html`<button class="button" data-kind="quiet" @click=${run}>${icon(picture)}<span class="wide-only">${label}</span></button>`;
  return html`
    <div class="toast selection" role="region" aria-label=${selection.label}>
      <span>${whole ? selection.all(n) : selection.count(n)}</span>
      ${button("pause", selection.pause, () => void queue.order("uploads_pause", queue.chosen(), toast.paused))}
      ${button("play", selection.resume, () => void queue.order("uploads_resume", queue.chosen(), toast.resumed))}
      ${button("edit", selection.edit, () => editMany(queue.chosen(), n))}
      ${whole ? nothing : button("arrow-up", selection.top, () => void queue.moveChosenToTop())}
      ${button("trash", selection.remove, () => queue.remove(queue.chosen()))}
      <button class="button icon-button" data-kind="quiet" aria-label=${selection.clear} title=${`${selection.clear} (Esc)`}
        @click=${() => (queue.clearSelection(), focusGrid())}>${icon("x")}</button>
    </div>`;
}

/** Where a dragged row would land. */
function dropLine() {
  const at = target.value;
  return at === null ? nothing : html`<div class="drop-mark" .style=${`transform: translateY(${at.top}px)`}></div>`;
}

/** What came of a damaged list, until somebody has read it. */
function recoveredNote(): TemplateResult | typeof nothing {
  const what = start.value?.recovered;
  if (!what || !start.value) return nothing;
  const read = () => {
    if (start.value) start.value = { ...start.value, recovered: null };
  };
  return html`<div class="note recovered" role="alert">${icon("s-warn")}<p><strong>${t().start.recovered}</strong> ${say(what)}</p>
    <button class="button icon-button" data-size="s" data-kind="quiet" aria-label=${t().act.close} @click=${read}>${icon("x")}</button></div>`;
}

export function queueView(): TemplateResult {
  const { queue: words } = t();
  const { columns } = words;
  const activeShown = queue.activeShown.value;
  const pointed = activeShown < 0 ? nothing : rowId(queue.rowAtShown(activeShown), activeShown);
  return html`
    ${head()}${recoveredNote()}${question()}${pulseView()}${filters()}
    <div class="queue" ${ref(takePane)} @scroll=${(event: Event) => (queue.scrollTop.value = (event.target as HTMLElement).scrollTop)}>
      <div class="row-probe" aria-hidden="true"></div><div class="card-probe" aria-hidden="true"></div>
      <div class="queue-grid" id="queue-grid" role="grid" tabindex="0" aria-label=${words.label} aria-rowcount=${queue.count.value + 1} aria-multiselectable="true"
        aria-activedescendant=${pointed} .style=${`block-size: ${queue.listPx.value}px`} ${ref((element) => (grid = element instanceof HTMLElement ? element : null))}
        @click=${click} @dblclick=${openDetails} @contextmenu=${context} @keydown=${gridKey} @pointerdown=${startDrag} @focus=${focused}>
        <div role="row" class="visually-hidden" aria-rowindex="1">
          <span role="columnheader">${columns.state}</span><span role="columnheader">${columns.title}</span><span role="columnheader">${columns.account}</span>
          <span role="columnheader">${columns.progress}</span><span role="columnheader">${columns.actions}</span>
        </div>
        ${rows()}${dropLine()}
      </div>
      ${empty()}
    </div>
    ${selectionBar()}`;
}

function focused(event: FocusEvent): void {
  if (event.target === event.currentTarget && queue.activeShown.peek() < 0) queue.activate(queue.range.peek()[0]);
}
