/** The receipt of one delivery in the drawer: proof, facts, what happened. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { UploadReceipt } from "../bindings";
import { copy } from "../app/copy";
import { openMenu } from "../app/menu";
import { icon, mark, stateIcon, tongue } from "../app/parts";
import { say } from "../app/toast";
import { backend, now, platformLabel, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { address, binarySize, clock, moment, num, rate, size } from "../i18n/format";
import { cure, headline } from "../i18n/sentences";
import { openDrawer } from "../queue/state";
import { pictureOf, timelineLine } from "../queue/timeline";
import { resultOf } from "./result";
import * as history from "./state";
import { focusHistory } from "./view";

export function receiptView(): TemplateResult {
  const { history: words, act } = t();
  const receipt = history.receipt.value;
  const close = () => {
    history.close();
    focusHistory();
  };
  if (!receipt) return html`<aside class="drawer" aria-label=${words.receipt}></aside>`;
  const { row } = receipt;
  const link = row.remote?.url ?? null;
  const result = resultOf(row);
  return html`
    <aside class="drawer" aria-label=${words.receiptOf(row.title)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        close();
      }}>
      <header class="drawer-head">
        <h2 lang=${tongue(row.title)}>${row.title}</h2>
        <button class="button icon-button" data-kind="quiet" aria-label=${words.close} title=${`${words.close} (Esc)`} @click=${close}>${icon("x")}</button>
        <p class="drawer-who">${mark(row.platform, "s")}<span class="cut">${t().who(platformLabel(row.platform), row.account_label)}</span> <span class="faint">·</span> <span class="cut">${words.ended(result.word, clock(row.at_ms, now.value))}</span></p>
        <div class="drawer-acts">
          ${link ? html`<button class="button" @click=${() => void copy(link, t().toast.linkCopied)}>${icon("copy")}${act.copyLink}</button>` : nothing}
          ${link ? html`<button class="button" @click=${() => void openPage(receipt)}>${icon("external")}${words.open}</button>` : nothing}
          <button class="button" @click=${() => void history.sendAgain(row.id)}>${icon("retry")}${words.again}</button>
          <button class="button icon-button" aria-label=${act.more} title=${act.more} @click=${(event: Event) => more(receipt, event.currentTarget as HTMLElement)}>${icon("more")}</button>
        </div>
      </header>
      <div class="scroll" tabindex="0" role="region" aria-label=${words.receipt}>
        ${refusal(receipt)} ${proof(receipt)} ${facts(receipt)} ${happened(receipt)}
        <section class="drawer-part"><button class="button" @click=${() => void history.saveReceipt(row.id)}>${icon("receipt")}${words.save}</button></section>
      </div>
    </aside>`;
}

async function openPage({ row }: UploadReceipt): Promise<void> {
  try {
    await backend().openPage(row.id);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

function more(receipt: UploadReceipt, at: HTMLElement): void {
  const { history: words } = t();
  const { row, proof: known } = receipt;
  const remote = row.remote?.id;
  const hash = known?.blake3;
  openMenu(at, row.title, [
    ...(remote ? [{ label: words.copyId, icon: "copy", run: () => void copy(remote, words.idCopied) }] : []),
    ...(hash ? [{ label: words.copyHash, icon: "copy", run: () => void copy(hash, words.hashCopied) }] : []),
    ...(row.removed
      ? []
      : [
          {
            label: words.inQueue,
            icon: "queue",
            run: () => {
              screen.value = "queue";
              void openDrawer(row.id);
            },
          },
        ]),
    { label: words.save, icon: "receipt", run: () => void history.saveReceipt(row.id) },
  ]);
}

/** Why it is not where it should be. */
function refusal({ row }: UploadReceipt): TemplateResult | typeof nothing {
  if (row.phase !== "failed" || !row.cause) return nothing;
  return html`<section class="drawer-part"><p class="note" data-kind="failed">${icon("s-failed")}<span><strong>${headline(row.cause)}</strong> ${cure(row.cause)}</span></p></section>`;
}

