/** The details of one upload: figures, part map, what happened, facts. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { UploadDetail, UploadRow } from "../bindings";
import { icon, mark, stateIcon, tongue } from "../app/parts";
import { labelOf, now, platformLabel, specOf } from "../app/world";
import { span, t } from "../i18n";
import { address, binarySize, clock, clockExact, num, percent, rate, size, sizes } from "../i18n/format";
import { perform, rowMenu } from "./acts";
import { isFinal, type RowAct } from "./face";
import { limitsOf } from "./limit";
import { landedParts, partMap } from "./partmap";
import { faceOf } from "./row";
import * as queue from "./state";
import * as log from "./log";
import { ofRow, pictureOf, timelineLine } from "./timeline";

export function drawerView(): TemplateResult {
  const id = queue.drawerId.value;
  const detail = queue.drawerDetail.value;
  // The row moves faster than the details are asked for.
  void queue.drawn.value;
  const row = (id === null ? null : queue.rowOf(id)) ?? detail?.row ?? null;
  const { act, drawer } = t();
  const close = () => {
    queue.closeDrawer();
    document.getElementById("queue-grid")?.focus({ preventScroll: true });
  };
  if (!row) return html`<aside class="drawer" aria-label=${act.details}></aside>`;
  const held = row.live.intent === "hold";
  const button = (name: RowAct, picture: string, label: string) =>
    html`<button class="button" @click=${(event: Event) => perform(name, row, event.currentTarget as HTMLElement)}>${icon(picture)}${label}</button>`;
  const stops = !isFinal(row) && row.live.phase !== "committing" && row.live.phase !== "processing";
  const shows = faceOf(row);
  return html`
    <aside class="drawer" aria-label=${drawer.label(row.title)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        close();
      }}>
      <header class="drawer-head">
        <h2 lang=${tongue(row.title)}>${row.title}</h2>
        <button class="button icon-button" data-kind="quiet" aria-label=${act.closeDetails} title=${`${act.closeDetails} (Esc)`} @click=${close}>${icon("x")}</button>
        <p class="drawer-who">${mark(row.platform, "s")}<span class="cut">${t().who(platformLabel(row.platform), row.account_label)}</span> <span class="faint">·</span> <span class="cut">${row.file}</span></p>
        <div class="drawer-acts">
          ${shows.cures.map((cure) => html`<button class="button" data-kind=${cure.primary ? "primary" : nothing} @click=${() => perform(cure.act, row)}>${cure.label}</button>`)}
          ${stops && shows.cures.length === 0 ? (held ? button("resume", "play", act.resume) : button("pause", "pause", act.pause)) : nothing}
          ${row.live.remote?.url && row.live.phase === "published" ? button("open_page", "external", act.openPage) : nothing}
          ${row.live.remote?.url && row.live.phase === "published" ? button("copy_link", "copy", act.copyLink) : nothing}
          ${isFinal(row) ? nothing : button("top", "arrow-up", act.top)}
          <button class="button icon-button" aria-label=${act.more} title=${act.more} @click=${(event: Event) => rowMenu(row, event.currentTarget as HTMLElement)}>${icon("more")}</button>
        </div>
      </header>
      <div class="scroll" tabindex="0" role="region" aria-label=${act.details}>
        ${figures(row)} ${detail?.row.id === row.id ? [parts(detail), happened(detail), logView(detail), facts(detail)] : nothing}
      </div>
    </aside>`;
}

function figures(row: UploadRow): TemplateResult {
  const { drawer, meter } = t();
  const shows = faceOf(row);
  const { live } = row;
  const [part, whole] = sizes(live.held_bytes, live.total_bytes);
  const platform = platformLabel(row.platform);
  const value = live.total_bytes > 0 ? (live.held_bytes / live.total_bytes) * 100 : 0;
  const sent = live.total_bytes > 0 ? (live.sent_bytes / live.total_bytes) * 100 : 0;
  const [word, rest] = shows.line;
  const limits = limitsOf(row);
  return html`
    <section class="drawer-part">
      <p class="figure-row"><b>${percent(live.held_bytes, live.total_bytes)}</b><span class="state" data-state=${shows.state}>${word}</span>${
        live.bytes_per_second > 0 && live.eta_seconds !== null ? html`<span class="quiet">${drawer.left(rate(live.bytes_per_second), span(live.eta_seconds))}</span>` : nothing
      }</p>
      <span class="bar" data-size="l" data-state=${shows.state}><progress class="bar-sent" max="100" .value=${sent} aria-hidden="true"></progress><progress max="100" .value=${value} aria-label=${meter.name(platform)}></progress></span>
      ${rest === "" || shows.state === "running" ? nothing : html`<p class="drawer-why">${word}${rest}</p>`}
      <dl class="tally">
        <div><dt><i></i>${drawer.acknowledged}</dt><dd>${meter.ofWhole(part, whole)}</dd></div>
        <div><dt><i data-key="sent"></i>${drawer.onItsWay}</dt><dd>${size(Math.max(0, live.sent_bytes - live.held_bytes))}</dd></div>
        <div><dt><i data-key="again"></i>${drawer.sentTwice}</dt><dd>${size(live.resent_bytes)}</dd></div>
      </dl>
      ${isFinal(row) || limits.length === 0 ? nothing : html`<p class="drawer-limits">${drawer.limitsNote(limits)}</p>`}
    </section>`;
}

function parts(detail: UploadDetail): TemplateResult | typeof nothing {
  if (detail.parts_total === 0) return nothing;
  const { drawer } = t();
  const map = partMap(detail.parts_total, detail.parts_landed, detail.parts_in_flight);
  const landed = landedParts(detail.parts_landed);
  const flight = detail.parts_in_flight.length;
  return html`
    <section class="drawer-part">
      <h3>${drawer.parts} <span>${drawer.partsNote(landed, detail.parts_total, binarySize(detail.part_bytes))}</span></h3>
      <svg class="part-map" viewBox=${`0 0 366 ${map.height}`} role="img" aria-label=${drawer.partsMap(detail.parts_total, landed, flight, detail.parts_total - landed - flight)}>
        <path class="part-wanted" d=${map.wanted}></path><path class="part-landed" d=${map.landed}></path><path class="part-flight" d=${map.flight}></path>
      </svg>
    </section>`;
}

function happened(detail: UploadDetail): TemplateResult {
  const { drawer } = t();
  const { row } = detail;
  const platform = platformLabel(row.platform);
  const shows = faceOf(row);
  const [word, rest] = shows.line;
  const entry = (state: string, picture: string, line: string, at: string | null, more: string, ahead = false) => html`
    <li ?data-ahead=${ahead}>${stateIcon(state, picture)}<div><p>${line}</p>${more === "" ? nothing : html`<p>${more}</p>`}</div>${at === null ? nothing : html`<time>${at}</time>`}</li>`;
  const over = row.live.phase === "published" || row.live.phase === "cancelled" || row.live.phase === "failed";
  const confirmed = row.live.phase === "processing" || over;
  return html`
    <section class="drawer-part">
      <h3>${drawer.happened}</h3>
      <ol class="timeline">
        ${over ? nothing : entry(shows.state, shows.icon, `${word}${rest}`, drawer.now, "")}
        ${[...detail.timeline].reverse().map((event) => {
          const [state, picture] = pictureOf(event.event);
          return entry(state, picture, timelineLine(event, ofRow(row)), clock(event.at_ms, now.value), event.params.detail ?? "");
        })}
        ${confirmed ? nothing : entry("queued", "s-queued", drawer.confirm(platform), null, "", true)}
        ${over ? nothing : entry("queued", "s-queued", drawer.publish, null, "", true)}
      </ol>
    </section>`;
}

function logView(detail: UploadDetail): TemplateResult {
  const { drawer } = t();
  const row = ofRow(detail.row);
  const steps = log.steps.value;
  return html`
    <section class="drawer-part">
      <details class="fold upload-log" ?open=${log.open.value} @toggle=${(event: Event) => (log.open.value = (event.target as HTMLDetailsElement).open)}>
        <summary>${icon("chev-right")}${drawer.log}</summary>
        ${
          steps.length === 0
            ? html`<p class="faint">${drawer.logEmpty}</p>`
            : html`<div role="log" aria-live="off" aria-label=${drawer.log} tabindex="0"><ol>${[...steps].reverse().map((step) => html`<li><time>${clockExact(step.at_ms)}</time><span>${log.stepLine(step, row)}</span></li>`)}</ol></div>`
        }
      </details>
    </section>`;
}

function facts(detail: UploadDetail): TemplateResult {
  const { drawer, compose } = t();
  const { row } = detail;
  const { live } = row;
  const platform = platformLabel(row.platform);
  const fieldName = (name: string) => {
    const own = name.startsWith(`${row.platform}.`) ? name.slice(row.platform.length + 1) : null;
    const field = specOf(row.platform)?.fields.find((one) => one.name === (own ?? name));
    return (own === null ? compose.field[name] : undefined) ?? (field ? labelOf(field.label) : name);
  };
  const mine = Object.entries(detail.fields).filter(([name, value]) => value !== "" && (!name.includes(".") || name.startsWith(`${row.platform}.`)));
  return html`
    <section class="drawer-part">
      <h3>${drawer.facts}</h3>
      <dl class="facts">
        <dt>${drawer.file}</dt><dd title=${detail.path}>${detail.path}</dd>
        <dt>${drawer.size}</dt><dd>${size(live.total_bytes)} <span class="faint">(${num(live.total_bytes)}${"\u00a0"}B)</span></dd>
        <dt>${drawer.added}</dt><dd>${clock(detail.created_at_ms, now.value)}</dd>
        ${detail.proof?.blake3 ? html`<dt>${"BLAKE3"}</dt><dd class="mono" title=${detail.proof.blake3}>${detail.proof.blake3}</dd>` : nothing}
        <dt>${drawer.remoteId}</dt>${live.remote ? html`<dd class="mono" title=${live.remote.id}>${live.remote.id}</dd>` : html`<dd class="faint">${drawer.noRemoteId(platform)}</dd>`}
        ${live.remote?.url ? html`<dt>${drawer.link}</dt><dd><a href=${live.remote.url} @click=${(event: Event) => (event.preventDefault(), perform("open_page", row))}>${address(live.remote.url)}</a></dd>` : nothing}
      </dl>
    </section>
    ${
      mine.length === 0
        ? nothing
        : html`<section class="drawer-part"><h3>${drawer.text}</h3><dl class="facts">${mine.map(([name, value]) => html`<dt>${fieldName(name)}</dt><dd title=${value} lang=${tongue(value)}>${value}</dd>`)}</dl></section>`
    }`;
}
