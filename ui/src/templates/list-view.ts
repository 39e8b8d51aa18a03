/** The report on a list before its rows are added: how many are good, and what is wrong with each of the others. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { RowFault } from "../bindings";
import { icon, modal } from "../app/parts";
import { t } from "../i18n";
import { num } from "../i18n/format";
import { sentence } from "../i18n/sentences";
import { addList, closeList, importing, saveHeader } from "./list";

/** Rows of the report that are drawn: who has more of them mends the list first. */
const SHOWN = 500;

export function listDialog(): TemplateResult | typeof nothing {
  const of = importing.value;
  if (!of) return nothing;
  const { list: words, act } = t();
  const { found } = of;
  const done = found !== null && found.uploads.length > 0;
  const bad = found?.bad ?? [];
  const tone = bad.length > 0 ? "near" : "ok";
  return modal(
    words.title,
    closeList,
    html`
      <header class="dialog-head"><h2 class="cut">${words.titleOf(of.list.name)}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${closeList}>${icon("x")}</button></header>
      <div class="dialog-body scroll" tabindex="0" role="region" aria-label=${words.title}>
        ${of.busy ? html`<p class="quiet" role="status">${words.busy}</p>` : nothing}
        ${of.failed === null ? nothing : html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${of.failed}</span></p>`}
        ${found === null || of.busy ? nothing : html`<p role="status"><span class="state" data-state=${tone}>${icon(bad.length > 0 ? "s-warn" : "s-done")}${done ? words.added(found.manuscripts, found.rows) : words.good(found.manuscripts, found.rows)}</span></p>`}
        ${bad.length === 0 || of.busy ? nothing : report(bad)}
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" @click=${() => void saveHeader()}>${words.header}</button>
        <button type="button" class="button" @click=${closeList}>${done ? act.close : act.keep}</button>
        ${done ? nothing : html`<button type="button" class="button" data-kind="primary" ?disabled=${of.busy || found === null || found.manuscripts === 0} @click=${() => void addList()}>${words.add(found?.manuscripts ?? 0)}</button>`}
      </footer>`,
    "dialog-lines",
  );
}

function report(bad: readonly RowFault[]): TemplateResult {
  const { list: words } = t();
  return html`
    <table class="row-faults">
      <thead><tr><th scope="col">${words.line}</th><th scope="col">${words.column}</th><th scope="col">${words.reason}</th></tr></thead>
      <tbody>${bad.slice(0, SHOWN).map((fault) => html`<tr><td>${num(fault.line)}</td><td>${fault.column ?? ""}</td><td>${sentence(fault.cause)}</td></tr>`)}</tbody>
    </table>
    ${bad.length > SHOWN ? html`<p class="quiet">${words.more(bad.length - SHOWN)}</p>` : nothing}`;
}
