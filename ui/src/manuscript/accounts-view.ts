/** Which accounts the files go to. */
import { html, type TemplateResult } from "lit-html";
import { addAccount } from "../accounts/state";
import { icon, mark } from "../app/parts";
import { accounts, platformLabel } from "../app/world";
import { t } from "../i18n";
import { choose, chosen, usable } from "./form";

export function accountsPart(): TemplateResult {
  const { compose } = t();
  const rows = accounts.value;
  if (rows.length === 0)
    return html`<section class="form-part"><h2>${compose.accounts}</h2><p class="quiet">${compose.noAccounts}</p>
      <div><button type="button" class="button" @click=${addAccount}>${icon("plus")}${compose.addAccount}</button></div></section>`;
  return html`
    <section class="form-part">
      <h2>${compose.accounts} <span>${compose.accountsOf(chosen.value.size, rows.length)}</span></h2>
      <fieldset class="account-chips">
        <legend class="visually-hidden">${compose.accounts}</legend>
        ${rows.map((row) => {
          const { account } = row;
          return html`<label class="account-chip"><input type="checkbox" .checked=${chosen.value.has(account.id)} ?disabled=${!usable(row)}
            @change=${(event: Event) => choose(account.id, (event.target as HTMLInputElement).checked)}>${mark(account.platform)}<span>${platformLabel(account.platform)}</span><small>${
              usable(row) ? account.label : compose.signInAgain
            }</small></label>`;
        })}
      </fieldset>
    </section>`;
}
