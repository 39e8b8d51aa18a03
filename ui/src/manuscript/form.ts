/**
 * What is in the form for new uploads: files, accounts, values by field name, a cover.
 *
 * No DOM, and nothing is asked of anybody here. A value is common under its field's name, and a platform's own under `platform.field`.
 */
import { computed, signal } from "@preact/signals-core";
import type { AccountId, AccountRow, OfferedFile, Spec } from "../bindings";
import { accounts, backend, specOf } from "../app/world";

export const files = signal<readonly OfferedFile[]>([]);
export const chosen = signal<ReadonlySet<AccountId>>(new Set());
export const values = signal<Readonly<Record<string, string>>>({});
export const cover = signal<OfferedFile | null>(null);
/** Upload even where the same file went to the same account before. */
export const again = signal(false);
/** Names of values that somebody has been at. */
export const touched = signal<ReadonlySet<string>>(new Set());

export const good = computed(() => files.value.filter((file) => file.cause === null));
export const several = computed(() => good.value.length > 1);
export const usable = (row: AccountRow) => row.account.health.state !== "signed_out";
export const chosenRows = computed(() => accounts.value.filter((row) => chosen.value.has(row.account.id)));
/** Platforms of the chosen accounts, each once. */
export const platforms = computed<Spec[]>(() => [...new Set(chosenRows.value.map((row) => row.account.platform))].flatMap((name) => specOf(name) ?? []));

export function choose(id: AccountId, is: boolean): void {
  const next = new Set(chosen.value);
  if (is) next.add(id);
  else next.delete(id);
  chosen.value = next;
}

export const touch = (name: string) => {
  if (!touched.value.has(name)) touched.value = new Set([...touched.value, name]);
};

export const forget = (gone: readonly OfferedFile[]) => {
  if (gone.length > 0) void backend().call("files_forget", gone.map((file) => file.file)).catch(() => {});
};
