/** Speed limits: for all uploads, with the turtle, a low one at hand; for an account; for an upload. Which of them holds is the engine's to say. */
import { computed, signal } from "@preact/signals-core";
import type { AccountId, Speed, UploadId, UploadRow } from "../bindings";
import { commandKey } from "../app/keys";
import { type MenuItem, openMenu } from "../app/menu";
import { say } from "../app/toast";
import { accounts, backend, loadAccounts, network, sayThrown, specOf, summary } from "../app/world";
import { t } from "../i18n";
import { rate } from "../i18n/format";

const MB = 1_000_000;
export const CHOICES = [1, 2, 5, 10, 20, 50, 100].map((n) => n * MB);

/** What a limit is for. */
export type LimitOf = { of: "all" } | { of: "account"; account: AccountId; name: string } | { of: "upload"; upload: UploadId; name: string };

/** What the form for another limit is open for. */
export const askLimit = signal<LimitOf | null>(null);
export const speed = computed<Speed | null>(() => summary.value?.speed ?? null);
export const isTurtle = computed(() => speed.value?.turtle.on ?? false);
/** What is obeyed now; `null` is none. */
export const inForce = computed(() => speed.value?.in_force?.bytes_per_second ?? null);

async function take(asked: Promise<Speed>): Promise<void> {
  try {
    const now = await asked;
    if (summary.value) summary.value = { ...summary.value, speed: now };
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export const setLimit = (bytes_per_second: number | null) =>
  take(
    backend()
      .call("limit_set", { bytes_per_second })
      .then(() => backend().call("speed", {})),
  );

export async function setLimitOf(of: LimitOf, bytes_per_second: number | null): Promise<void> {
  if (of.of === "all") return setLimit(bytes_per_second);
  try {
    if (of.of === "account") {
      await backend().call("account_limit_set", { account: of.account, bytes_per_second });
      await loadAccounts();
    } else await backend().call("uploads_limit_set", { uploads: { ids: [of.upload], all: false }, bytes_per_second });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
export const setTurtle = (change: { on?: boolean; bytes_per_second?: number }) => take(backend().call("turtle_set", { on: null, bytes_per_second: null, ...change }));
export const toggleTurtle = () => setTurtle({ on: !isTurtle.value });

/** 'Now 500 kB/s: the turtle is on.' */
export function limitReason({ in_force, headroom }: Speed): string {
  const { reason } = t().head;
  if (headroom !== null && headroom < (in_force?.bytes_per_second ?? Number.POSITIVE_INFINITY)) return reason.headroom(rate(headroom));
  return in_force === null ? reason.none : reason[in_force.by](rate(in_force.bytes_per_second));
}

function choicesOf(of: LimitOf, value: number | null): MenuItem[] {
  const choices = [...new Set([...CHOICES, ...(value === null ? [] : [value])])].sort((a, b) => a - b);
  return [null, ...choices].map((one) => ({ label: one === null ? t().head.noLimit : rate(one), checked: one === value, run: () => void setLimitOf(of, one) }));
}

/** Of one account or one upload: what it may have of its own. */
export function limitMenuOf(of: LimitOf, value: number | null, place: HTMLElement | { x: number; y: number }, opener?: HTMLElement): void {
  const { head } = t();
  const other: MenuItem = { label: head.limitOther, run: () => (askLimit.value = of) };
  openMenu(place, head.limitMenuOf(of.of === "all" ? "" : of.name), [...choicesOf(of, value), null, other], of.of === "account" ? head.limitAccountNote : head.limitUploadNote, opener);
}

export function limitMenu(event: Event): void {
  const now = speed.peek();
  if (!now) return;
  const { head } = t();
  const of: LimitOf = { of: "all" };
  const turtle: MenuItem = { label: head.turtle(rate(now.turtle.bytes_per_second)), checked: now.turtle.on, keys: commandKey("Shift T"), run: () => void toggleTurtle() };
  openMenu(event.currentTarget as HTMLElement, head.limitMenu, [...choicesOf(of, now.limit_bytes_per_second), null, turtle, { label: head.limitOther, run: () => (askLimit.value = of) }], limitReason(now));
}

/** Every limit that holds for an upload, the lowest first: that one wins. */
export function limitsOf(row: UploadRow): string[] {
  const { limits } = t().drawer;
  const account = accounts.value.find((one) => one.account.id === row.account)?.limit_bytes_per_second ?? null;
  const rule = specOf(row.platform)?.remote === false ? null : network.value?.verdict.rule;
  const all: [number | null, (limit: string) => string][] = [
    [row.live.limit_bytes_per_second, limits.upload],
    [account, limits.account],
    [rule?.do === "cap" ? rule.bytes_per_second : null, limits.network],
    [inForce.value, limits.all],
  ];
  return all
    .flatMap(([value, word]) => (value === null ? [] : [{ value, word: word(rate(value)) }]))
    .sort((a, b) => a.value - b.value)
    .map(({ word }) => word);
}
