/**
 * The fields of the form: the common ones that flow to every platform, and each platform's own.
 *
 * No DOM. A linked field has no value of its own: what it would send is the common one.
 */
import { computed } from "@preact/signals-core";
import type { Field, Spec } from "../bindings";
import { say } from "../app/toast";
import { t } from "../i18n";
import { good, platforms, several, values } from "./form";

/** The fields every platform may be linked to, in the order they are drawn. */
export const COMMON = ["title", "description", "tags", "language", "visibility", "publish_at", "captions"] as const;
/** The title is still the one made from the file's name. */
let titleIsOurs = true;

/** Fields that a person fills in here: pictures come with the manuscript, and titles of several files from their names. */
export const fieldsOf = (spec: Spec): Field[] => spec.fields.filter((field) => field.kind !== "image" && !(several.value && field.from === "title"));

/** The common fields that a chosen platform takes; the usual three before anything is chosen. */
export const common = computed<{ name: string; field: Field }[]>(() =>
  COMMON.flatMap((name) => {
    if (name === "title" && several.value) return [];
    const linked = platforms.value.flatMap((spec) => spec.fields.filter((field) => field.from === name));
    const model = linked[0];
    if (!model && (platforms.value.length > 0 || !["title", "description", "tags"].includes(name))) return [];
    const kind = name === "description" ? "multiline" : name === "tags" ? "tags" : (model?.kind ?? "text");
    const field: Field = {
      name, kind, required: linked.some((one) => one.required), required_when: null, max: null, range: null, choices: model?.choices ?? [], listed: false,
      default: model?.default ?? null, from: null, advanced: false, label: {}, help: {},
    };
    return [{ name, field }];
  }),
);

export function titleFromFile(): void {
  const [only] = good.value;
  if (titleIsOurs && only && !several.value) values.value = { ...values.value, title: only.title };
}

export function forgetTitle(): void {
  titleIsOurs = true;
}

export function setValue(name: string, value: string): void {
  if (name === "title") titleIsOurs = false;
  values.value = { ...values.value, [name]: value };
}

const own = (spec: Spec, field: Field) => `${spec.name}.${field.name}`;
export const hasOwn = (spec: Spec, field: Field) => own(spec, field) in values.value;
/** The value a platform would get: its own, the common one, its default. */
export function valueOf(spec: Spec, field: Field): string {
  return values.value[own(spec, field)] ?? (field.from === null ? undefined : values.value[field.from]) ?? field.default ?? "";
}

/** Gives a field its own value, or links it again; what it had can be taken back. */
export function toggleLink(spec: Spec, field: Field): void {
  const name = own(spec, field);
  const before = values.value;
  if (name in before) {
    const { [name]: _gone, ...rest } = before;
    values.value = rest;
    say({ text: t().compose.linkedAgain, undo: () => (values.value = { ...values.value, [name]: before[name] ?? "" }) });
  } else {
    values.value = { ...before, [name]: valueOf(spec, field) };
  }
}
