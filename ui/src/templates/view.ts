/** Templates in the form: the button with its menu, what their variables become, and the dialog that keeps them. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { repeat } from "lit-html/directives/repeat.js";
import type { Filled, Template } from "../bindings";
import { openMenu } from "../app/menu";
import { icon, modal, tongue } from "../app/parts";
import { t } from "../i18n";
import { list } from "../i18n/format";
import { headline } from "../i18n/sentences";
import { asked, files, good, variables } from "../manuscript/form";
import { chooseList } from "./list";
import * as state from "./state";

const VARIABLES = ["{date:%F}", "{index:03}", "{filename}", "{folder}", "{duration}"];

export function templatesButton(): TemplateResult {
  const { templates: words } = t();
  const open = (event: Event) => {
    const button = event.currentTarget as HTMLElement;
    void state.loadTemplates().then(() => {
      const known = state.templates.value.map((template) => ({ label: template.name, run: () => state.useTemplate(template) }));
      openMenu(button, words.button, [
        ...known,
        ...(known.length > 0 ? [null] : []),
        { label: words.manage, icon: "edit", run: state.openTemplates },
        { label: words.variables, checked: variables.value, run: () => (variables.value = !variables.value) },
        null,
        { label: words.importList, icon: "list", run: () => void chooseList() },
      ]);
    });
  };
  return html`<button class="button" aria-haspopup="menu" @click=${open}>${words.button}${icon("chev-down", "icon tail")}</button>`;
}

/** What the texts become for the first files. */
export function previewPart(): TemplateResult | typeof nothing {
  if (!variables.value) return nothing;
  const { templates: words } = t();
  const shown = state.filled.value;
  return html`
    <section class="form-part filled-part" aria-label=${words.preview}>
      <h2>${words.preview} <span>${words.previewNote(shown.length)}</span></h2>
      <p class="field-help">${words.help} ${VARIABLES.map((one) => html`<code>${one}</code> `)}</p>
      ${shown.length === 0 ? nothing : html`<ul class="filled-list">${repeat(shown, (one) => one.file, filledLine)}</ul>`}
    </section>`;
}

function filledLine(one: Filled): TemplateResult {
  const { compose, templates: words } = t();
  const file = files.value.find(({ file }) => file === one.file);
  const written = asked(good.value);
  const before = (name: string) => written.own[one.file]?.fields[name] ?? written.fields[name];
  const differs = Object.entries(one.fields).filter(([name, text]) => name === "title" || text !== before(name));
  return html`
    <li class="filled-line">
      <span class="quiet cut">${file?.name ?? ""}</span>
      <span class="two">
        ${one.faults.map((fault) => html`<span class="field-error">${icon("s-failed")}<span>${headline(fault.cause)}</span></span>`)}
        ${one.faults.length > 0 ? nothing : differs.map(([name, text]) => html`<span class="cut" lang=${tongue(text ?? "")}><span class="visually-hidden">${words.becomes(compose.field[name] ?? name)} </span>${text}</span>`)}
      </span>
    </li>`;
}

const summary = (template: Template) => {
  const { compose, templates: words } = t();
  const fields = Object.keys(template.fields).map((name) => compose.field[name] ?? name);
  return [...(template.accounts.length > 0 ? [words.to(list(template.accounts))] : []), ...(fields.length > 0 ? [list(fields)] : [])].join(" · ");
};

export function templatesDialog(): TemplateResult | typeof nothing {
  const name = state.naming.value;
  if (name === null) return nothing;
  const { templates: words, act } = t();
  const save = (event: Event) => {
    event.preventDefault();
    if (name.trim() !== "") void state.saveTemplate();
  };
  const of = state.ofForm(name);
  return modal(
    words.title,
    state.closeTemplates,
    html`
      <form class="account-form" @submit=${save}>
        <header class="dialog-head"><h2>${words.title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${state.closeTemplates}>${icon("x")}</button></header>
        <div class="dialog-body scroll" tabindex="0" role="region" aria-label=${words.title}>
          <div class="field">
            <label class="field-label" for="template-name">${words.name}</label>
            <div class="with-button"><input class="input" id="template-name" .value=${live(name)} maxlength="80" autocomplete="off" autofocus @input=${(event: Event) => (state.naming.value = (event.target as HTMLInputElement).value)}>
              <button class="button" ?disabled=${name.trim() === ""}>${state.isTaken(name) ? words.replace : words.save}</button></div>
            <p class="field-help">${summary(of) === "" ? words.formEmpty : summary(of)}</p>
          </div>
          ${state.failed.value === null ? nothing : html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${state.failed.value}</span></p>`}
          ${
            state.templates.value.length === 0
              ? html`<p class="quiet">${words.none}</p>`
              : html`<ul class="template-list">${repeat(state.templates.value, (one) => one.name, (one) => html`
                  <li class="template-line"><span class="two"><span class="strong cut" lang=${tongue(one.name)}>${one.name}</span><span class="row-sub cut">${summary(one)}</span></span>
                    <button type="button" class="button" data-size="s" @click=${() => state.useTemplate(one)}>${words.use}</button>
                    <button type="button" class="button icon-button" data-kind="quiet" aria-label=${words.remove(one.name)} title=${words.remove(one.name)} @click=${() => void state.removeTemplate(one)}>${icon("trash")}</button></li>`)}</ul>`
          }
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" @click=${() => void state.importTemplates()}>${words.import}</button>
          <button type="button" class="button" ?disabled=${state.templates.value.length === 0} @click=${() => void state.exportTemplates()}>${words.export}</button>
          <button type="button" class="button" data-kind="primary" @click=${state.closeTemplates}>${act.close}</button>
        </footer>
      </form>`,
    "dialog-lines",
  );
}
