/** When it starts: the choices at the foot of the form. */
import { html, type TemplateResult } from "lit-html";
import type { Priority } from "../bindings";
import { icon } from "../app/parts";
import { t } from "../i18n";
import { hold, priority } from "./times";

const PRIORITIES: Priority[] = ["low", "normal", "high"];

export function startView(): TemplateResult {
  const { compose } = t();
  return html`
    <label class="check formbar-hold" title=${compose.holdNote}><input type="checkbox" .checked=${hold.value} @change=${(event: Event) => (hold.value = (event.target as HTMLInputElement).checked)}>${compose.hold}</label>
    <label class="formbar-priority"><span class="visually-hidden">${compose.priority}</span><span class="select" data-size="s"><select @change=${(event: Event) => (priority.value = (event.target as HTMLSelectElement).value as Priority)} title=${compose.priority}>
      ${PRIORITIES.map((one) => html`<option value=${one} ?selected=${priority.value === one}>${compose.priorities[one]}</option>`)}
    </select>${icon("chev-down")}</span></label>`;
}
