/**
 * What an account's tile says: how it is, the same three facts in the same order, and the one button. Pure, but for the language.
 *
 * Always holds: a bar stands only where a whole is known, and a figure whose hour is over is not shown as if it were of now.
 */
import type { AccountRow, Allowance, Credential, Health } from "../bindings";
import { say } from "../app/world";
import { span, t } from "../i18n";
import { clock, day, num, size, sizes } from "../i18n/format";

export type Act = "sign_in" | "new_key" | "check" | "open";

export interface Fact {
  label: string;
  text: string;
  bar?: { value: number; max: number };
}

export interface Face {
  /** Lower comes first. */
  rank: number;
  /** Of the tile's edge. */
  edge: "waiting" | "plain";
  tone: "waiting" | "done" | "queued";
  icon: string;
  word: string;
  more: string;
  facts: [Fact, Fact, Fact];
  act: Act;
  urgent: boolean;
}

const DAY_MS = 86_400_000;
/** An end is told of so long before: a key needs a console, a sign-in a click. */
const TOLD_DAYS: Record<"sign_in" | "key", number> = { sign_in: 2, key: 7 };

const hasCounts = ({ what }: Allowance) => what === "uploads" || what === "works" || what === "bytes";
const isOver = (allowance: Allowance, now: number) => allowance.renews_at_ms !== null && allowance.renews_at_ms <= now;

/** Whole days until the sign-in or key ends by itself, when that is near enough to be told. */
function endsInDays(health: Health, now: number): number | null {
  if (health.renews || health.valid_until_ms === null || health.valid_until_ms <= now) return null;
  const days = Math.ceil((health.valid_until_ms - now) / DAY_MS);
  return days <= TOLD_DAYS[health.credential === "sign_in" ? "sign_in" : "key"] ? days : null;
}

/** What renews it: its own page, or something that is typed. */
const renewal = (row: AccountRow): Act => (row.signs_in ? "sign_in" : "new_key");

export function face(row: AccountRow, now: number): Face {
  const { accounts: words } = t();
  const { health } = row.account;
  const isFolder = row.account.platform === "folder";
  const facts: Face["facts"] = isFolder ? folderFacts(row, now) : [lasts(health, now), left(row, now), renews(row, now)];
  const ready: Face = { rank: 4, edge: "plain", tone: "done", icon: "s-done", word: words.ready, more: checked(health, facts, now), facts, act: isFolder ? "open" : "check", urgent: false };
  const waiting = { edge: "waiting", tone: "waiting" } as const;
  const ends = endsInDays(health, now);
  if (health.state === "signed_out") {
    const word = row.signs_in ? words.signedOut : words.keyRefused;
    return { ...ready, ...waiting, rank: 0, icon: "s-key", word, more: words.signedOutText(row.unfinished), act: renewal(row), urgent: true };
  }
  if (health.state === "troubled") return { ...ready, ...waiting, rank: 1, icon: "s-warn", word: words.troubled, more: health.cause ? say(health.cause) : "", act: "check" };
  if (row.wait?.reason === "secrets") return { ...ready, ...waiting, rank: 1, icon: "s-key", word: words.locked, more: say(row.wait.cause) };
  if (ends !== null) return { ...ready, ...waiting, rank: 2, icon: "s-warn", word: words.endsIn(ends), more: row.signs_in ? words.endsSignIn : words.endsKey, act: renewal(row) };
  if (isSpent(row, now)) return { ...ready, rank: 3, tone: "waiting", icon: "s-waiting", word: words.spent, more: words.spentText(row.unfinished) };
  if (health.state === "unknown") return { ...ready, tone: "queued", icon: "s-queued", word: words.unknown, more: "", act: "check" };
  return ready;
}

const isSpent = (row: AccountRow, now: number) =>
  row.wait?.reason === "quota" || (row.account.health.state === "ready" && row.account.health.cause !== null) || row.account.health.allowances.some((allowance) => hasCounts(allowance) && allowance.left === 0 && !isOver(allowance, now));

/** When it was looked at last, unless a fact says so already. */
function checked(health: Health, facts: Fact[], now: number): string {
  const { accounts: words } = t();
  if (health.checked_at_ms === null) return "";
  const at = words.checkedAt(clock(health.checked_at_ms, now));
  return facts.some((fact) => fact.text.includes(at)) ? "" : `· ${at}`;
}

