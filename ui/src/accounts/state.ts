/** Accounts: the form for a new or a changed one, checks, removal. No DOM. Secrets stay in the form's draft until they are sent, and are forgotten then. */
import { computed, effect, signal, untracked } from "@preact/signals-core";
import type { AccountId, AccountRow, Failure, Field, Spec } from "../bindings";
import { asFailure } from "../backend/port";
import { say } from "../app/toast";
import { accounts, backend, loadAccounts, platformLabel, sayThrown, screen, specOf, specs, start } from "../app/world";
import { fault, type Fault } from "../form/check";
import { t } from "../i18n";

export interface Draft {
  /** `null` for a new account. */
  account: AccountId | null;
  platform: string;
  label: string;
  settings: Record<string, string>;
  secrets: Record<string, string>;
  /** Whether somebody tried to send it: then what is missing is said. */
  tried: boolean;
  busy: boolean;
  failure: Failure | null;
}

export const draft = signal<Draft | null>(null);
export const removing = signal<AccountRow | null>(null);
/** The account that gets another name, and the name so far. */
export const renaming = signal<{ row: AccountRow; label: string; failure: Failure | null } | null>(null);
export const checking = signal<ReadonlySet<AccountId>>(new Set());

export const draftSpec = computed<Spec | undefined>(() => (draft.value ? specOf(draft.value.platform) : undefined));
export const rowOf = (id: AccountId) => accounts.peek().find((row) => row.account.id === id);
export const nameOf = (row: AccountRow) => t().who(platformLabel(row.account.platform), row.account.label);

const change = (part: Partial<Draft>) => {
  if (draft.value) draft.value = { ...draft.value, ...part };
};
export const setLabel = (label: string) => change({ label, failure: null });
export const setSetting = (name: string, value: string) => change({ settings: { ...draft.value?.settings, [name]: value }, failure: null });
export const setSecret = (name: string, value: string) => change({ secrets: { ...draft.value?.secrets, [name]: value }, failure: null });

const defaults = (spec: Spec | undefined): Record<string, string> => {
  const values: Record<string, string> = {};
  for (const field of spec?.settings ?? []) {
    if (field.kind === "folder") values[field.name] = start.peek()?.suggested_folder ?? "";
    else if (field.default !== null) values[field.name] = field.default;
  }
  return values;
};

/** A free name: the platform's own, then with a number. */
function freeLabel(platform: string): string {
  const taken = new Set(accounts.peek().map((row) => row.account.label));
  const base = platformLabel(platform);
  for (let n = 1; ; n += 1) {
    const label = n === 1 ? base : `${base} ${n}`;
    if (!taken.has(label)) return label;
  }
}

export function choosePlatform(platform: string): void {
  const spec = specOf(platform);
  draft.value = { account: null, platform, label: freeLabel(platform), settings: defaults(spec), secrets: {}, tried: false, busy: false, failure: null };
}

export function addAccount(): void {
  screen.value = "accounts";
  const first = specs.value[0];
  if (first) choosePlatform(first.name);
}

export function editAccount(id: AccountId): void {
  const row = accounts.value.find((one) => one.account.id === id);
  if (!row) return;
  screen.value = "accounts";
  const { platform, label, settings } = row.account;
  draft.value = { account: id, platform, label, settings: { ...defaults(specOf(platform)), ...settings }, secrets: {}, tried: false, busy: false, failure: null };
}

export const closeDraft = () => {
  draft.value = null;
};

export function settingFault(field: Field, of: Draft): Fault | null {
  return fault(field, of.settings[field.name] ?? "", (name) => of.settings[name] ?? "");
}
/** A stored secret is never shown; an empty field of a known account keeps it. */
export function secretFault(field: Field, of: Draft): Fault | null {
  return of.account !== null && (of.secrets[field.name] ?? "") === "" ? null : fault(field, of.secrets[field.name] ?? "", () => "");
}
export function labelFault(of: Pick<Draft, "label" | "account">): "needed" | "taken" | null {
  if (of.label.trim() === "") return "needed";
  return accounts.value.some((row) => row.account.label === of.label.trim() && row.account.id !== of.account) ? "taken" : null;
}

