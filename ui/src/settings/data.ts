/** Where everything lies, and the settings as one file. No DOM. */
import { effect, signal } from "@preact/signals-core";
import type { Failure, SettingsImported } from "../bindings";
import { asFailure } from "../backend/port";
import { say } from "../app/toast";
import { backend, loadAccounts, sayThrown, screen } from "../app/world";
import { t } from "../i18n";

/** For display only; `null` until it is known. */
export const folder = signal<string | null>(null);

export interface Import {
  file: number;
  name: string;
  told: SettingsImported;
  busy: boolean;
  failure: Failure | null;
}

/** A file whose settings may be taken. */
export const importing = signal<Import | null>(null);
/** Why a file was refused, until another is chosen. */
export const refused = signal<string | null>(null);

const told = (thrown: unknown) => say({ text: sayThrown(thrown) });

effect(() => {
  if (screen.value !== "settings") return;
  refused.value = null;
  backend()
    .call("data_folder", {})
    .then((path) => (folder.value = path), told);
});

export const openFolder = () => backend().openDataFolder().catch(told);

export async function exportSettings(): Promise<void> {
  try {
    const saved = await backend().saveText("slipway-settings.json", await backend().call("settings_export", {}));
    if (saved) say({ text: t().settings.data.exported });
  } catch (thrown) {
    told(thrown);
  }
}

/** Says what a file would change. Nothing is changed so far. */
export async function chooseFile(): Promise<void> {
  refused.value = null;
  try {
    const [file] = await backend().pickFiles("settings");
    if (!file) return;
    try {
      const found = await backend().call("settings_import", { file: file.file, apply: false });
      importing.value = { file: file.file, name: file.name, told: found, busy: false, failure: null };
    } catch (thrown) {
      void backend().call("files_forget", [file.file]);
      throw thrown;
    }
  } catch (thrown) {
    refused.value = sayThrown(thrown);
  }
}

export function callOff(): void {
  const of = importing.peek();
  if (!of || of.busy) return;
  importing.value = null;
  void backend().call("files_forget", [of.file]);
}

export async function take(): Promise<void> {
  const of = importing.peek();
  if (!of || of.busy) return;
  importing.value = { ...of, busy: true, failure: null };
  try {
    await backend().call("settings_import", { file: of.file, apply: true });
    importing.value = null;
    say({ text: t().settings.data.taken });
    void backend().call("files_forget", [of.file]);
    await loadAccounts();
  } catch (thrown) {
    importing.value = { ...of, busy: false, failure: asFailure(thrown) };
  }
}
