/** Files on their way into the form and out of it: from the dialog, a drop or an address. No DOM. */
import { signal } from "@preact/signals-core";
import type { OfferedFile } from "../bindings";
import { say } from "../app/toast";
import { accounts, backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { titleFromFile } from "./fields";
import { chosen, cover, files, usable } from "./form";

/** An address that is being written; `null` while nobody writes one. */
export const address = signal<string | null>(null);

export function offer(more: readonly OfferedFile[]): void {
  const known = new Set(files.value.map((file) => file.file));
  const added = more.filter((file) => !known.has(file.file) && file.file !== cover.value?.file);
  if (added.length === 0) return;
  files.value = [...files.value, ...added];
  if (chosen.value.size === 0) chosen.value = new Set(accounts.value.length === 1 ? accounts.value.filter(usable).map((row) => row.account.id) : []);
  titleFromFile();
  screen.value = "manuscript";
}

export async function chooseFiles(): Promise<void> {
  try {
    offer(await backend().pickFiles("video"));
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** Takes the address that was written as a file that is online. */
export async function takeAddress(): Promise<void> {
  const written = address.value?.trim() ?? "";
  if (written === "") return;
  try {
    const [file] = await backend().call("addresses_offer", [written]);
    if (!file) return;
    if (file.cause) {
      say({ text: sayThrown(file.cause) });
      void backend().call("files_forget", [file.file]).catch(() => {});
    } else {
      address.value = null;
      offer([file]);
    }
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export function newUpload(): void {
  screen.value = "manuscript";
  if (files.value.length === 0) void chooseFiles();
}

export function leaveOut(file: OfferedFile): void {
  files.value = files.value.filter((one) => one.file !== file.file);
  titleFromFile();
  say({
    text: t().compose.leftOut(file.name),
    undo: () => offer([file]),
    end: () => void backend().call("files_forget", [file.file]).catch(() => {}),
  });
}
