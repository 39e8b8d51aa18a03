/** The queue's forms: another speed limit, and the changed text of an upload. */
import { effect, signal } from "@preact/signals-core";
import { html, nothing } from "lit-html";
import { asFailure } from "../backend/port";
import type { Failure, Field, UploadDetail } from "../bindings";
import { icon, mark, modal } from "../app/parts";
import { backend, labelOf, specOf } from "../app/world";
import { fault, measure } from "../form/check";
import { fieldView } from "../form/view";
import { faultWords } from "../form/words";
import { t } from "../i18n";
import { headline, sentence } from "../i18n/sentences";
import { editing } from "./acts";
import { closeCard } from "./state";
import { askLimit, setLimitOf } from "./limit";

const bad = signal(false);

export function limitView() {
  const of = askLimit.value;
  if (!of) return nothing;
  const { head, act } = t();
  const title = of.of === "all" ? head.limitOtherTitle : head.limitMenuOf(of.name);
  const close = () => {
    askLimit.value = null;
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
    void setLimitOf(of, Math.max(1, Math.round(megabytes * 1_000_000)));
  };
  return modal(
    title,
    close,
    html`
      <form @submit=${set}>
        <header class="dialog-head"><h2 class="cut">${title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${close}>${icon("x")}</button></header>
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

interface Edit {
  detail: UploadDetail;
  values: Record<string, string>;
  busy: boolean;
  failure: Failure | null;
}
const draft = signal<Edit | null>(null);
effect(() => {
  const detail = editing.value;
  draft.value = detail === null ? null : { detail, values: { ...detail.fields }, busy: false, failure: null };
});

/** The text of one upload, as its platform takes it: a change here is this platform's own value. */
export function editView() {
  const of = draft.value;
  const spec = of ? specOf(of.detail.row.platform) : undefined;
  if (!of || !spec) return nothing;
  const { edit, act, compose } = t();
  const { row } = of.detail;
  const close = () => {
    editing.value = null;
  };
  const valueOf = (field: Field) => of.values[`${spec.name}.${field.name}`] ?? (field.from === null ? undefined : of.values[field.from]) ?? field.default ?? "";
  const beside = (name: string) => {
    const other = spec.fields.find((one) => one.name === name);
    return other ? valueOf(other) : "";
  };
  const again = row.live.resubmittable;
  // Of a work that is on its platform, only some fields may be changed.
  const fields = spec.fields.filter((field) => field.kind !== "image" && (!again || of.detail.resubmit_fields.includes(field.name)));
  const faults = new Map(fields.map((field) => [field.name, fault(field, valueOf(field), beside)]));
  const send = async (event: Event) => {
    event.preventDefault();
    if (of.busy) return;
    if ([...faults.values()].some((found) => found !== null)) {
      document.querySelector<HTMLElement>('dialog [aria-invalid="true"]')?.focus();
      return;
    }
    draft.value = { ...of, busy: true, failure: null };
    try {
      await backend().call(again ? "upload_resubmit" : "upload_set_fields", { id: row.id, fields: of.values });
      closeCard();
      close();
    } catch (thrown) {
      draft.value = { ...of, busy: false, failure: asFailure(thrown) };
    }
  };
  const view = (field: Field) => {
    const value = valueOf(field);
    const found = faults.get(field.name) ?? null;
    const label = labelOf(field.label);
    const mine = row.live.cause?.params.field === field.name && found === null && value === (of.detail.fields[`${spec.name}.${field.name}`] ?? (field.from === null ? undefined : of.detail.fields[field.from]));
    return fieldView({
      id: `edit-${field.name}`,
      field,
      value,
      label,
      error: found ? faultWords(found, label, labelOf(spec.label)) : mine && row.live.cause ? headline(row.live.cause) : null,
      counters: field.max ? [{ platform: spec.name, length: measure(value, field.max.of), max: field.max.count }] : [],
      input: (next) => {
        const now = draft.peek();
        if (now) draft.value = { ...now, values: { ...now.values, [`${spec.name}.${field.name}`]: next } };
      },
    });
  };
  const title = edit.title(row.title);
  const why = again && row.live.cause ? row.live.cause : null;
  const advanced = fields.filter((field) => field.advanced);
  return modal(
    title,
    close,
    html`
      <form class="account-form" @submit=${(event: Event) => void send(event)}>
        <header class="dialog-head">${mark(row.platform)}<h2 class="cut">${title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${close}>${icon("x")}</button></header>
        <div class="edit-fields scroll">
          ${why ? html`<p class="note" data-kind="failed">${icon("s-failed")}<span>${sentence(why)}</span></p>` : nothing}
          ${fields.filter((field) => !field.advanced).map(view)}
          ${advanced.length === 0 ? nothing : html`<details class="fold"><summary>${icon("chev-right")}${compose.more}</summary><div class="add-more">${advanced.map(view)}</div></details>`}
          ${of.failure ? html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${sentence(of.failure)}</span></p>` : nothing}
        </div>
        <footer class="dialog-foot"><button type="button" class="button" @click=${close}>${act.keep}</button><button class="button" data-kind="primary" ?disabled=${of.busy}>${of.busy ? edit.saving : again ? edit.resubmit : edit.save}</button></footer>
      </form>`,
    "dialog-form",
  );
}
