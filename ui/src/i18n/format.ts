/**
 * Numbers, sizes, times and spans in the user's language.
 *
 * Decimal units, a no-break space between figure and unit, tabular figures by CSS. Knows no sentences.
 */
import { signal } from "@preact/signals-core";

export type Language = "en" | "zh-CN" | "ja";
export const languages: readonly Language[] = ["en", "zh-CN", "ja"];

/** The language of everything on the screen. Set by `chooseLanguage` alone. */
export const language = signal<Language>("en");

export const NBSP = "\u00a0";
/** What stands where a figure is not known. */
export const UNKNOWN = "–";

const formats = new Map<string, Intl.NumberFormat>();
function format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const id = `${language.value} ${key}`;
  let made = formats.get(id);
  if (!made) formats.set(id, (made = new Intl.NumberFormat(language.value, options)));
  return made;
}

export const num = (n: number) => format("n", {}).format(n);

/** Frames in a second: `29.97`, `25`. */
export const rateNum = (n: number) => format("fps", { maximumFractionDigits: 2 }).format(n);

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;
const power = (bytes: number) => {
  let unit = 0;
  // 999.5 kB would be written as 1,000 kB
  for (let rest = bytes; rest >= 999.5 && unit < UNITS.length - 1; rest /= 1000) unit += 1;
  return unit;
};
const scaled = (bytes: number, unit: number) => {
  const n = bytes / 1000 ** unit;
  if (unit === 0 || n >= 100) return format("0", { maximumFractionDigits: 0 }).format(n);
  return n >= 10 || unit < 3
    ? format("1", { maximumFractionDigits: 1 }).format(n)
    : format("2", { maximumFractionDigits: 2 }).format(n);
};

/** `3.86 GB`, `14.6 GB`, `912 MB`. */
export function size(bytes: number): string {
  const unit = power(bytes);
  return `${scaled(bytes, unit)}${NBSP}${UNITS[unit] ?? "B"}`;
}

/** Two sizes in one unit, that of the second: `["1.1", "2.9 GB"]`. */
export function sizes(part: number, whole: number): [string, string] {
  const unit = power(whole);
  return [scaled(part, unit), `${scaled(whole, unit)}${NBSP}${UNITS[unit] ?? "B"}`];
}

/** A rate as figure and unit, since the pulse panel sets them apart: `["6.2", "MB/s"]`. */
export function rateParts(bytesPerSecond: number): [string, string] {
  const unit = Math.max(1, power(bytesPerSecond));
  const n = bytesPerSecond / 1000 ** unit;
  const digits = n >= 10 || unit === 1 ? 0 : 1;
  return [format(`r${digits}`, { maximumFractionDigits: digits }).format(n), `${UNITS[unit] ?? "kB"}/s`];
}
export const rate = (bytesPerSecond: number) => rateParts(bytesPerSecond).join(NBSP);

/** `8 MiB`: binary units for parts only. */
export const binarySize = (bytes: number) =>
  bytes >= 1024 * 1024
    ? `${format("1", { maximumFractionDigits: 1 }).format(bytes / (1024 * 1024))}${NBSP}MiB`
    : `${format("1", { maximumFractionDigits: 1 }).format(bytes / 1024)}${NBSP}KiB`;

/** Rounds down: nothing is 100 % before it is whole. */
export const percent = (part: number, whole: number) =>
  `${num(whole > 0 ? Math.min(100, Math.floor((part / whole) * 100)) : 0)}${NBSP}%`;

export interface SpanUnits {
  s: string;
  min: string;
  h: string;
  d: string;
}

/** A span in at most two units: `20 s`, `3 min`, `8 h 36 min`. */
export function spanWith(units: SpanUnits, seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const one = (n: number, unit: string) => `${num(n)}${NBSP}${unit}`;
  const two = (a: number, unitA: string, b: number, unitB: string) =>
    b > 0 ? `${one(a, unitA)}${NBSP}${one(b, unitB)}` : one(a, unitA);
  if (s < 60) return one(s, units.s);
  const minutes = Math.round(s / 60);
  if (minutes < 60) return one(minutes, units.min);
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), units.h, minutes % 60, units.min);
  const hours = Math.round(s / 3600);
  return two(Math.floor(hours / 24), units.d, hours % 24, units.h);
}

