/**
 * Signing in on a platform's page: the browser is opened by the shell, and waited for where it comes back. No DOM.
 *
 * Invariant: what belongs to a sign-in that was called off or begun anew changes nothing; a code that is typed is forgotten when it is sent.
 */
import { signal } from "@preact/signals-core";
import type { AccountId, AccountRow, Failure } from "../bindings";
import { asFailure, type SignInShown } from "../backend/port";
import { say } from "../app/toast";
import { backend, loadAccounts } from "../app/world";
import { t } from "../i18n";

export interface Signing {
  account: AccountId;
  name: string;
  /** `null` while the browser is being opened. */
  page: SignInShown | null;
  code: string;
  finishing: boolean;
  failure: Failure | null;
}

export const signing = signal<Signing | null>(null);

/** Counts sign-ins, so that an answer is known to be of this one. */
let latest = 0;
const change = (of: number, part: Partial<Signing>) => {
  if (of === latest && signing.value) signing.value = { ...signing.value, ...part };
};

export async function signIn(row: AccountRow, name: string): Promise<void> {
  const { id } = row.account;
  const mine = (latest += 1);
  signing.value = { account: id, name, page: null, code: "", finishing: false, failure: null };
  try {
    const page = await backend().signIn(id);
    change(mine, { page });
    if (page.comes_back && mine === latest) await end(mine, null);
  } catch (thrown) {
    change(mine, { failure: asFailure(thrown), finishing: false });
  }
}

/** Waits for the browser, or ends with what was pasted. */
async function end(mine: number, pasted: string | null): Promise<void> {
  const of = signing.value;
  if (!of || mine !== latest) return;
  const { health } = await backend().call("account_sign_in_end", { account: of.account, pasted });
  if (mine !== latest) return;
  await loadAccounts();
  if (health.state === "ready") {
    latest += 1;
    signing.value = null;
    say({ text: t().accounts.checkedOk(of.name) });
  } else change(mine, { finishing: false, failure: health.cause });
}

export const setCode = (code: string) => change(latest, { code, failure: null });

export async function finish(): Promise<void> {
  const of = signing.value;
  if (!of || of.finishing || of.code.trim() === "") return;
  const mine = (latest += 1); // whoever waits for the browser is answered as if it were off
  signing.value = { ...of, code: "", finishing: true, failure: null };
  try {
    await end(mine, of.code);
  } catch (thrown) {
    change(mine, { finishing: false, failure: asFailure(thrown) });
  }
}

export function callOff(): void {
  const of = signing.value;
  latest += 1;
  signing.value = null;
  if (of) void backend().call("account_sign_in_cancel", of.account).catch(() => {});
}
