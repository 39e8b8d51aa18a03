/** The proxy of all accounts that have none of their own. No DOM. A password stays here until it is sent, and is forgotten then. */
import { effect, signal } from "@preact/signals-core";
import type { Failure, ProxySetting, Way } from "../bindings";
import { asFailure } from "../backend/port";
import { say } from "../app/toast";
import { backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";

export interface Draft {
  way: Way;
  host: string;
  port: string;
  user: string;
  /** Empty: the one that is kept. */
  password: string;
  tried: boolean;
  busy: boolean;
  failure: Failure | null;
}

/** `null` until it is known. */
export const proxy = signal<ProxySetting | null>(null);
/** A proxy that is being written; `null` where nothing was changed. */
export const draft = signal<Draft | null>(null);
/** A list of exceptions that was refused: it stays in the field. */
export const refusedExcept = signal<{ text: string; why: string } | null>(null);

export const isProxy = (way: Way) => way !== "system" && way !== "off";

async function load(): Promise<void> {
  try {
    proxy.value = await backend().call("proxy", {});
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** The command line may have set it meanwhile. */
effect(() => {
  if (screen.value !== "settings") return;
  draft.value = null;
  refusedExcept.value = null;
  void load();
});

/** What the form shows: what was begun, or what is in force. */
export function shown(known: ProxySetting): Draft {
  const { way, host, port, user } = known.proxy;
  return draft.value ?? { way, host, port: port === null ? "" : String(port), user, password: "", tried: false, busy: false, failure: null };
}

export function change(part: Partial<Draft>): void {
  const known = proxy.peek();
  if (known) draft.value = { ...shown(known), failure: null, ...part };
}

/** The system's way and none need nothing more to be said. */
export async function choose(way: Way): Promise<void> {
  const known = proxy.peek();
  if (!known) return;
  if (isProxy(way)) return change({ way, tried: false });
  draft.value = null;
  try {
    proxy.value = await backend().call("proxy_set", { proxy: { ...known.proxy, way, host: "", port: null, user: "" }, password: null });
  } catch (thrown) {
    proxy.value = { ...known };
    say({ text: sayThrown(thrown) });
  }
}

const portOf = (text: string): number | null => (/^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : null);
export const faults = (of: Draft): ("host" | "port")[] => [...(of.host.trim() === "" ? (["host"] as const) : []), ...(portOf(of.port) === null ? (["port"] as const) : [])];

/** Whether it is in force now. */
export async function use(): Promise<boolean> {
  const known = proxy.peek();
  const of = draft.peek();
  if (!known || !of || of.busy) return false;
  if (faults(of).length > 0) {
    draft.value = { ...of, tried: true };
    return false;
  }
  draft.value = { ...of, busy: true, failure: null };
  try {
    proxy.value = await backend().call("proxy_set", {
      proxy: { way: of.way, host: of.host.trim(), port: portOf(of.port), user: of.user, except: known.proxy.except },
      password: of.password === "" ? null : of.password,
    });
    draft.value = null;
    say({ text: t().settings.proxy.used });
    return true;
  } catch (thrown) {
    draft.value = { ...of, busy: false, tried: true, failure: asFailure(thrown) };
    return false;
  }
}

export async function forgetPassword(): Promise<void> {
  const known = proxy.peek();
  if (!known) return;
  try {
    proxy.value = await backend().call("proxy_set", { proxy: known.proxy, password: "" });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export async function setExcept(text: string): Promise<void> {
  const known = proxy.peek();
  if (!known) return;
  try {
    proxy.value = await backend().call("proxy_set", { proxy: { ...known.proxy, except: text.trim() }, password: null });
    refusedExcept.value = null;
  } catch (thrown) {
    refusedExcept.value = { text, why: sayThrown(thrown) };
  }
}
