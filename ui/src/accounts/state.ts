/** Accounts: which form is open. */
import { signal } from "@preact/signals-core";
import type { AccountId } from "../bindings";
import { screen } from "../app/world";
export const editId = signal<AccountId | null>(null);
export const editAccount = (id: AccountId) => {
  editId.value = id;
};
export const addAccount = () => {
  screen.value = "accounts";
};
