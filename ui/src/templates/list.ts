/**
 * Many manuscripts out of a list: looked at first, added when the user says so.
 *
 * No DOM. What is chosen in the form holds where a row says nothing; its title does not, since that is one video's.
 */
import { signal } from "@preact/signals-core";
import type { ListImported, OfferedFile } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { asked, platforms } from "../manuscript/form";

export interface Importing {
  list: OfferedFile;
  /** `null` while it is looked at. */
  found: ListImported | null;
  failed: string | null;
  busy: boolean;
}
export const importing = signal<Importing | null>(null);

export async function chooseList(): Promise<void> {
  try {
    const [list] = await backend().pickFiles("list");
    if (!list) return;
    importing.value = { list, found: null, failed: list.cause ? sayThrown(list.cause) : null, busy: !list.cause };
    if (!list.cause) await ask(true);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

async function ask(check_only: boolean): Promise<ListImported | null> {
  const of = importing.value;
  if (!of) return null;
  importing.value = { ...of, busy: true, failed: null };
  try {
    const { title: _one, ...fields } = asked([]).fields;
    const found = await backend().call("manuscripts_import", { list: of.list.file, with: { ...asked([]), fields }, check_only });
    if (importing.value?.list === of.list) importing.value = { ...of, found, busy: false };
    return found;
  } catch (thrown) {
    if (importing.value?.list === of.list) importing.value = { ...of, failed: sayThrown(thrown), busy: false };
    return null;
  }
}

/** Adds the good rows. The dialog stays while there are others to read about. */
export async function addList(): Promise<void> {
  const added = await ask(false);
  if (!added) return;
  say({ text: t().toast.added(added.uploads.length) });
  if (added.bad.length === 0) closeList();
  screen.value = "queue";
}

export function closeList(): void {
  const of = importing.value;
  importing.value = null;
  if (of) void backend().call("files_forget", [of.list.file]).catch(() => {});
}

/** An empty list with the columns of the chosen platforms. The mark at its head tells spreadsheets how it is written. */
export async function saveHeader(): Promise<void> {
  try {
    const header = await backend().call("list_header", platforms.value.map(({ name }) => name));
    await backend().saveText("slipway-list.csv", `\ufeff${header}`);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
