/** What every screen shares: the way out, and what is known of platforms, accounts and the queue as a whole. No DOM. */
import { computed, signal } from "@preact/signals-core";
import type { AccountRow, Cause, Failure, NetworkStatus, Spec, Start, Summary } from "../bindings";
import { asFailure, type Backend, type Looks, plainLooks } from "../backend/port";
import { language } from "../i18n/format";
import { names, sentence } from "../i18n/sentences";

export type Screen = "queue" | "watch" | "manuscript" | "history" | "accounts" | "settings";

let out: Backend | null = null;
/** The backend. Set once, before anything is drawn. */
export const backend = (): Backend => {
  if (!out) throw new Error("the window was drawn before it had a backend");
  return out;
};

export const screen = signal<Screen>("queue");
export const start = signal<Start | null>(null);
export const startFailure = signal<Failure | null>(null);
export const summary = signal<Summary | null>(null);
export const specs = signal<readonly Spec[]>([]);
export const accounts = signal<readonly AccountRow[]>([]);
/** The link, and what may go over it. */
export const network = signal<NetworkStatus | null>(null);
export const looks = signal<Looks>(plainLooks);
/** The present, to the second: what is drawn of it counts down. */
export const now = signal(Date.now());

/** A text of the three languages, from a spec. */
export const labelOf = (labels: Record<string, string>): string => labels[language.value] ?? labels.en ?? Object.values(labels)[0] ?? "";
export const specOf = (platform: string): Spec | undefined => specs.value.find((spec) => spec.name === platform);
export const platformLabel = (platform: string): string => {
  const spec = specOf(platform);
  return spec ? labelOf(spec.label) : platform;
};
export const accountsNeedingYou = computed(() => accounts.value.filter((row) => row.account.health.state === "signed_out").length);
/** Nothing was ever done here. */
export const isFirstRun = computed(() => start.value !== null && accounts.value.length === 0 && (summary.value?.counts.all ?? 0) === 0);

export const say = (cause: Pick<Cause, "code"> & Partial<Cause>) => sentence(cause);
export const sayThrown = (thrown: unknown) => sentence(asFailure(thrown));

export async function loadAccounts(): Promise<void> {
  accounts.value = await backend().call("accounts", {});
}

export async function setLooks(change: Partial<Looks>): Promise<void> {
  looks.value = { ...looks.value, ...change };
  await backend().setLooks(looks.value);
}

/** Connects, and asks for what every screen needs. */
export async function begin(to: Backend): Promise<void> {
  out = to;
  names.value = {
    platform: (name) => {
      const spec = specOf(name);
      return spec ? labelOf(spec.label) : null;
    },
    field: (platform, name) => {
      const spec = specOf(platform);
      const field = [...(spec?.fields ?? []), ...(spec?.settings ?? []), ...(spec?.secrets ?? [])].find((one) => one.name === name);
      return field ? labelOf(field.label) : null;
    },
  };
  try {
    startFailure.value = null;
    const [begun, platforms, sum, link] = await Promise.all([to.call("start", {}), to.call("platforms", {}), to.call("queue_summary", {}), to.call("network", {})]);
    specs.value = platforms.platforms;
    summary.value = sum;
    network.value = link;
    await loadAccounts();
    start.value = begun;
  } catch (thrown) {
    startFailure.value = asFailure(thrown);
  }
}
