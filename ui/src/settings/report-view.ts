/** Diagnostics: a report that is read before it is given away. */
import { html, nothing, type TemplateResult } from "lit-html";
import { t } from "../i18n";
import { toggle } from "./parts";
import { close, isMaking, make, report, save, setWithoutNames, withoutNames } from "./report";

export function reportSettings(): TemplateResult {
  const { report: words } = t().settings;
  const shown = report.value;
  return html`
    <section class="setting-group" id="diagnostics">
      <h2>${words.title}</h2>
      <p>${words.text}</p>
      <div class="setting-list">
        ${toggle({ id: "report-names", name: words.names, text: words.namesText, on: withoutNames.value, set: setWithoutNames })}
        <div class="setting">
          <div><h3>${words.report}</h3><p>${words.reportText}</p></div>
          <button class="button" aria-expanded=${shown ? "true" : "false"} aria-controls="report-shown" ?disabled=${isMaking.value} @click=${() => (shown ? close() : void make())}>${shown ? words.close : words.show}</button>
        </div>
        <div id="report-shown" class="report-shown" ?hidden=${!shown}>
          ${
            shown
              ? html`<div class="report-text" role="region" tabindex="0" aria-label=${words.report}>${shown.files.map((file) => html`<h3>${file.name}</h3><pre class="raw" lang="en">${file.text}</pre>`)}</div>
                  <div><button class="button" data-kind="primary" @click=${() => void save()}>${words.save}</button></div>`
              : nothing
          }
        </div>
      </div>
    </section>`;
}
