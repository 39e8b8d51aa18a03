/** Rows of the settings that more than one section has. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";

export interface Toggle {
  id: string;
  name: string;
  text?: string;
  on: boolean;
  set: (on: boolean) => void;
}

/** A switch with its name and what it means. */
export const toggle = ({ id, name, text, on, set }: Toggle): TemplateResult => html`
  <div class="setting">
    <div><h3><label for=${`set-${id}`}>${name}</label></h3>${text ? html`<p id=${`set-${id}-help`}>${text}</p>` : nothing}</div>
    <input class="switch" type="checkbox" role="switch" id=${`set-${id}`} .checked=${live(on)} aria-describedby=${text ? `set-${id}-help` : nothing}
      @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}>
  </div>`;
