/** The veil while files are held over the window. */
import { signal } from "@preact/signals-core";
import { html, nothing } from "lit-html";
import type { Drag } from "../backend/port";
import { icon } from "../app/parts";
import { t } from "../i18n";

const NAMES_SHOWN = 5;
const over = signal<readonly string[] | null>(null);

export function hearDrag(drag: Drag): void {
  over.value = drag.state === "over" ? drag.names : null;
}

export function dragView() {
  const names = over.value;
  if (names === null) return nothing;
  const { drag } = t();
  return html`
    <section class="drop" aria-label=${drag.label}>
      <div class="drop-card">
        <h2>${drag.title(names.length)}</h2>
        <div class="drop-zones drop-one"><section class="drop-zone" data-over>${icon("edit")}<h3>${drag.how}</h3><p>${drag.howText}</p></section></div>
        <ul class="drop-files">
          ${names.slice(0, NAMES_SHOWN).map((name) => html`<li>${icon("film")}<span class="cut">${name}</span><span></span></li>`)}
          ${names.length > NAMES_SHOWN ? html`<li>${icon("more")}<span>${drag.more(names.length - NAMES_SHOWN)}</span><span></span></li>` : nothing}
        </ul>
      </div>
    </section>`;
}
