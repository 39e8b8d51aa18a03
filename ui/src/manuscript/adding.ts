/**
 * From the form to the queue.
 *
 * No DOM. Invariant: only pairs of a file and an account that nothing forbids are sent, and the button counts exactly these. What some account refuses stays
 * in the form, for that account.
 */
import { batch, signal } from "@preact/signals-core";
import type { AccountId } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { checks, forbids, request, settled } from "./checks";
import { others } from "./drafts";
import { chooseFiles } from "./files";
import { chosen, clear, files, forget, good, isEmpty, named, own } from "./form";

export const adding = signal(false);

export function newUpload(): void {
  screen.value = "manuscript";
  if (isEmpty() && others.value.length === 0) void chooseFiles();
}

interface Group {
  accounts: AccountId[];
  files: number[];
  /** Accounts that refuse these files. */
  refusing: AccountId[];
}

/** Files that go to the same accounts, together. */
function groups(): Group[] {
  const found = new Map<string, Group>();
  const known = new Map(checks.value.map((check) => [`${check.file} ${check.account}`, check]));
  for (const { file } of good.value) {
    const takes = (account: AccountId) => known.get(`${file} ${account}`)?.findings.some(forbids) === false;
    const takers = request.value.accounts.filter(takes);
    const group = found.get(takers.join()) ?? { accounts: takers, files: [], refusing: request.value.accounts.filter((account) => !takes(account)) };
    group.files.push(file);
    found.set(takers.join(), group);
  }
  return [...found.values()];
}

/** Adds every pair that nothing forbids, once the last change has been looked at. */
export async function add(): Promise<void> {
  if (adding.value || request.value.files.length === 0) return;
  adding.value = true;
  await settled();
  const form = request.value;
  let added = 0;
  const [gone, left] = [new Set<number>(), new Set<AccountId>()];
  try {
    for (const { accounts, files, refusing } of groups()) {
      if (accounts.length > 0) added += (await backend().call("manuscripts_add", { ...form, accounts, files, numbers: files.map((file) => form.files.indexOf(file) + 1), keep: refusing.length > 0 })).uploads.length;
      for (const account of refusing) left.add(account);
      if (refusing.length === 0) for (const file of files) gone.add(file);
    }
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  } finally {
    adding.value = false;
  }
  batch(() => {
    files.value = files.value.filter(({ file }) => !gone.has(file));
    own.value = new Map([...own.value].filter(([file]) => !gone.has(file)));
    if (good.value.length > 0 && left.size > 0) chosen.value = left;
  });
  if (added === 0) return;
  if (files.value.length === 0) {
    forget(named());
    clear();
    screen.value = "queue";
  }
  say({ text: t().toast.added(added) });
}
