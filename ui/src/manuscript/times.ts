/**
 * When the uploads of this form start, before which others, whether they go together, and whether once more. No DOM.
 *
 * The time to publish is a field of the manuscript and lies with the others.
 */
import { batch, signal } from "@preact/signals-core";
import type { NewManuscripts, Priority } from "../bindings";

export const hold = signal(false);
export const priority = signal<Priority>("normal");
/** Upload even where the same file went to the same account before. */
export const again = signal(false);
/** Not before; `null`: at once. */
export const startAtMs = signal<number | null>(null);
/** All are submitted when the last is ready. */
export const together = signal(false);

type Times = Pick<NewManuscripts, "hold" | "priority" | "again" | "start_at_ms" | "together">;

export const times = (): Times => ({ hold: hold.value, priority: priority.value, again: again.value, start_at_ms: startAtMs.value, together: together.value });

export function setTimes(to: Times = { hold: false, priority: "normal", again: false, start_at_ms: null, together: false }): void {
  batch(() => {
    [hold.value, priority.value, again.value, startAtMs.value, together.value] = [to.hold, to.priority ?? "normal", to.again, to.start_at_ms, to.together];
  });
}
