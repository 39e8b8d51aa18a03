/** The speed limit for all uploads, and the turtle that stands for a low one. */
import { computed, signal } from "@preact/signals-core";
import { openMenu } from "../app/menu";
import { say } from "../app/toast";
import { backend, looks, sayThrown, setLooks, summary } from "../app/world";
import { t } from "../i18n";
import { rate } from "../i18n/format";

const MB = 1_000_000;
/** Slow enough that a call or a stream is not disturbed. */
export const TURTLE = 500_000;
const CHOICES = [1, 2, 5, 10, 20, 50, 100].map((n) => n * MB);

/** Whether the form for another limit is open. */
export const askLimit = signal(false);
const limit = computed(() => summary.value?.limit_bytes_per_second ?? null);
export const isTurtle = computed(() => limit.value === TURTLE);

export async function setLimit(bytes_per_second: number | null): Promise<void> {
  try {
    const set = await backend().call("limit_set", { bytes_per_second });
    if (summary.value) summary.value = { ...summary.value, limit_bytes_per_second: set.bytes_per_second };
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export async function toggleTurtle(): Promise<void> {
  if (isTurtle.value) return setLimit(looks.value.limit_before_turtle);
  await setLooks({ limit_before_turtle: limit.value });
  await setLimit(TURTLE);
}

export function limitMenu(event: Event): void {
  const { head } = t();
  const own = limit.value !== null && limit.value !== TURTLE && !CHOICES.includes(limit.value) ? [limit.value] : [];
  const item = (value: number | null) => ({ label: value === null ? head.noLimit : rate(value), checked: limit.value === value, run: () => void setLimit(value) });
  openMenu(
    event.currentTarget as HTMLElement,
    head.limitMenu,
    [item(null), ...[TURTLE, ...CHOICES, ...own].sort((a, b) => a - b).map(item), null, { label: head.limitOther, run: () => (askLimit.value = true) }],
    head.limitWins,
  );
}
