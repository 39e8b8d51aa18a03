/** The cover, as far as a chosen platform takes one. */
import { html, nothing, type TemplateResult } from "lit-html";
import { icon } from "../app/parts";
import { t } from "../i18n";
import { size } from "../i18n/format";
import { chooseCover, dropCover } from "./cover";
import { cover, platforms } from "./form";

export function coverView(): TemplateResult | typeof nothing {
  const { compose } = t();
  if (!platforms.value.some((spec) => spec.limits.cover !== null || spec.fields.some((field) => field.kind === "image"))) return nothing;
  const image = cover.value;
  return html`
    <div class="cover-line">
      <span class="field-label">${compose.cover}</span>
      ${icon("image")}<span class="cut">${image ? image.name : html`<span class="faint">${compose.noCover}</span>`}</span>
      ${image ? html`<span class="faint">${size(image.size_bytes)}</span>` : nothing}
      <span class="cover-acts">
        <button type="button" class="button" data-size="s" @click=${() => void chooseCover()}>${image ? compose.changeCover : compose.chooseCover}</button>
        ${image ? html`<button type="button" class="button icon-button" data-size="s" data-kind="quiet" aria-label=${compose.dropCover} title=${compose.dropCover} @click=${dropCover}>${icon("x")}</button>` : nothing}
      </span>
    </div>`;
}
