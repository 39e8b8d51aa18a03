/** The form for a new or a changed watched folder. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Afterwards } from "../bindings";
import { drawn } from "../app/draw";
import { icon, mark, modal } from "../app/parts";
import { accounts, platformLabel, say } from "../app/world";
import { t } from "../i18n";
import { templates } from "../templates/state";
import * as state from "./state";

const typed = (event: Event) => (event.target as HTMLInputElement).value;
const ticked = (event: Event) => (event.target as HTMLInputElement).checked;

export function formView(): TemplateResult | typeof nothing {
  const of = state.draft.value;
  if (!of) return nothing;
  const { watch: words, act } = t();
  const { rule } = of;
  const title = of.watch === null ? words.addTitle : words.changeTitle;
  const template = templates.value.find((one) => one.name === rule.template);
  const faults = of.tried ? state.faults(of, (template?.accounts.length ?? 0) > 0) : [];
  const fault = (name: state.Fault) => (faults.includes(name) ? html`<p class="field-error" id=${`watch-${name}-error`}>${icon("s-failed")}<span>${words.faults[name]}</span></p>` : nothing);
  const invalid = (name: state.Fault) => (faults.includes(name) ? "true" : nothing);
  const described = (name: state.Fault, help: string) => (faults.includes(name) ? `${help} watch-${name}-error` : help);
  const submit = (event: Event) => {
    event.preventDefault();
    state.change({ tried: true });
    if (state.faults(of, (template?.accounts.length ?? 0) > 0).length === 0) return void state.send();
    void drawn().then(() => document.querySelector<HTMLElement>('dialog [aria-invalid="true"], dialog .account-chip input')?.focus());
  };
  const after = (what: Afterwards["what"], label: string) =>
    html`<label><input type="radio" name="afterwards" value=${what} .checked=${live(rule.afterwards.what === what)} @change=${() => state.setAfterwards(what)}>${label}</label>`;
  return modal(
    title,
    state.closeDraft,
    html`
      <form class="plain-form" novalidate @submit=${submit}>
        <header class="dialog-head"><h2>${title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${state.closeDraft}>${icon("x")}</button></header>
        <div class="dialog-body watch-form">
          <div class="field">
            <label class="field-label" for="watch-folder">${words.folder}</label>
            <div class="with-button"><input class="input" id="watch-folder" readonly .value=${live(of.folder?.path ?? "")}>
              ${of.watch === null ? html`<button type="button" class="button" @click=${() => void state.chooseFolder()}>${words.choose}</button>` : nothing}</div>
            ${fault("folder")}
          </div>
          <div class="field">
            <label class="field-label" for="watch-patterns">${words.patterns}</label>
            <input class="input" id="watch-patterns" autocomplete="off" spellcheck="false" placeholder=${words.patternsPlaceholder} aria-describedby="watch-patterns-help" .value=${live(of.patterns)} @input=${(event: Event) => state.change({ patterns: typed(event) })}>
            <p class="field-help" id="watch-patterns-help">${words.patternsHelp}</p>
          </div>
          <div class="watch-pair">
            <div class="field">
              <label class="field-label" for="watch-settle">${words.settle}</label>
              <input class="input" id="watch-settle" inputmode="numeric" autocomplete="off" aria-invalid=${invalid("settle")} aria-describedby=${described("settle", "watch-settle-help")} .value=${live(of.settle)} @input=${(event: Event) => state.change({ settle: typed(event) })}>
              <p class="field-help" id="watch-settle-help">${words.settleHelp}</p>
              ${fault("settle")}
            </div>
            <div class="field">
              <label class="field-label" for="watch-size">${words.size}</label>
              <input class="input" id="watch-size" inputmode="decimal" autocomplete="off" aria-invalid=${invalid("size")} aria-describedby=${described("size", "watch-size-help")} .value=${live(of.minMegabytes)} @input=${(event: Event) => state.change({ minMegabytes: typed(event) })}>
              <p class="field-help" id="watch-size-help">${words.sizeHelp}</p>
              ${fault("size")}
            </div>
          </div>
          <label class="check"><input type="checkbox" .checked=${live(rule.sub_folders)} @change=${(event: Event) => state.changeRule({ sub_folders: ticked(event) })}><span>${words.subFolders}</span></label>
          ${of.watch === null ? html`<label class="check"><input type="checkbox" .checked=${live(!of.newOnly)} @change=${(event: Event) => state.change({ newOnly: !ticked(event) })}><span>${words.existing}</span></label>` : nothing}
          <fieldset class="field watch-set">
            <legend class="field-label">${words.accounts}</legend>
            <div class="account-chips">
              ${accounts.value.map(
                ({ account }) => html`<label class="account-chip"><input type="checkbox" .checked=${live(rule.accounts.includes(account.id))} @change=${(event: Event) => state.chooseAccount(account.id, ticked(event))}>${mark(account.platform)}<span>${platformLabel(account.platform)}</span><small>${account.label}</small></label>`,
              )}
            </div>
            ${fault("accounts")}
          </fieldset>
          ${
            templates.value.length === 0 && rule.template === null
              ? nothing
              : html`<div class="field">
                  <label class="field-label" for="watch-template">${words.templateField}</label>
                  <span class="select"><select id="watch-template" @change=${(event: Event) => state.changeRule({ template: typed(event) === "" ? null : typed(event) })}>
                    <option value="" ?selected=${rule.template === null}>${words.noTemplate}</option>
                    ${templates.value.map((one) => html`<option value=${one.name} ?selected=${rule.template === one.name}>${one.name}</option>`)}
                  </select>${icon("chev-down")}</span>
                </div>`
          }
          <fieldset class="field watch-set">
            <legend class="field-label">${words.afterwardsField}</legend>
            <div class="segmented">${after("keep", words.afterKeep)}${after("move", words.afterMove)}${after("trash", words.afterTrash)}</div>
            <p class="field-help">${rule.afterwards.what === "keep" ? words.keepHelp : words.proofHelp}</p>
            ${
              rule.afterwards.what === "move"
                ? html`<div class="with-button"><input class="input" readonly aria-label=${words.target} .value=${live(rule.afterwards.path)}><button type="button" class="button" @click=${() => void state.chooseTarget()}>${words.choose}</button></div>`
                : nothing
            }
          </fieldset>
          ${of.failure ? html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${say(of.failure)}</span></p>` : nothing}
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" @click=${state.closeDraft}>${act.keep}</button>
          <button class="button" data-kind="primary" ?disabled=${of.busy}>${of.watch === null ? words.begin : words.save}</button>
        </footer>
      </form>`,
    "dialog-watch",
  );
}
