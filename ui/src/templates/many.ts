/** New words for the uploads that are selected in the queue: only what is written is changed. */
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit-html";
import type { Field, UploadSet } from "../bindings";
import { icon, modal } from "../app/parts";
import { say } from "../app/toast";
import { backend, sayThrown } from "../app/world";
import { fieldView } from "../form/view";
import { t } from "../i18n";
import { sentence } from "../i18n/sentences";

const NAMES: [string, Field["kind"]][] = [
  ["title", "text"],
  ["description", "multiline"],
  ["tags", "tags"],
  ["language", "text"],
  ["publish_at", "time"],
];

interface Many {
  set: UploadSet;
  count: number;
  fields: Record<string, string>;
  busy: boolean;
  failed: string | null;
}
export const many = signal<Many | null>(null);

export function editMany(set: UploadSet, count: number): void {
  many.value = { set, count, fields: {}, busy: false, failed: null };
}

const close = () => {
  many.value = null;
};

async function send(of: Many): Promise<void> {
  many.value = { ...of, busy: true, failed: null };
  try {
    const { changed, refused } = await backend().call("uploads_set_fields", { set: of.set, fields: of.fields, variables: /[{}]/.test(Object.values(of.fields).join("")) });
    const [first] = refused;
    say({ text: t().many.changed(changed, refused.length) });
    if (changed === 0 && first) many.value = { ...of, failed: sentence(first.cause) };
    else close();
  } catch (thrown) {
    many.value = { ...of, failed: sayThrown(thrown) };
  }
}

export function manyDialog(): TemplateResult | typeof nothing {
  const of = many.value;
  if (!of) return nothing;
  const { many: words, compose, act } = t();
  const set = (name: string, value: string) => {
    const { [name]: _gone, ...rest } = of.fields;
    many.value = { ...of, fields: value === "" ? rest : { ...rest, [name]: value } };
  };
  const view = ([name, kind]: [string, Field["kind"]]) => {
    const field: Field = {
      name, kind, required: false, required_when: null, max: null, range: null, choices: [], listed: false, default: null, from: null, advanced: false, label: {}, help: {}, bytes_max: null, min: null, tags: null, refuses: [],
    };
    return fieldView({ id: `many-${name}`, field, value: of.fields[name] ?? "", label: compose.field[name] ?? name, input: (value) => set(name, value) });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (Object.keys(of.fields).length > 0) void send(of);
  };
  const title = words.title(of.count);
  return modal(
    title,
    close,
    html`
      <form class="account-form" @submit=${submit}>
        <header class="dialog-head"><h2>${title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${close}>${icon("x")}</button></header>
        <div class="edit-fields scroll">
          <p class="quiet">${words.note}</p>
          ${NAMES.map(view)}
          ${of.failed === null ? nothing : html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${of.failed}</span></p>`}
        </div>
        <footer class="dialog-foot"><button type="button" class="button" @click=${close}>${act.keep}</button><button class="button" data-kind="primary" ?disabled=${of.busy || Object.keys(of.fields).length === 0}>${of.busy ? words.saving : words.save}</button></footer>
      </form>`,
    "dialog-form",
  );
}
