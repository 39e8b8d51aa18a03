/** The hours of the day in which bytes move, which are a timetable too. No DOM. */
import { effect, signal } from "@preact/signals-core";
import type { Hours } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";
import { timetable } from "./timetable";

/** `null` until they are known. */
export const hours = signal<Hours | null>(null);
/** What was typed and refused: it stays in the field. */
export const refused = signal<{ text: string; why: string } | null>(null);

async function load(): Promise<void> {
  try {
    hours.value = await backend().call("hours", {});
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** The command line may have set them meanwhile. */
effect(() => {
  if (screen.value === "settings") void load();
});

/** Of all accounts that have none of their own; empty: at any hour. */
export async function setHours(text: string): Promise<void> {
  try {
    hours.value = await backend().call("hours_set", { account: null, hours: text.trim() === "" ? null : text });
    refused.value = null;
    timetable.value = await backend().call("timetable", {});
  } catch (thrown) {
    refused.value = { text, why: sayThrown(thrown) };
  }
}
