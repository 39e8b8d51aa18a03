/** What is wrong with a value, as far as the window can say at once. The product decides; this only says it while one types. */
import type { Field, LengthUnit } from "../bindings";

export type Fault =
  | { kind: "needed" }
  | { kind: "too_long"; length: number; max: number }
  | { kind: "not_a_number" }
  | { kind: "out_of_range"; min: number; max: number };

const bytes = new TextEncoder();
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Lengths as the site counts them. */
export function measure(text: string, of: LengthUnit): number {
  switch (of) {
    case "utf16":
      return text.length;
    case "scalar":
      return [...text].length;
    case "byte":
      return bytes.encode(text).length;
    case "grapheme":
      return [...graphemes.segment(text)].length;
  }
}

export function fault(field: Field, value: string, beside: (name: string) => string): Fault | null {
  if (value.trim() === "") {
    const when = field.required_when;
    return field.required || (when !== null && beside(when.field) === when.is) ? { kind: "needed" } : null;
  }
  if (field.max) {
    const length = measure(value, field.max.of);
    if (length > field.max.count) return { kind: "too_long", length, max: field.max.count };
  }
  if (field.kind === "integer") {
    if (!/^\s*-?\d+\s*$/.test(value)) return { kind: "not_a_number" };
    const n = Number(value);
    if (field.range && (n < field.range[0] || n > field.range[1])) return { kind: "out_of_range", min: field.range[0], max: field.range[1] };
  }
  return null;
}

/** Nearly at the limit: a sign before it is an error. */
export const level = (length: number, max: number) => (length > max ? "over" : length >= max * 0.9 ? "near" : "ok");

export const splitTags = (value: string) =>
  value
    .split(/[,，、\n]/)
    .map((tag) => tag.trim().replace(/^[#＃]+\s*/, ""))
    .filter((tag) => tag !== "");
export const joinTags = (tags: readonly string[]) => [...new Set(tags)].join(",");

/** `2026-11-21T15:24` as the field has it, from RFC 3339. */
export function localTime(rfc3339: string): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
export function rfc3339(local: string): string {
  const at = new Date(local);
  return local === "" || Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
