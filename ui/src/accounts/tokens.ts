/** Upload tokens that an account hands out: listed, made, copied, deleted. No DOM. They are kept here while their dialog is open, and nowhere else. */
import { signal } from "@preact/signals-core";
import type { AccountId, AccountRow, Failure, UploadTokenRow } from "../bindings";
import { asFailure } from "../backend/port";
import { copy } from "../app/copy";
import { say } from "../app/toast";
import { backend } from "../app/world";
import { t } from "../i18n";

/** Lives that are offered, in seconds; 0: until it is deleted. */
export const LIVES = ["3600", "86400", "604800", "2592000", "0"] as const;

export interface Tokens {
  account: AccountId;
  name: string;
  /** `null` until the platform has answered. */
  rows: readonly UploadTokenRow[] | null;
  life: string;
  busy: boolean;
  /** Asked whether it shall go for good. */
  deleting: string | null;
  failure: Failure | null;
}

export const tokens = signal<Tokens | null>(null);
const change = (part: Partial<Tokens>) => {
  if (tokens.value) tokens.value = { ...tokens.value, ...part };
};

export async function openTokens(row: AccountRow, name: string): Promise<void> {
  tokens.value = { account: row.account.id, name, rows: null, life: "86400", busy: false, deleting: null, failure: null };
  await attempt(async () => {});
}
export const closeTokens = () => {
  tokens.value = null;
};
export const setLife = (life: string) => change({ life });
export const askDelete = (token: string | null) => change({ deleting: token });

/** Does it, and asks for the list again. */
async function attempt(act: (account: AccountId) => Promise<void>): Promise<void> {
  const of = tokens.value;
  if (!of || of.busy) return;
  change({ busy: true, failure: null });
  const here = () => tokens.value?.account === of.account;
  try {
    await act(of.account);
    const rows = await backend().call("account_tokens", of.account);
    if (here()) change({ rows, busy: false, deleting: null });
  } catch (thrown) {
    if (here()) change({ busy: false, failure: asFailure(thrown) });
  }
}

export const create = () =>
  attempt(async (account) => {
    const ttl = Number(tokens.value?.life ?? 0);
    await backend().call("account_token_add", { account, ttl_s: ttl > 0 ? ttl : null });
  });

export const remove = (token: string) =>
  attempt(async (account) => {
    await backend().call("account_token_remove", { account, token });
    say({ text: t().accounts.tokenDeleted });
  });

export const copyToken = (token: string) => copy(token, t().accounts.tokenCopied);
