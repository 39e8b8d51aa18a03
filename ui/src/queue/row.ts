/** One row of the queue, and the card below it. Data in, template out. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { TimelineEntry, UploadRow } from "../bindings";
import { icon, mark, tongue } from "../app/parts";
import { now, platformLabel, summary } from "../app/world";
import { t } from "../i18n";
import { address, clock, shortAddress, size, UNKNOWN } from "../i18n/format";
import { cure, headline } from "../i18n/sentences";
import { canEdit, face, type Face, type RowAct, wantsText } from "./face";
import * as queue from "./state";
import { ofRow, timelineLine } from "./timeline";

export const rowId = (row: UploadRow | null, shown: number) => (row ? `upload-${row.id}` : `place-${shown}`);

export const faceOf = (row: UploadRow): Face =>
  face(row, { nowMs: now.value, paused: summary.value?.paused === true, platform: platformLabel(row.platform), remote: queue.isRemote(row.platform) });

export interface RowLook {
  shown: number;
  top: number;
  isActive: boolean;
  isSelected: boolean;
  isOpen: boolean;
  isDragged: boolean;
  isParent: boolean;
}

const ICONS: Partial<Record<RowAct, string>> = { pause: "pause", resume: "play", retry: "retry", open_page: "external", copy_link: "copy" };
const words = (act: RowAct): string => {
  const { act: word } = t();
  const all: Partial<Record<RowAct, string>> = { pause: word.pause, resume: word.resume, retry: word.tryNow, open_page: word.openPage, copy_link: word.copyLink };
  return all[act] ?? word.more;
};

const quickButton = (act: RowAct, title: string) => html`
  <button class="button icon-button" data-kind="quiet" tabindex="-1" data-act=${act} aria-label=${`${words(act)}: ${title}`} title=${words(act)}>${icon(ICONS[act] ?? "more")}</button>`;
const moreButton = (title: string) => html`
  <button class="button icon-button row-keep" data-kind="quiet" tabindex="-1" data-act="menu" aria-label=${`${t().act.more}: ${title}`} title=${t().act.more}>${icon("more")}</button>`;

/** A row whose data is still asked for: a dash, no skeleton. */
export const blankRow = (look: RowLook) => html`
  <div role="row" class="upload-row" data-state="queued" id=${rowId(null, look.shown)} aria-rowindex=${look.shown + 2} aria-selected="false"
    ?data-active=${look.isActive} .style=${`transform: translateY(${look.top}px)`}>
    <span role="gridcell"></span><span></span><span role="gridcell" class="two"><span class="row-title faint">${UNKNOWN}</span></span>
  </div>`;

export function uploadRow(row: UploadRow, shows: Face, look: RowLook, loud: boolean): TemplateResult {
  const [word, rest] = shows.line;
  const platform = platformLabel(row.platform);
  const label = t().who(platform, row.account_label);
  const whole = word + rest;
  return html`
    <div role="row" class="upload-row" data-state=${shows.state} id=${rowId(row, look.shown)} aria-rowindex=${look.shown + 2}
      aria-selected=${look.isSelected ? "true" : "false"} ?data-active=${look.isActive} ?data-open=${look.isOpen} ?data-dragged=${look.isDragged}
      ?data-sibling=${row.sibling} ?data-parent=${look.isParent} .style=${`transform: translateY(${look.top}px)`}>
      <span role="gridcell" class="state" data-state=${shows.state} title=${word}>${icon(shows.icon)}<span class="visually-hidden">${word}</span></span>
      <span class="thumb" aria-hidden="true">${icon("film")}</span>
      <span role="gridcell" class="two"><span class="row-title" title=${row.title} lang=${tongue(row.title)}>${row.title}</span><span class="row-sub" title=${whole}><span class="state" data-state=${shows.state}>${word}</span>${rest}</span></span>
      <span role="gridcell" class="row-account" title=${label}>${mark(row.platform)}<span class="two"><span class="row-name">${platform}</span><span class="row-sub">${row.account_label}</span></span></span>
      ${shows.meter ? meterCells(row, shows, platform) : cureCell(row, shows, loud)}
    </div>`;
}

