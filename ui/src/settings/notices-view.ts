/** The settings of notices: a switch for each kind, and the hours without any. */
import { html, nothing, type TemplateResult } from "lit-html";
import { t } from "../i18n";
import { choices, KINDS, refusedQuiet, setKind, setQuiet } from "./notices";
import { toggle } from "./parts";

export function noticeSettings(): TemplateResult | typeof nothing {
  const known = choices.value;
  if (!known) return nothing;
  const { notices } = t().settings;
  const wrong = refusedQuiet.value;
  return html`
    <section class="setting-group" id="notices">
      <h2>${notices.title}</h2>
      <p>${notices.text}</p>
      <div class="setting-list">
        ${KINDS.map((kind) => toggle({ id: `notice-${kind}`, ...notices.kinds[kind], on: !known.off.includes(kind), set: (told) => void setKind(kind, told) }))}
        <div class="setting">
          <div><h3><label for="set-quiet">${notices.quiet}</label></h3><p id="set-quiet-help">${notices.quietText}</p>
            ${wrong ? html`<p class="field-error" id="set-quiet-error" role="alert">${wrong.why}</p>` : nothing}</div>
          <input class="input" id="set-quiet" size="24" .value=${wrong?.text ?? known.quiet ?? ""} aria-invalid=${wrong ? "true" : "false"}
            aria-describedby=${wrong ? "set-quiet-help set-quiet-error" : "set-quiet-help"} @change=${(event: Event) => void setQuiet((event.target as HTMLInputElement).value)}>
        </div>
      </div>
    </section>`;
}
