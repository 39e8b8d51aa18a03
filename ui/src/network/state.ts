/** What the link may be used for, and its user's word on it. No DOM. */
import type { NetworkPass, NetworkStatus, Rule, RuleFor, UploadId } from "../bindings";
import { say } from "../app/toast";
import { backend, network, sayThrown } from "../app/world";

const HOUR_MS = 3_600_000;

async function take(asked: Promise<NetworkStatus>): Promise<void> {
  try {
    network.value = await asked;
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export const loadNetwork = () => take(backend().call("network", {}));
/** `null` forgets the rule. */
export const setRule = (of: RuleFor, rule: Rule | null) => take(backend().call("network_rule_set", { network: of, rule }));
/** Bytes a day; `null` is any number. */
export const setBudget = (of: RuleFor, bytes: number | null) => take(backend().call("network_budget_set", { network: of, bytes }));
/** The network in use, from now on. */
export const ruleHere = (act: "go" | "ask" | "wait") => setRule({ of: "this" }, { do: act });

const pass = (change: Partial<NetworkPass>) => take(backend().call("network_pass", { until_ms: null, uploads: [], ...network.peek()?.pass, ...change }));
export const passHour = () => pass({ until_ms: Date.now() + HOUR_MS });
export const endHour = () => pass({ until_ms: null });
export const passUpload = (id: UploadId) => pass({ uploads: [...new Set([...(network.peek()?.pass.uploads ?? []), id])] });
export const endUploads = () => pass({ uploads: [] });