function meterCells(row: UploadRow, shows: Face, platform: string) {
  const meter = shows.meter;
  if (!meter) return nothing;
  return html`
    <span role="gridcell" class="row-meter">
      <span class="row-meter-top"><span class="bar" data-state=${shows.state}>${
        meter.sent === null ? nothing : html`<progress class="bar-sent" max="100" .value=${meter.sent} aria-hidden="true"></progress>`
      }<progress max="100" .value=${meter.value} aria-label=${t().meter.name(platform)}></progress></span><b>${meter.label}</b></span>
      <span class="row-meter-sub"><span>${meter.below[0]}</span><span>${meter.below[1]}</span></span>
    </span>
    <span role="gridcell" class="row-actions">${shows.quick ? quickButton(shows.quick, row.title) : nothing}${moreButton(row.title)}</span>`;
}

function cureCell(row: UploadRow, shows: Face, loud: boolean) {
  // Where there is no room for all of them, the first stays.
  const keep = shows.cures.some((cure) => cure.primary) ? -1 : 0;
  return html`
    <span role="gridcell" class="row-cure row-cure-wide">
      ${shows.link ? html`<a class="row-link cut" href=${shows.link} tabindex="-1" data-act="open_page" title=${address(shows.link)}>${shortAddress(shows.link)}</a>` : nothing}
      ${shows.cures.map(
        ({ act, label, primary }, n) => html`<button class=${`button ${primary || n === keep ? "row-keep" : ""}`} data-size="s" data-kind=${primary && loud ? "primary" : nothing} tabindex="-1" data-act=${act}>${label}</button>`,
      )}
      ${shows.state === "done" && shows.quick === "copy_link" ? quickButton("copy_link", row.title) : nothing}${moreButton(row.title)}
    </span>`;
}

/** What happened to a row: cause, consequence, what was tried, what can be done, the raw answer folded. */
export function errorCard(row: UploadRow, top: number, rowIndex: number): TemplateResult {
  const { card, act } = t();
  const { live } = row;
  const why = live.cause ?? (live.wait !== null && "cause" in live.wait ? live.wait.cause : null);
  const detail = queue.openDetail.value;
  // How it ended is the headline above.
  const steps = (detail?.row.id === row.id ? detail.timeline : []).filter((entry) => entry.event !== "failed").slice(-3);
  const kept =
    live.held_bytes === 0 ? card.keptNone : live.held_bytes >= live.total_bytes ? card.keptAll(size(live.total_bytes)) : card.kept(size(live.held_bytes));
  const button = (name: RowAct, label: string, kind?: "primary" | "quiet") => html`<button class="button" data-kind=${kind ?? nothing} data-act=${name}>${label}</button>`;
  const text = wantsText(row);
  return html`
    <div role="row" class="error-card" data-card=${row.id} aria-rowindex=${rowIndex} .style=${`transform: translateY(${top}px)`}>
      <div role="gridcell" aria-colspan="5" class="error-body" id="error-card-body" tabindex="-1">
        <div class="error-what">
          <h2>${why ? headline(why) : UNKNOWN}</h2>
          <p>${why ? cure(why) : nothing} ${kept}</p>
          <details class="fold">
            <summary>${icon("chev-right")}${card.raw} <span class="faint mono">${why?.code ?? UNKNOWN}</span></summary>
            <pre class="raw">${why?.detail || card.noRaw}</pre>
          </details>
        </div>
        <div class="error-tried">
          <p class="over">${card.tried}</p>
          <ul>
            ${steps.map((entry: TimelineEntry) => html`<li>${clock(entry.at_ms, now.value)} ${timelineLine(entry, ofRow(row))}</li>`)}
            ${live.phase === "failed" ? html`<li>${live.resubmittable ? card.returned : card.notAgain}</li>` : nothing}
          </ul>
        </div>
        <div class="error-acts">
          ${
            live.resubmittable
              ? [button("edit", act.resubmit, "primary"), button("retry", act.sendAnew)]
              : [
                  text ? button("edit", act.edit, "primary") : button("retry", live.phase === "failed" ? act.retry : act.tryNow, "primary"),
                  text ? button("retry", act.retry) : canEdit(row) ? button("edit", act.edit) : nothing,
                ]
          }
          <button class="button" data-kind="quiet" data-report>${act.copyReport}</button>
        </div>
      </div>
    </div>`;
}
