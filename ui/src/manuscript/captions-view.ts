/** Captions: a file for each language, where a chosen platform takes any. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { icon } from "../app/parts";
import { t } from "../i18n";
import { language } from "../i18n/format";
import { chooseCaptions, dropCaptions, setLanguage, wanted } from "./captions";
import { type Captions, captions } from "./form";

/** Offered for a start; any tag may be written. */
const TAGS = ["en", "zh-Hans", "zh-Hant", "ja", "ko", "es", "fr", "de", "pt-BR", "ru", "ar", "hi", "id", "vi", "th"];

export function captionsView(): TemplateResult | typeof nothing {
  if (!wanted()) return nothing;
  const { compose } = t();
  const all = captions.value;
  const names = new Intl.DisplayNames(language.value, { type: "language" });
  return html`
    <fieldset class="captions">
      <legend class="field-label">${compose.captions}</legend>
      ${all.length === 0 ? nothing : html`<ul class="caption-list">${all.map(captionLine)}</ul>`}
      <div class="captions-foot"><span class="faint">${all.length === 0 ? compose.noCaptions : nothing}</span>
        <button type="button" class="button" data-size="s" @click=${() => void chooseCaptions()}>${compose.addCaptions}</button></div>
      <datalist id="caption-languages">${TAGS.map((tag) => html`<option value=${tag}>${names.of(tag)}</option>`)}</datalist>
    </fieldset>`;
}

function captionLine({ file, language }: Captions): TemplateResult {
  const { compose } = t();
  const missing = language.trim() === "";
  const id = `caption-${String(file.file)}`;
  return html`
    <li class="caption-line">
      <input class="input" id=${id} list="caption-languages" autocomplete="off" spellcheck="false" aria-label=${compose.captionLanguage(file.name)} aria-invalid=${missing ? "true" : nothing} aria-describedby=${missing ? `${id}-error` : nothing}
        placeholder=${compose.language} .value=${live(language)} @input=${(event: Event) => setLanguage(file, (event.target as HTMLInputElement).value)}>
      <span class="cut" title=${file.folder}>${file.name}</span>
      ${missing ? html`<span class="field-error" id=${`${id}-error`}>${icon("s-failed")}<span>${compose.languageNeeded}</span></span>` : nothing}
      <button type="button" class="button icon-button" data-size="s" data-kind="quiet" aria-label=${compose.remove(file.name)} title=${compose.remove(file.name)} @click=${() => dropCaptions(file)}>${icon("x")}</button>
    </li>`;
}
