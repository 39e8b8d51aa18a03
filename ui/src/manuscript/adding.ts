/**
 * From the form to the queue, or away.
 *
 * No DOM. Invariant: only pairs of a file and an account that nothing forbids are sent, and the button counts exactly these.
 */
import { signal } from "@preact/signals-core";
import type { AccountId } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { addable, checking, checks, forbids, request } from "./checks";
import { forgetTitle } from "./fields";
import { chooseFiles } from "./files";
import { again, chosen, cover, files, forget, good, several, touched, values } from "./form";
import { hold, priority } from "./times";

export const adding = signal(false);

export function newUpload(): void {
  screen.value = "manuscript";
  if (files.value.length === 0) void chooseFiles();
}

export function discard(): void {
  const before = { files: files.value, values: values.value, cover: cover.value, chosen: chosen.value };
  clear();
  screen.value = "queue";
  if (before.files.length === 0) return;
  say({
    text: t().compose.discarded,
    undo: () => {
      [files.value, values.value, cover.value, chosen.value] = [before.files, before.values, before.cover, before.chosen];
      screen.value = "manuscript";
    },
    end: () => forget([...before.files, ...(before.cover ? [before.cover] : [])]),
  });
}

function clear(): void {
  files.value = [];
  values.value = {};
  cover.value = null;
  touched.value = new Set();
  checks.value = [];
  [again.value, hold.value, priority.value] = [false, false, "normal"];
  forgetTitle();
}

/** Adds every pair that nothing forbids. Files that no account takes stay in the form. */
export async function add(): Promise<void> {
  if (adding.value || checking.value || addable.value === 0) return;
  const groups = new Map<string, { accounts: AccountId[]; files: number[] }>();
  const known = new Map(checks.value.map((check) => [`${check.file} ${check.account}`, check]));
  for (const { file } of good.value) {
    const takers = request.value.accounts.filter((account) => known.get(`${file} ${account}`)?.findings.some(forbids) === false);
    if (takers.length === 0) continue;
    const group = groups.get(takers.join()) ?? { accounts: takers, files: [] };
    group.files.push(file);
    groups.set(takers.join(), group);
  }
  adding.value = true;
  let added = 0;
  const gone = new Set<number>();
  try {
    for (const group of groups.values()) {
      const title = several.value ? {} : { title: values.value.title ?? "" };
      const answer = await backend().call("manuscripts_add", { ...request.value, fields: { ...request.value.fields, ...title }, ...group });
      added += answer.uploads.length;
      for (const file of group.files) gone.add(file);
    }
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  } finally {
    adding.value = false;
  }
  files.value = files.value.filter((file) => !gone.has(file.file));
  if (added === 0) return;
  if (files.value.length === 0) {
    forget(cover.value ? [cover.value] : []);
    clear();
    screen.value = "queue";
  }
  say({ text: t().toast.added(added) });
}
