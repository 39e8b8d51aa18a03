/** An account's own way: as all others, or another; in its form. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Field } from "../bindings";
import { icon } from "../app/parts";
import { labelOf, say } from "../app/world";
import { fieldView } from "../form/view";
import { t } from "../i18n";
import type { Draft } from "./state";
import * as state from "./state";

export const PROXY = "proxy";
export const PROXY_PASSWORD = "proxy_password";
/** What an address of one's own begins with. */
const BEGUN = "http://";

export function proxyFields(of: Draft, proxy: Field, password: Field | undefined): TemplateResult {
  const { proxy: words } = t().accounts;
  const value = of.settings[PROXY] ?? "";
  const chosen = value === "" || value === "system" || value === "off" ? value : "own";
  const refused = of.failure?.params.name === PROXY ? say(of.failure) : null;
  const choices = { "": words.asAll, system: words.system, off: words.off, own: words.own };
  return html`
    <div class="field">
      <label class="field-label" for="account-way">${labelOf(proxy.label)}</label>
      <span class="select"><select id="account-way" @change=${(event: Event) => {
        const next = (event.target as HTMLSelectElement).value;
        state.setSetting(PROXY, next === "own" ? BEGUN : next);
      }}>
        ${Object.entries(choices).map(([name, word]) => html`<option value=${name} ?selected=${name === chosen} .selected=${name === chosen}>${word}</option>`)}
      </select>${icon("chev-down")}</span>
    </div>
    ${
      chosen === "own"
        ? html`${fieldView({ id: "account-proxy", field: proxy, value, label: words.address, help: words.addressHelp, error: refused, input: (text) => state.setSetting(PROXY, text === "" ? BEGUN : text) })}
            ${password ? fieldView({ id: "account-proxy_password", field: password, value: of.secrets[PROXY_PASSWORD] ?? "", input: (text) => state.setSecret(PROXY_PASSWORD, text), ...(of.account === null ? {} : { placeholder: words.passwordKept }) }) : nothing}`
        : nothing
    }`;
}
