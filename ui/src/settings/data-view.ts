/** Settings of the data: its folder, and settings as a file. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Cause } from "../bindings";
import { icon, modal } from "../app/parts";
import { say } from "../app/world";
import { t } from "../i18n";
import * as state from "./data";
import { setting } from "./speed-view";

export function dataSettings(): TemplateResult {
  const { data: words } = t().settings;
  const wrong = state.refused.value;
  return html`
    <section class="setting-group" id="data">
      <h2>${words.title}</h2>
      <div class="setting-list">
        <div class="setting">
          <div><h3>${words.folder}</h3><p class="data-folder">${state.folder.value ?? "–"}</p></div>
          <button class="button" @click=${() => void state.openFolder()}>${words.open}</button>
        </div>
        ${setting(words.file, words.fileText, html`<span class="setting-pair"><button class="button" @click=${() => void state.exportSettings()}>${words.export}</button><button class="button" @click=${() => void state.chooseFile()}>${words.import}</button></span>`)}
        ${wrong === null ? nothing : html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${wrong}</span></p>`}
      </div>
    </section>`;
}

const list = (title: string, causes: readonly Cause[]) =>
  causes.length === 0 ? nothing : html`<h3>${title}</h3><ul class="data-changes">${causes.map((cause) => html`<li>${say(cause)}</li>`)}</ul>`;

/** What would change, before it does. */
export function importView(): TemplateResult | typeof nothing {
  const of = state.importing.value;
  if (!of) return nothing;
  const { act, settings } = t();
  const { data: words } = settings;
  const { changes, left_out } = of.told;
  const title = words.importTitle(of.name);
  return modal(
    title,
    state.callOff,
    html`
      <header class="dialog-head"><h2>${title}</h2></header>
      <div class="dialog-body data-told scroll" tabindex="0" role="region" aria-label=${title}>
        ${changes.length === 0 ? html`<p>${say({ code: "import_nothing" })}</p>` : nothing}
        ${list(words.changes, changes)}${list(words.leftOut, left_out)}
        ${of.failure ? html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${say(of.failure)}</span></p>` : nothing}
      </div>
      <footer class="dialog-foot">
        <button class="button" autofocus @click=${state.callOff}>${changes.length === 0 ? act.close : act.keep}</button>
        ${changes.length === 0 ? nothing : html`<button class="button" data-kind="primary" ?disabled=${of.busy} @click=${() => void state.take()}>${words.take}</button>`}
      </footer>`,
    "dialog-data",
  );
}