const filled = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

/** Only what differs from what the account has or the platform takes anyway. */
function changedSettings(of: Draft, spec: Spec): Record<string, string> {
  const known = accounts.peek().find((row) => row.account.id === of.account)?.account.settings ?? {};
  const changed: Record<string, string> = {};
  for (const field of spec.settings) {
    const value = of.settings[field.name] ?? "";
    const before = known[field.name];
    if (value === (before ?? "") || (before === undefined && value === (field.default ?? ""))) continue;
    changed[field.name] = value;
  }
  return changed;
}

export async function sendDraft(): Promise<boolean> {
  const of = draft.value;
  const spec = draftSpec.value;
  if (!of || !spec || of.busy) return false;
  const faults = [...spec.settings.map((field) => settingFault(field, of)), ...spec.secrets.map((field) => secretFault(field, of))];
  if (labelFault(of) !== null || faults.some((found) => found !== null)) {
    change({ tried: true });
    return false;
  }
  change({ busy: true, failure: null });
  try {
    if (of.account === null) {
      await backend().call("account_add", { platform: of.platform, label: of.label.trim(), settings: filled(changedSettings(of, spec)), secrets: filled(of.secrets), check: true });
    } else {
      await backend().call("account_set", { account: of.account, label: of.label.trim(), settings: changedSettings(of, spec), secrets: filled(of.secrets) });
      await backend().call("account_check", of.account);
    }
    draft.value = null;
    await loadAccounts();
    if (of.account === null) say({ text: t().toast.accountAdded(of.label.trim()) });
    return true;
  } catch (thrown) {
    change({ busy: false, tried: true, failure: asFailure(thrown) });
    return false;
  }
}

export async function check(row: AccountRow, tell = true): Promise<void> {
  const { id } = row.account;
  checking.value = new Set([...checking.value, id]);
  try {
    const { health } = await backend().call("account_check", id);
    await loadAccounts();
    if (tell && health.state === "ready") say({ text: t().accounts.checkedOk(nameOf(row)) });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  } finally {
    checking.value = new Set([...checking.value].filter((one) => one !== id));
  }
}
export const checkAll = () => Promise.all(accounts.value.map((row) => check(row, false)));

export async function rename(): Promise<void> {
  const of = renaming.value;
  if (!of || labelFault({ label: of.label, account: of.row.account.id }) !== null) return;
  try {
    await backend().call("account_set", { account: of.row.account.id, label: of.label.trim(), settings: {}, secrets: {} });
    renaming.value = null;
    await loadAccounts();
  } catch (thrown) {
    renaming.value = { ...of, failure: asFailure(thrown) };
  }
}

export const openFolder = (row: AccountRow) => backend().openFolder(row.account.id).catch((thrown: unknown) => say({ text: sayThrown(thrown) }));

/** What was left may be old by now: accounts that tell of it are asked again when they come up, or new uploads do. One that waits is left in peace. */
const STALE_MS = 10 * 60_000;
export async function refresh(): Promise<void> {
  await loadAccounts();
  const old = (at: number | null) => at !== null && Date.now() - at > STALE_MS;
  const stale = accounts.peek().filter(({ account: { health }, wait }) => health.state === "ready" && wait === null && health.allowances.length > 0 && old(health.checked_at_ms));
  await Promise.all(stale.map((row) => check(row, false)));
}
effect(() => {
  if (screen.value === "accounts" || screen.value === "manuscript") untracked(() => void refresh().catch(() => {}));
});

export async function removeAccount(row: AccountRow): Promise<void> {
  removing.value = null;
  try {
    await backend().call("account_remove", row.account.id);
    await loadAccounts();
    say({ text: t().toast.accountRemoved(nameOf(row)) });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
