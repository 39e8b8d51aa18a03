/**
 * What the platforms offer the chosen accounts for the fields that they keep lists for, asked once for each account and field.
 *
 * No DOM. What could not be read is no fault of the form's: such a field is typed, and the product decides.
 */
import { effect, signal } from "@preact/signals-core";
import type { AccountId, Field, FieldChoice, Spec } from "../bindings";
import { backend, specOf } from "../app/world";
import { clock } from "../i18n/format";
import { fieldsOf } from "./fields";
import { chosenRows } from "./form";

interface Listed {
  choices: readonly FieldChoice[];
  /** When it was read, where the platform could not be asked again. */
  at_ms: number | null;
}
const known = signal<Readonly<Record<string, Listed>>>({});
const asked = new Set<string>();
/** Fields that are typed although there is a list. */
export const typed = signal<ReadonlySet<string>>(new Set());

const key = (account: AccountId, field: Field) => `${String(account)} ${field.name}`;

effect(() => {
  // An account that is taken out and chosen again is asked again.
  const chosen = new Set(chosenRows.value.map(({ account }) => String(account.id)));
  for (const name of asked) if (!chosen.has(name.split(" ")[0] ?? "") && known.peek()[name] === undefined) asked.delete(name);
  for (const { account } of chosenRows.value) {
    const spec = specOf(account.platform);
    for (const field of spec ? fieldsOf(spec) : []) if (field.listed) void ask(account.id, field);
  }
});

async function ask(account: AccountId, field: Field): Promise<void> {
  const name = key(account, field);
  if (asked.has(name)) return;
  asked.add(name);
  const learn = (listed: Listed) => (known.value = { ...known.value, [name]: listed });
  const wanted = { account, field: field.name };
  const kept = await backend().call("account_choices_kept", wanted).catch(() => null);
  const last = kept !== null && kept.at_ms !== null ? { choices: kept.choices, at_ms: kept.at_ms } : null;
  // What was offered last is there at once; only when the platform cannot be asked is its age said.
  if (last) learn({ ...last, at_ms: null });
  try {
    learn({ choices: await backend().call("account_choices", wanted), at_ms: null });
  } catch {
    if (last) learn(last); // otherwise it is typed
  }
}

const listsOf = (spec: Spec, field: Field) => (field.listed ? chosenRows.value.filter((row) => row.account.platform === spec.name).map((row) => known.value[key(row.account.id, field)]) : []);

/** When the oldest of the lists was read, in words, where a platform could not be asked again. */
export function ageOf(spec: Spec, field: Field): string | null {
  const times = listsOf(spec, field).flatMap((list) => list?.at_ms ?? []);
  return times.length > 0 ? clock(Math.min(...times)) : null;
}

/** What every chosen account of the platform may take; nothing while one of them is not known. */
export function offersOf(spec: Spec, field: Field): readonly FieldChoice[] {
  const lists = listsOf(spec, field).map((list) => list?.choices ?? []);
  const [first, ...others] = lists;
  return (first ?? []).filter((choice) => others.every((list) => list.some((other) => other.value === choice.value)));
}

export function toggleTyped(name: string): void {
  const next = new Set(typed.value);
  if (!next.delete(name)) next.add(name);
  typed.value = next;
}
