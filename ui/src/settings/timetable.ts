/** The timetable of the week as it is painted: by a drag over hours, or by keys. No DOM. */
import { batch, computed, effect, signal } from "@preact/signals-core";
import type { Level, Timetable } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen, summary } from "../app/world";

export const LEVELS: readonly Level[] = ["full", "cap", "turtle", "off"];
export const DAYS = 7;
export const HOURS = 24;

/** `null` until it is known. */
export const timetable = signal<Timetable | null>(null);
export const brush = signal<Level>("cap");

export interface Hour {
  /** From Monday, 0 to 6. */
  day: number;
  hour: number;
}
/** Where the keys are, and where the marked rectangle began. */
export const at = signal<Hour>({ day: 0, hour: 9 });
const from = signal<Hour>({ day: 0, hour: 9 });
/** A drag is under way: what is marked is shown as it would be. */
export const dragging = signal(false);

export const isMarked = ({ day, hour }: Hour): boolean => {
  const [a, b] = [from.value, at.value];
  return day >= Math.min(a.day, b.day) && day <= Math.max(a.day, b.day) && hour >= Math.min(a.hour, b.hour) && hour <= Math.max(a.hour, b.hour);
};

export const levelAt = (of: Hour): Level => (dragging.value && isMarked(of) ? brush.value : (timetable.value?.week[of.day * HOURS + of.hour] ?? "full"));

async function take(asked: Promise<Timetable>): Promise<void> {
  try {
    timetable.value = await asked;
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** What is in force changes with the hour, and the command line may have painted meanwhile. */
const inForce = computed(() => JSON.stringify(summary.value?.speed.timetable ?? null));
effect(() => {
  void inForce.value;
  if (screen.value === "settings") void take(backend().call("timetable", {}));
});

export const setCap = (cap_bytes_per_second: number) => take(backend().call("timetable_set", { week: null, cap_bytes_per_second }));

/** Paints what is marked. */
export function paint(): Promise<void> {
  const before = timetable.peek();
  if (!before) return Promise.resolve();
  const week = before.week.map((level, n) => (isMarked({ day: Math.floor(n / HOURS), hour: n % HOURS }) ? brush.peek() : level));
  timetable.value = { ...before, week, hours: null };
  return take(backend().call("timetable_set", { week, cap_bytes_per_second: null }));
}

export function begin(of: Hour): void {
  batch(() => {
    from.value = of;
    at.value = of;
    dragging.value = true;
  });
}
export function extend(of: Hour): void {
  if (dragging.peek() && (of.day !== at.peek().day || of.hour !== at.peek().hour)) at.value = of;
}
export function end(): void {
  if (!dragging.peek()) return;
  batch(() => {
    dragging.value = false;
    void paint();
  });
}
export const giveUp = () => {
  dragging.value = false;
};

/** Moves the present hour; with `extends` the marked rectangle grows. */
export function move(days: number, hours: number, grows: boolean): void {
  const { day, hour } = at.peek();
  const clamp = (n: number, most: number) => Math.max(0, Math.min(most - 1, n));
  batch(() => {
    at.value = { day: clamp(day + days, DAYS), hour: clamp(hour + hours, HOURS) };
    if (!grows) from.value = at.value;
  });
}
