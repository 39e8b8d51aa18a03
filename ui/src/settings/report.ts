/** The report for support: made, shown, and only then saved. No DOM. */
import { signal } from "@preact/signals-core";
import type { Report } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown } from "../app/world";
import { t } from "../i18n";

/** Without names of files and folders; another choice makes another report. */
export const withoutNames = signal(true);
/** What is shown; `null` before one is made. */
export const report = signal<Report | null>(null);
export const isMaking = signal(false);

export async function make(): Promise<void> {
  if (isMaking.peek()) return;
  isMaking.value = true;
  try {
    report.value = await backend().call("report", { names: !withoutNames.peek() });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  } finally {
    isMaking.value = false;
  }
}

export function close(): void {
  report.value = null;
}

export function setWithoutNames(on: boolean): void {
  withoutNames.value = on;
  if (report.peek()) void make();
}

export async function save(): Promise<void> {
  const shown = report.peek();
  if (!shown) return;
  try {
    if (await backend().saveReport(shown.number)) say({ text: t().settings.report.saved });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