function proof(receipt: UploadReceipt): TemplateResult | typeof nothing {
  const { history: words } = t();
  const { row } = receipt;
  const whole = row.total_bytes > 0 && receipt.held_bytes >= row.total_bytes;
  const platform = platformLabel(row.platform);
  const found = receipt.timeline.find((entry) => entry.event === "accepted" || entry.event === "published");
  const reviewed = row.phase === "published" && receipt.timeline.some((entry) => entry.event === "accepted");
  const yes = (text: string) => html`<li>${stateIcon("done", "check")}<span>${text}</span></li>`;
  const list = [
    whole ? yes(words.allBytes(num(receipt.held_bytes), num(row.total_bytes))) : nothing,
    receipt.online && row.remote ? yes(words.fetched(platform)) : nothing,
    whole && receipt.proof?.blake3 ? yes(words.hashed) : nothing,
    row.remote && found ? yes(words.taken(platform, moment(found.at_ms, now.value))) : nothing,
    reviewed && receipt.finished_at_ms !== null ? yes(words.passed(moment(receipt.finished_at_ms, now.value))) : nothing,
  ].filter((entry) => entry !== nothing);
  if (list.length === 0) return nothing;
  return html`<section class="drawer-part"><h3>${words.proof}</h3><ul class="proof">${list}</ul></section>`;
}

function facts(receipt: UploadReceipt): TemplateResult {
  const { history: words } = t();
  const { row, proof: known } = receipt;
  const link = row.remote?.url ?? null;
  const at = (ms: number | null) => (ms === null ? null : moment(ms, now.value));
  const fact = (name: string, value: unknown, mono = false) => (value === null || value === "" ? nothing : html`<dt>${name}</dt><dd class=${mono ? "mono" : nothing}>${value}</dd>`);
  const ended = at(row.landed_at_ms);
  return html`
    <section class="drawer-part">
      <h3>${words.receipt}</h3>
      <dl class="facts receipt-facts">
        ${fact(
          words.link,
          link === null
            ? null
            : html`<a href=${link} @click=${(event: Event) => {
                event.preventDefault();
                void openPage(receipt);
              }}>${address(link)}</a>`,
        )}
        ${fact(words.remoteId, row.remote?.id ?? null, true)}
        ${fact(words.file, row.file)}
        ${receipt.online ? fact(words.address, receipt.path) : fact(words.size, words.sizeOf(num(row.total_bytes), known?.parts ?? 0, known ? binarySize(known.part_bytes) : ""))}
        ${fact("BLAKE3", receipt.online ? words.noHashOnline : (known?.blake3 ?? words.noHash), known?.blake3 != null)}
        ${fact("CRC-64", known?.crc64 ?? null, true)}
        ${fact(words.added, at(receipt.created_at_ms))}
        ${fact(words.began, at(row.started_at_ms))}
        ${fact(words.sent, ended === null ? null : row.bytes_per_second === null ? ended : words.average(ended, rate(row.bytes_per_second)))}
        ${fact(words.submitted, at(receipt.submitted_at_ms))}
        ${receipt.online ? nothing : fact(words.sentTwice, receipt.resent_bytes === 0 ? words.nothingTwice : size(receipt.resent_bytes))}
      </dl>
    </section>`;
}

function happened(receipt: UploadReceipt): TemplateResult {
  const { row } = receipt;
  const entries = [{ at_ms: receipt.created_at_ms, event: "added", params: {} }, ...receipt.timeline].reverse();
  return html`
    <section class="drawer-part">
      <h3>${t().drawer.happened}</h3>
      <ol class="timeline">
        ${entries.map((entry) => {
          const [state, picture] = pictureOf(entry.event);
          return html`<li>${stateIcon(state, picture)}<div><p>${timelineLine(entry, row)}</p></div><time>${clock(entry.at_ms, now.value)}</time></li>`;
        })}
      </ol>
    </section>`;
}
