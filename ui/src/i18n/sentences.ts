/**
 * Turns codes of causes into sentences. The sentences are data, shared with the command line; a code without one is shown as it is.
 *
 * Invariant: a value that fills a sentence cannot break the line or turn the text around.
 */
import { signal } from "@preact/signals-core";
import type { Cause, Standstill } from "../bindings";
import { t, span } from ".";
import { clock, type Language, language, num, rate, size, UNKNOWN, zone } from "./format";

type Sentences = Record<string, string>;
const files = import.meta.glob<Sentences>("../../../src-tauri/crates/api/sentences/*.json", { eager: true, import: "default" });
const catalogues = new Map(Object.entries(files).map(([path, sentences]) => [path.replace(/^.*\/|\.json$/g, ""), sentences]));

export const sentencesOf = (of: Language): Sentences => catalogues.get(of) ?? {};
/** The window's own words win over those that are meant for a terminal as well. */
const template = (code: string): string | undefined => t().cause[code] ?? sentencesOf(language.value)[code];

type Said = Pick<Cause, "code"> & Partial<Cause>;

/** Names that people know for platforms and their fields; filled from the specs as soon as they are there. */
export const names = signal<{ platform: (name: string) => string | null; field: (platform: string, name: string) => string | null }>({
  platform: () => null,
  field: () => null,
});

/** The sentences of a cause: what happened, and what to do. */
export function sentence(cause: Said): string {
  const found = template(cause.code);
  const detail = cause.detail ?? "";
  if (found !== undefined) return fill(found, { detail, ...cause.params });
  const unknown = template(detail === "" ? "unknown" : "unknown_detail") ?? template("unknown") ?? "{code}";
  return fill(unknown, { ...cause.params, detail, code: cause.code });
}

/** What happened alone, without its full stop: for a row's second line. */
export function headline(cause: Said): string {
  const whole = sentence(cause);
  const end = /[。！？]|[.!?](?=\s|$)/u.exec(whole);
  return end ? whole.slice(0, end.index) : whole;
}

/** Why nothing moves in the whole queue, and until when. */
export const standstill = ({ said, cause }: Standstill): string => sentence({ ...said, params: { ...said.params, ...(cause ? { cause: headline(cause) } : {}) } });

/** What follows the headline: the cure. */
export function cure(cause: Said): string {
  const whole = sentence(cause);
  const end = /[。！？]|[.!?](?=\s|$)/u.exec(whole);
  return end ? whole.slice(end.index + 1).trim() : "";
}

export function fill(text: string, params: Record<string, string | undefined>): string {
  return text.replace(/\{([a-z_]+)(?::([a-z]+))?\}/gi, (_, name: string, kind: string | undefined) => {
    const value = params[name];
    return value === undefined || value === "" ? UNKNOWN : show(name, kind, value, params);
  });
}

function show(name: string, kind: string | undefined, value: string, params: Record<string, string | undefined>): string {
  const n = Number(value);
  if (kind !== undefined && Number.isFinite(n)) {
    switch (kind) {
      case "size":
        return size(n);
      case "rate":
        return rate(n);
      case "duration":
        return span(n);
      case "time":
        return clock(n);
      case "until":
        return moment(n, Date.now());
      default:
        return num(n);
    }
  }
  if (name === "platform") return names.value.platform(value) ?? template(`platform.${value}`) ?? printable(value);
  if (name === "phase") return template(`phase.${value}`) ?? printable(value);
  if (name === "field") return names.value.field(params.platform ?? "", value) ?? t().compose.field[value] ?? printable(value);
  return printable(value);
}

/** A moment to come as time and span; within a minute and a half the span alone. */
export function until(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((atMs - nowMs) / 1000));
  return seconds < 90 ? t().state.soon(span(seconds)) : t().state.at(clock(atMs, nowMs), span(seconds));
}

/** The moment alone, for sentences that say 'at' themselves. */
const moment = (atMs: number, nowMs: number) => t().state.moment(`${clock(atMs, nowMs)} ${zone(atMs)}`, span(Math.max(0, Math.ceil((atMs - nowMs) / 1000))));

/** The same with the zone, for times that a person has set. */
export function untilZoned(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((atMs - nowMs) / 1000));
  return t().state.at(`${clock(atMs, nowMs)} ${zone(atMs)}`, span(seconds));
}

/** Without what breaks lines or turns the direction of text. */
export const printable = (text: string) => text.replace(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, " ");
