/** What is told on the desktop, and when not, as the settings have it. No DOM. */
import { effect, signal } from "@preact/signals-core";
import type { NoticeChoices, NoticeKind } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";

/** The most pressing first. */
export const KINDS: readonly NoticeKind[] = ["needs_you", "refused", "waits", "done", "published"];

/** `null` until they are known. */
export const choices = signal<NoticeChoices | null>(null);
/** Quiet hours that were typed and refused: they stay in the field. */
export const refusedQuiet = signal<{ text: string; why: string } | null>(null);

async function load(): Promise<void> {
  try {
    choices.value = await backend().call("notice_choices", {});
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** The command line or an import may have set them meanwhile. */
effect(() => {
  if (screen.value === "settings") void load();
});

export async function setKind(kind: NoticeKind, told: boolean): Promise<void> {
  const known = choices.peek();
  if (!known) return;
  const off = known.off.filter((one) => one !== kind);
  try {
    choices.value = await backend().call("notice_choices_set", { ...known, off: told ? off : [...off, kind] });
  } catch (thrown) {
    choices.value = { ...known };
    say({ text: sayThrown(thrown) });
  }
}

/** Empty: at no hour. */
export async function setQuiet(text: string): Promise<void> {
  const known = choices.peek();
  if (!known) return;
  try {
    choices.value = await backend().call("notice_choices_set", { ...known, quiet: text.trim() === "" ? null : text });
    refusedQuiet.value = null;
  } catch (thrown) {
    refusedQuiet.value = { text, why: sayThrown(thrown) };
  }
}
