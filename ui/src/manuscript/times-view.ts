/** When it starts and is published: a part of the form, and the choices at its foot. */
import { html, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Priority } from "../bindings";
import { icon } from "../app/parts";
import { localTime, rfc3339 } from "../form/check";
import { t } from "../i18n";
import { zone } from "../i18n/format";
import { setValue } from "./fields";
import { values } from "./form";
import { hold, priority, startAtMs, together } from "./times";

const PRIORITIES: Priority[] = ["low", "normal", "high"];

export function startView(): TemplateResult {
  const { compose } = t();
  return html`
    <label class="check formbar-hold" title=${compose.holdNote}><input type="checkbox" .checked=${hold.value} @change=${(event: Event) => (hold.value = (event.target as HTMLInputElement).checked)}>${compose.hold}</label>
    <label class="formbar-priority"><span class="visually-hidden">${compose.priority}</span><span class="select" data-size="s"><select @change=${(event: Event) => (priority.value = (event.target as HTMLSelectElement).value as Priority)} title=${compose.priority}>
      ${PRIORITIES.map((one) => html`<option value=${one} ?selected=${priority.value === one}>${compose.priorities[one]}</option>`)}
    </select>${icon("chev-down")}</span></label>`;
}

const start = (written: string) => (startAtMs.value = written === "" ? null : Date.parse(written));

function timeField(id: string, label: string, note: string, at: string, input: (value: string) => void): TemplateResult {
  return html`<div class="field" data-field=${id}>
    <label class="field-label" for=${id}>${label}</label>
    <input class="input" type="datetime-local" id=${id} .value=${live(localTime(at))} aria-describedby=${`${id}-help`} @change=${(event: Event) => input(rfc3339((event.target as HTMLInputElement).value))}>
    <div class="field-foot"><p class="field-help" id=${`${id}-help`}>${note}</p></div>
  </div>`;
}

export function timesPart(): TemplateResult {
  const { compose } = t();
  const startAt = startAtMs.value === null ? "" : new Date(startAtMs.value).toISOString();
  return html`
    <section class="form-part" id="times">
      <h2>${compose.times} <span>${compose.zone(zone(Date.now()))}</span></h2>
      <div class="pair">
        ${timeField("start-at", compose.startAt, compose.startAtNote, startAt, start)}
        ${timeField("common-publish_at", compose.field.publish_at ?? "", compose.publishAtNote, values.value.publish_at ?? "", (next) => setValue("publish_at", next))}
      </div>
      <div class="field" data-field="together"><div class="choice"><label class="check"><input type="checkbox" id="together" .checked=${live(together.value)} aria-describedby="together-help"
        @change=${(event: Event) => (together.value = (event.target as HTMLInputElement).checked)}>${compose.together}</label></div>
        <div class="field-foot"><p class="field-help" id="together-help">${compose.togetherNote}</p></div></div>
    </section>`;
}
