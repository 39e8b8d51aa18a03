/**
 * The fields of the form: the common ones that flow to every platform, and each platform's own.
 *
 * No DOM. A value flows from all files to one, and from there to each platform, until somewhere it is given its own: a linked field has none. A title is
 * always its file's.
 */
import { batch, computed } from "@preact/signals-core";
import type { Field, Spec } from "../bindings";
import { say } from "../app/toast";
import { specOf } from "../app/world";
import { t } from "../i18n";
import { language } from "../i18n/format";
import { edited, files, own, picked, platforms, several, shared, titles, values, variables, without, write } from "./form";

/** The common fields that are drawn, in this order; the time to publish has a part of its own. */
export const COMMON = ["title", "description", "tags", "language", "visibility"] as const;
const FIRST = ["title", "description", "tags"];

/** Whether titles can be written now: what is common to several files has one only where variables tell them apart. */
const titled = computed(() => !several.value || edited.value !== null || variables.value);

/** Fields that a person fills in here: pictures and captions are files of the manuscript. */
export const fieldsOf = (spec: Spec): Field[] =>
  spec.fields.filter((field) => field.kind !== "image" && field.from !== "captions" && (titled.value || field.from !== "title"));

/** The common fields that a chosen platform takes; the usual three before anything is chosen. */
export const common = computed<{ name: string; field: Field }[]>(() =>
  COMMON.flatMap((name): { name: string; field: Field }[] => {
    if (name === "title" && !titled.value) return [];
    const linked = platforms.value.flatMap((spec) => spec.fields.filter((field) => field.from === name));
    const model = linked[0];
    if (!model && (platforms.value.length > 0 || !FIRST.includes(name))) return [];
    if (name === "visibility") return [{ name, field: visibility() }];
    const kind = name === "description" ? "multiline" : name === "tags" ? "tags" : (model?.kind ?? "text");
    const field: Field = {
      name, kind, required: linked.some((one) => one.required), required_when: null, max: null, bytes_max: null, min: null, tags: null, refuses: [], range: null, choices: model?.choices ?? [], listed: false,
      default: model?.default ?? null, from: null, advanced: false, label: {}, help: {},
    };
    return [{ name, field }];
  }),
);

/** In words, whatever a platform makes of them: some only know public or not. */
const visibility = (): Field => ({
  name: "visibility", kind: "choice", required: true, required_when: null, max: null, bytes_max: null, min: null, tags: null, refuses: [], range: null, listed: false, default: "public", from: null, advanced: false, label: {}, help: {},
  choices: (["public", "private"] as const).map((value) => ({ value, label: { [language.value]: t().compose.visibilities[value] } })),
});
const inWords: Record<string, boolean> = { public: true, unlisted: false, private: false };

const nameOf = (spec: Spec, field: Field) => `${spec.name}.${field.name}`;
/** Titles are each file's own, under the common name and under a platform's. */
function isTitle(name: string): boolean {
  const [platform, field] = name.split(".", 2);
  return name === "title" || (field !== undefined && specOf(platform ?? "")?.fields.find((one) => one.name === field)?.from === "title");
}
const has = (file: number, name: string) => name in (own.value.get(file)?.fields ?? {});

/** Where a value is written: for one file, or for all. */
function placeOf(name: string): number | null {
  const file = edited.value?.file ?? null;
  return file !== null && (several.value || isTitle(name) || has(file, name)) ? file : null;
}

export function setValue(name: string, value: string): void {
  if (name === "title" && several.value && edited.value === null) return setTitles(value);
  write(placeOf(name), (part) => ({ fields: { ...part.fields, [name]: value } }));
}

/** The title of every file, also of those that come. */
export function setTitles(title: string): void {
  batch(() => {
    titles.value = title;
    for (const { file } of files.value) write(file, (part) => ({ fields: { ...part.fields, title } }));
  });
}

/** One of several files is written for, and the value could be that of all. */
export const mayDiffer = (name: string) => several.value && edited.value !== null && !isTitle(name);
/** It has the value of all files. */
export const isShared = (name: string) => edited.value === null || !has(edited.value.file, name);
/** Files that have their own value in place of the common one. */
export const differing = (name: string) => [...own.value.values()].filter((part) => name in part.fields).length;

export const hasOwn = (spec: Spec, field: Field) => nameOf(spec, field) in values.value;
/** The value a platform would get: its own, the common one, its default. */
export function valueOf(spec: Spec, field: Field): string {
  const value = values.value[nameOf(spec, field)] ?? (field.from === null ? undefined : values.value[field.from]) ?? field.default ?? "";
  const open = field.kind === "bool" && field.from === "visibility" ? inWords[value] : undefined;
  return open === undefined ? value : /^(true|false)$/.test(field.default ?? "") ? String(open) : open ? "1" : "0";
}

/** Gives a platform's field its own value, or links it again. */
export function toggleLink(spec: Spec, field: Field): void {
  const name = nameOf(spec, field);
  if (hasOwn(spec, field)) linkAgain(name);
  else setValue(name, valueOf(spec, field));
}

/** Gives one of several files its own value, or that of all again. */
export function toggleShared(name: string, value: string): void {
  if (isShared(name)) setValue(name, value);
  else linkAgain(name);
}

/** What it had can be taken back. */
function linkAgain(name: string): void {
  const before = { shared: shared.value, own: own.value, picked: picked.value };
  const file = edited.value?.file ?? null;
  write(file !== null && has(file, name) ? file : null, (part) => without(part, name));
  say({
    text: t().compose.linkedAgain,
    undo: () =>
      batch(() => {
        [shared.value, own.value, picked.value] = [before.shared, before.own, before.picked];
      }),
  });
}