/** How long a work is, in at most two units: `12 s`, `4 min 12 s`, `1 h 2 min`. */
export function lengthWith(units: SpanUnits, seconds: number): string {
  const s = Math.max(1, Math.round(seconds));
  const two = (a: number, unitA: string, b: number, unitB: string) => [[a, unitA] as const, [b, unitB] as const].filter(([n]) => n > 0).map(([n, unit]) => `${num(n)}${NBSP}${unit}`).join(NBSP);
  return s < 3600 ? two(Math.floor(s / 60), units.min, s % 60, units.s) : two(Math.floor(s / 3600), units.h, Math.floor((s % 3600) / 60), units.min);
}

const times = new Map<string, Intl.DateTimeFormat>();
function timeFormat(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${language.value} ${key}`;
  let made = times.get(id);
  if (!made) times.set(id, (made = new Intl.DateTimeFormat(language.value, options)));
  return made;
}

const sameDay = (a: Date, b: Date) =>
  a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();

/** `15:24` today, with the date on other days. */
export function clock(atMs: number, nowMs: number = Date.now()): string {
  const at = new Date(atMs);
  const now = new Date(nowMs);
  if (sameDay(at, now)) return time(atMs);
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return timeFormat(`dt${at.getFullYear() === now.getFullYear() ? "" : "y"}`, {
    ...year,
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
}

/** A moment to the second: `14:31:07` today, with the date on other days. */
export function moment(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  if (sameDay(at, new Date(nowMs))) return timeFormat("ts", clock).format(at);
  const year = at.getFullYear() === new Date(nowMs).getFullYear() ? {} : ({ year: "numeric" } as const);
  return timeFormat(`dts${"year" in year ? "y" : ""}`, { ...year, month: "long", day: "numeric", ...clock }).format(at);
}

/** `14:31`, whatever the day. */
export const time = (atMs: number) => timeFormat("t", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(atMs));
/** To the second, for logs: `15:24:07`. */
export const clockExact = (atMs: number) => timeFormat("hms", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(atMs));

/** The zone of this computer at that moment: `GMT+8`. */
export const zone = (atMs: number) => timeFormat("z", { timeZoneName: "shortOffset" }).formatToParts(new Date(atMs)).find((part) => part.type === "timeZoneName")?.value ?? "";

/** A day without its time: `18 February`; with its year where none, or a far one, is meant. */
export function day(atMs: number, nowMs?: number): string {
  const isNear = nowMs !== undefined && Math.abs(atMs - nowMs) < 300 * 86_400_000;
  return timeFormat(isNear ? "dn" : "d", { ...(isNear ? {} : ({ year: "numeric" } as const)), month: "long", day: "numeric" }).format(new Date(atMs));
}

/** A day of the week, from Monday. */
export const dayName = (day: number, width: "short" | "long") => timeFormat(`wd${width}`, { weekday: width, timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + day)));

export const list = (items: readonly string[]) =>
  new Intl.ListFormat(language.value, { type: "conjunction" }).format(items);

/** An address as people read it: a page without its scheme, a file by its path. */
export function address(url: string): string {
  if (!url.startsWith("file:")) return url.replace(/^https?:\/\/(www\.)?/, "");
  try {
    return decodeURIComponent(new URL(url).pathname).replace(/^\/(?=[A-Za-z]:)/, "");
  } catch {
    return url;
  }
}

/** The same where there is little room: of a file, its name. */
export function shortAddress(url: string): string {
  const words = address(url);
  return url.startsWith("file:") ? words.slice(words.lastIndexOf("/") + 1) : words;
}

/** A time in a video: `02:14.08`, `1:02:03.00`; cut, never rounded up. */
export function timecode(ms: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes, seconds, hundredths] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60, Math.floor(ms / 10) % 100];
  return `${hours > 0 ? `${hours}:` : ""}${two(minutes)}:${two(seconds)}.${two(hundredths)}`;
}