function folderFacts(row: AccountRow, now: number): Face["facts"] {
  const { accounts: words } = t();
  const { health } = row.account;
  const at = health.checked_at_ms === null ? words.never : words.checkedAt(clock(health.checked_at_ms, now));
  const room = health.allowances.find((allowance) => allowance.what === "disk");
  return [
    { label: words.folder, text: health.state === "ready" ? words.both(words.writable, at) : at },
    room ? amount(words.space, room) : { label: words.space, text: words.unknownNow },
    { label: words.network, text: words.usesNone },
  ];
}

function lasts(health: Health, now: number): Fact {
  const { accounts: words } = t();
  const label = words.credential[health.credential ?? ("sign_in" satisfies Credential)];
  const { valid_until_ms: end, checked_at_ms: seen } = health;
  if (health.state === "signed_out") {
    const ended = Math.min(end ?? Number.POSITIVE_INFINITY, seen ?? Number.POSITIVE_INFINITY);
    return { label, text: Number.isFinite(ended) ? words.ended(clock(ended, now)) : words.endedOnce };
  }
  if (end !== null) {
    const time = words.until(end - now < DAY_MS ? clock(end, now) : day(end, now));
    return { label, text: health.renews ? words.both(time, words.renewsItself) : time };
  }
  if (health.state === "unknown") return { label, text: words.never };
  // Of what somebody else handed out, only they know the end.
  const noEnd = health.credential === "upload_token" || health.credential === "service" ? words.endUnknown : words.noEnd;
  return { label, text: seen === null ? noEnd : words.both(noEnd, words.checkedAt(clock(seen, now))) };
}

/** A figure with its whole and a bar, or alone. */
function amount(label: string, { what, left: n, of }: Allowance): Fact {
  const { accounts: words } = t();
  const isBytes = what === "bytes" || what === "disk";
  if (of === null) return { label, text: isBytes ? size(n) : words.counted[what](num(n), n) };
  const text = isBytes ? words.partOf(...sizes(n, of)) : words.countedOf[what](num(n), num(of), of);
  return { label, text, bar: { value: n, max: of } };
}

function left(row: AccountRow, now: number): Fact {
  const { accounts: words } = t();
  const { health } = row.account;
  const { sent_bytes: sent } = row.today;
  if (health.state === "signed_out") return { label: words.leftToday, text: words.leftUnknown };
  const today = health.allowances.filter((allowance) => hasCounts(allowance) && !isOver(allowance, now));
  // A count with its whole says it all; else what is known, side by side.
  const whole = today.find((allowance) => allowance.of !== null);
  if (whole) return amount(words.leftToday, whole);
  if (today.length > 0) return { label: words.leftToday, text: today.map((allowance) => amount("", allowance).text).reduce(words.both) };
  if (isSpent(row, now)) return { label: words.leftToday, text: words.nothing };
  const calls = health.allowances.find(({ what }) => what === "requests");
  if (calls && !isOver(calls, now)) return amount(words.leftNow, calls);
  if (calls?.of) return { label: words.leftNow, text: words.everyMinute(num(calls.of)) };
  const noLimit = health.state === "unknown" ? words.unknownNow : words.noLimit;
  return { label: words.leftToday, text: sent > 0 ? words.both(noLimit, words.sent(size(sent))) : noLimit };
}

/** A moment to come as time and span; one that is near as its span alone. */
function next(atMs: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((atMs - now) / 1000));
  return seconds < 90 ? t().state.soon(span(seconds)) : t().accounts.next(clock(atMs, now), span(seconds));
}

function renews({ account: { health }, wait }: AccountRow, now: number): Fact {
  const { accounts: words } = t();
  const label = words.renews;
  if (wait?.reason === "quota") return { label, text: next(wait.until_ms, now) };
  const renewed = health.allowances.find((allowance) => allowance.renews_at_ms !== null);
  if (renewed?.renews_at_ms && !isOver(renewed, now)) return { label, text: next(renewed.renews_at_ms, now) };
  if (renewed?.what === "requests") return { label, text: words.minutely };
  if (health.state === "signed_out") return { label, text: words.byHand };
  if (health.allowances.some(hasCounts)) return { label, text: words.untold };
  if (health.renews) return { label, text: words.byItself };
  const lastsOn = health.valid_until_ms === null && health.credential !== "upload_token";
  return { label, text: lastsOn ? words.notNeeded : words.byHand };
}
