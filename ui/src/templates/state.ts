/**
 * Templates: kept sets of texts and choices, put into the form and taken from it, and what their variables become for the first files.
 *
 * No DOM. A template's texts go into the form as they are written; what they become is the product's to say. What was in the form can be taken back.
 */
import { batch, effect, signal } from "@preact/signals-core";
import type { Filled, Template } from "../bindings";
import { say } from "../app/toast";
import { accounts, backend, sayThrown } from "../app/world";
import { t } from "../i18n";
import { list } from "../i18n/format";
import { request } from "../manuscript/checks";
import { setTitles } from "../manuscript/fields";
import { chosen, chosenRows, edited, own, shared, titles, values, variables, write } from "../manuscript/form";
import { hold, priority } from "../manuscript/times";

const PREVIEW_AFTER_MS = 200;

export const templates = signal<readonly Template[]>([]);
/** The name a template of the form is to have; `null` while the dialog is closed. */
export const naming = signal<string | null>(null);
export const failed = signal<string | null>(null);
/** What the first files would say. */
export const filled = signal<readonly Filled[]>([]);

export async function loadTemplates(): Promise<void> {
  templates.value = await backend().call("templates", {});
}

export function openTemplates(): void {
  [naming.value, failed.value] = ["", null];
}

export function closeTemplates(): void {
  naming.value = null;
}

export function useTemplate(template: Template): void {
  const before = { shared: shared.value, own: own.value, chosen: chosen.value, hold: hold.value, priority: priority.value, variables: variables.value, titles: titles.value };
  const { title, ...fields } = template.fields;
  batch(() => {
    variables.value = true;
    const given = Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
    write(null, (part) => ({ fields: { ...part.fields, ...Object.fromEntries(given) } }));
    if (title !== undefined) setTitles(title);
    const named = accounts.value.filter(({ account }) => template.accounts.includes(account.label));
    if (named.length > 0) chosen.value = new Set(named.map(({ account }) => account.id));
    if (template.hold) hold.value = true;
    if (template.priority) priority.value = template.priority;
  });
  closeTemplates();
  say({
    text: t().templates.used(template.name),
    undo: () =>
      batch(() => {
        [shared.value, own.value, chosen.value, variables.value, titles.value] = [before.shared, before.own, before.chosen, before.variables, before.titles];
        [hold.value, priority.value] = [before.hold, before.priority];
      }),
  });
}

/** What a template of the form would hold. A title that is only a file's name is none. */
export function ofForm(name: string): Template {
  const plain = variables.value ? (text: string) => text : (text: string) => text.replace(/[{}]/g, "$&$&");
  const fields = Object.entries(values.value).filter(([field, text]) => text.trim() !== "" && !(field === "title" && text === edited.value?.title));
  return {
    name: name.trim(),
    fields: Object.fromEntries(fields.map(([field, text]) => [field, plain(text)])),
    accounts: chosenRows.value.map(({ account }) => account.label),
    hold: hold.value,
    priority: priority.value === "normal" ? null : priority.value,
  };
}

export const isTaken = (name: string) => templates.value.some((known) => known.name === name.trim());

/** Does something with the kept templates, and says in the dialog what went wrong. */
async function keep(work: () => Promise<string | null>): Promise<void> {
  failed.value = null;
  try {
    const said = await work();
    await loadTemplates();
    if (said !== null) say({ text: said });
  } catch (thrown) {
    failed.value = sayThrown(thrown);
  }
}

export const saveTemplate = () =>
  keep(async () => {
    const template = ofForm(naming.value ?? "");
    await backend().call("template_save", { template, replace: isTaken(template.name) });
    naming.value = "";
    return t().templates.saved(template.name);
  });

export const removeTemplate = (template: Template) =>
  keep(async () => {
    await backend().call("template_remove", template.name);
    say({ text: t().templates.removed(template.name), undo: () => void keep(async () => (await backend().call("template_save", { template, replace: false }), null)) });
    return null;
  });

export const importTemplates = () =>
  keep(async () => {
    const [file] = await backend().pickFiles("list");
    if (!file) return null;
    try {
      if (file.cause) throw file.cause;
      const { names, missing_accounts } = await backend().call("templates_import", { file: file.file, replace: false });
      const missing = missing_accounts.length > 0 ? ` ${t().templates.missing(list(missing_accounts))}` : "";
      return t().templates.imported(names.length) + missing;
    } finally {
      void backend().call("files_forget", [file.file]).catch(() => {});
    }
  });

export const exportTemplates = () =>
  keep(async () => {
    const file = await backend().call("templates_export", []);
    const kept = await backend().saveText("slipway-templates.json", `${JSON.stringify(file, null, 2)}\n`);
    return kept ? t().templates.exported(file.templates.length) : null;
  });

// ---- What variables become

let number = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  const wanted = request.value;
  clearTimeout(timer);
  number += 1;
  if (!wanted.variables || wanted.files.length === 0) {
    filled.value = [];
    return;
  }
  const mine = number;
  timer = setTimeout(() => void preview(mine), PREVIEW_AFTER_MS);
});

async function preview(mine: number): Promise<void> {
  try {
    const found = await backend().call("templates_preview", request.peek());
    if (mine === number) filled.value = found;
  } catch {
    // Preflight says what is wrong with the form.
  }
}

/** A text as it is sent: with its variables filled in, the longest of those that are known. */
export function becomes(name: string, text: string): string {
  if (!variables.value) return text;
  const { file } = edited.value ?? {};
  const known = filled.value.filter((one) => one.faults.length === 0 && (file === undefined || one.file === file));
  return known.map((one) => one.fields[name] ?? text).sort((a, b) => b.length - a.length)[0] ?? text;
}
