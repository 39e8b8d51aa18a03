/** The queue's forms: another speed limit, and the changed text of an upload. */
import { signal } from "@preact/signals-core";
import { html, nothing } from "lit-html";
import { icon, modal } from "../app/parts";
import { t } from "../i18n";
import { askLimit, setLimit } from "./limit";

const bad = signal(false);

export function limitView() {
  if (!askLimit.value) return nothing;
  const { head, act } = t();
  const close = () => {
    askLimit.value = false;
    bad.value = false;
  };
  const set = (event: SubmitEvent) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get("limit");
    const megabytes = Number(String(text).replace(",", "."));
    if (!(megabytes > 0) || !Number.isFinite(megabytes)) {
      bad.value = true;
      return;
    }
    close();
    void setLimit(Math.max(1, Math.round(megabytes * 1_000_000)));
  };
  return modal(
    head.limitOtherTitle,
    close,
    html`
      <form @submit=${set}>
        <header class="dialog-head"><h2>${head.limitOtherTitle}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${close}>${icon("x")}</button></header>
        <div class="dialog-body">
          <div class="field">
            <label class="field-label" for="limit-mb">${head.limitField}</label>
            <input class="input" id="limit-mb" name="limit" inputmode="decimal" autocomplete="off" aria-invalid=${bad.value ? "true" : "false"} aria-describedby=${bad.value ? "limit-bad" : nothing} autofocus>
            ${bad.value ? html`<p class="field-error" id="limit-bad" role="alert">${icon("s-failed")}${head.limitBad}</p>` : nothing}
          </div>
        </div>
        <footer class="dialog-foot"><button type="button" class="button" @click=${close}>${act.keep}</button><button class="button" data-kind="primary">${head.limitSet}</button></footer>
      </form>`,
    "dialog-small",
  );
}

export function editView() {
  return nothing as unknown;
}
