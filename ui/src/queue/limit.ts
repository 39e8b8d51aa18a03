/** The speed limit for all uploads, and the turtle, a low one at hand. Which of them holds is the engine's to say. */
import { computed, signal } from "@preact/signals-core";
import type { Speed } from "../bindings";
import { type MenuItem, openMenu } from "../app/menu";
import { say } from "../app/toast";
import { backend, sayThrown, summary } from "../app/world";
import { t } from "../i18n";
import { rate } from "../i18n/format";

const MB = 1_000_000;
export const CHOICES = [1, 2, 5, 10, 20, 50, 100].map((n) => n * MB);

/** Whether the form for another limit is open. */
export const askLimit = signal(false);
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
export const setTurtle = (change: { on?: boolean; bytes_per_second?: number }) => take(backend().call("turtle_set", { on: null, bytes_per_second: null, ...change }));
export const toggleTurtle = () => setTurtle({ on: !isTurtle.value });

/** 'Now 500 kB/s: the turtle is on.' */
export function limitReason({ in_force }: Speed): string {
  const { reason } = t().head;
  return in_force === null ? reason.none : reason[in_force.by](rate(in_force.bytes_per_second));
}

export function limitMenu(event: Event): void {
  const now = speed.peek();
  if (!now) return;
  const { head } = t();
  const hand = now.limit_bytes_per_second;
  const choices = [...new Set([...CHOICES, ...(hand === null ? [] : [hand])])].sort((a, b) => a - b);
  const item = (value: number | null): MenuItem => ({ label: value === null ? head.noLimit : rate(value), checked: hand === value, run: () => void setLimit(value) });
  const turtle: MenuItem = { label: head.turtle(rate(now.turtle.bytes_per_second)), checked: now.turtle.on, keys: "Ctrl Shift T", run: () => void toggleTurtle() };
  openMenu(event.currentTarget as HTMLElement, head.limitMenu, [item(null), ...choices.map(item), null, turtle, { label: head.limitOther, run: () => (askLimit.value = true) }], limitReason(now));
}
