/** The files of the form, and the ways to more of them. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { OfferedFile } from "../bindings";
import { icon, tongue } from "../app/parts";
import { t } from "../i18n";
import { UNKNOWN, size } from "../i18n/format";
import { headline } from "../i18n/sentences";
import { coverView } from "./cover-view";
import { address, chooseFiles, leaveOut, takeAddress } from "./files";
import * as form from "./form";

const SCHEME = "https://";

export function filesView(): TemplateResult {
  const { compose } = t();
  const files = form.files.value;
  const [only] = files;
  if (!only)
    return html`<section class="form-part"><div class="no-files"><h2>${compose.noFiles}</h2><p>${compose.noFilesText}</p>
      <button type="button" class="button" data-kind="primary" @click=${() => void chooseFiles()}>${icon("plus")}${compose.choose}</button>${addressView()}</div></section>`;
  const bad = files.length - form.good.value.length;
  return html`
    <section class="form-part">
      <h2>${compose.files} <span>${compose.filesOf(form.good.value.length, bad)}</span></h2>
      <ul class="file-list">${repeat(files, (file) => file.file, fileLine)}</ul>
      ${form.several.value ? html`<p class="field-help">${compose.titlesFromNames}</p>` : nothing}
      <p class="drop-line">${icon("drop")}<span class="cut">${compose.dropLine}</span><button type="button" class="button" data-size="s" @click=${() => void chooseFiles()}>${compose.addMore}</button></p>
      ${addressView()}
      ${coverView()}
    </section>`;
}

/** A file that is online, for platforms that fetch files. */
function addressView(): TemplateResult {
  const { compose } = t();
  const written = address.value;
  if (written === null)
    return html`<div><button type="button" class="button" data-kind="quiet" data-size="s" @click=${() => (address.value = "")}>${compose.fromAddress}</button></div>`;
  const key = (event: KeyboardEvent) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") void takeAddress();
    else address.value = null;
  };
  return html`
    <div class="field">
      <label class="field-label" for="compose-address">${compose.address}</label>
      <div class="address-line"><input id="compose-address" type="url" inputmode="url" autocomplete="off" spellcheck="false" placeholder=${SCHEME} .value=${written}
        @input=${(event: Event) => (address.value = (event.target as HTMLInputElement).value)} @keydown=${key}>
      <button type="button" class="button" ?disabled=${written.trim() === ""} @click=${() => void takeAddress()}>${compose.addAddress}</button></div>
      <p class="field-help">${compose.addressHelp}</p>
    </div>`;
}

function fileLine(file: OfferedFile): TemplateResult {
  const { compose } = t();
  return html`
    <li class="file-line" ?data-out=${file.cause !== null}>
      ${file.cause ? html`<span class="state" data-state="failed">${icon("s-failed")}</span>` : icon("film")}
      <span class="two"><span class="strong" title=${file.online ? file.folder : `${file.folder}/${file.name}`} lang=${tongue(file.name)}>${file.name}</span><span class="row-sub">${file.cause ? `${headline(file.cause)}, ${compose.out}` : file.folder}</span></span>
      <span class="file-size">${file.online ? UNKNOWN : size(file.size_bytes)}</span>
      <button type="button" class="button icon-button" data-kind="quiet" aria-label=${compose.remove(file.name)} title=${compose.remove(file.name)} @click=${() => leaveOut(file)}>${icon("x")}</button>
    </li>`;
}
