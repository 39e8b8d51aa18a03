/** A link that can be changed, and its rules, decided as the engine decides. */
import type { Because, ClassRule, Link, NetworkBudget, NetworkDay, NetworkPass, NetworkRuleSet, NetworkStatus, Rule, RuleFor, UploadId, Wait } from "../../bindings";
import { cause } from "./rows";

const link = (kind: Link["kind"], metered: Link["metered"], name: string, under: Link | null = null): Link => ({
  online: true,
  kind,
  metered,
  told_by: "network_manager",
  name,
  key: `nm:${name}`,
  under,
});

/** What `?network=` and the event `fake-network` may name. */
const LINKS: Record<string, Link> = {
  home: link("wifi", "no", "Studio-5G"),
  metered: link("wifi", "yes", "iPhone hotspot"),
  ask: link("wifi", "unknown", "Café am Hafen"),
  cable: link("ethernet", "unknown", "Studio wired"),
  vpn: link("vpn", "unknown", "Office", link("cellular", "unknown", "Phone")),
  offline: { ...link("other", "unknown", ""), online: false, name: null, key: null },
  untold: { ...link("other", "unknown", ""), told_by: "nobody", name: null, key: null },
};
const DEFAULTS: [ClassRule["class"], Rule["do"] & ("go" | "wait" | "ask")][] = [
  ["metered", "wait"],
  ["cellular", "wait"],
  ["cable", "go"],
  ["free_wifi", "go"],
  ["wifi", "ask"],
  ["tunnel", "ask"],
  ["other", "ask"],
  ["untold", "go"],
];

const chain = (of: Link): Link[] => [of, ...(of.under ? chain(of.under) : [])];

function classOf(of: Link): ClassRule["class"] {
  const all = chain(of);
  const ground = all.at(-1);
  if (all.some((one) => one.metered === "yes")) return "metered";
  switch (ground?.kind) {
    case "ethernet":
      return "cable";
    case "cellular":
      return "cellular";
    case "wifi":
      return ground.metered === "no" ? "free_wifi" : "wifi";
    case "vpn":
      return "tunnel";
    default:
      return of.told_by === "nobody" ? "untold" : "other";
  }
}

export interface FakeNetwork {
  status: () => NetworkStatus;
  ruleSet: (set: NetworkRuleSet) => NetworkStatus;
  budgetSet: (budget: NetworkBudget) => NetworkStatus;
  pass: (pass: NetworkPass) => NetworkStatus;
  /** Why this upload may not go, where it may not. */
  waitOf: (upload: UploadId) => Wait | null;
}

/** `changed` is called after each change. */
export function networkOf(named: string | null, changed: () => void): FakeNetwork {
  let now = LINKS[named ?? "home"] ?? LINKS.home ?? link("wifi", "no", "");
  const networks = new Map<string, { name: string; rule: Rule }>([["nm:Archive house", { name: "Archive house", rule: { do: "cap", bytes_per_second: 2_000_000 } }]]);
  const classes = new Map<ClassRule["class"], Rule>();
  const budgets = new Map<string, number>();
  /** What went over networks today, as the pictures show it. */
  const spent = new Map([["nm:Studio-5G", 14_900_000_000], ["class:free_wifi", 14_900_000_000], ["nm:iPhone hotspot", 322_000_000], ["class:metered", 322_000_000]]);
  const day = (name: string): NetworkDay => ({ sent_bytes: spent.get(name) ?? 0, budget_bytes: budgets.get(name) ?? null });
  const midnight = () => new Date(new Date().setHours(24, 0, 0, 0)).getTime();
  let pass: NetworkPass = { until_ms: null, uploads: [] };
  addEventListener("fake-network", (event) => {
    now = LINKS[String((event as CustomEvent).detail)] ?? now;
    changed();
  });

  const classRule = (of: ClassRule["class"]): Rule => classes.get(of) ?? { do: DEFAULTS.find(([name]) => name === of)?.[1] ?? "ask" };
  const decide = (upload: UploadId | null): { rule: Rule; because: Because } => {
    if (!now.online) return { rule: { do: "wait" }, because: { by: "offline" } };
    if (upload !== null && pass.uploads.includes(upload)) return { rule: { do: "go" }, because: { by: "upload_pass" } };
    if (pass.until_ms !== null && Date.now() < pass.until_ms) return { rule: { do: "go" }, because: { by: "timed_pass", until_ms: pass.until_ms } };
    for (const name of [...chain(now).map((one) => one.key ?? ""), `class:${classOf(now)}`]) {
      const { sent_bytes, budget_bytes } = day(name);
      if (budget_bytes !== null && sent_bytes >= budget_bytes) return { rule: { do: "wait" }, because: { by: "budget", bytes: budget_bytes, until_ms: midnight() } };
    }
    for (const one of chain(now)) {
      const known = networks.get(one.key ?? "");
      if (known) return { rule: known.rule, because: { by: "network" } };
    }
    const of = classOf(now);
    return { rule: classRule(of), because: { by: "class", class: of } };
  };
  const waitFor = (upload: UploadId | null): Wait | null => {
    const { rule, because } = decide(upload);
    if (rule.do === "go" || rule.do === "cap") return null;
    const codes = { metered: "network_metered", cellular: "network_cellular" } as Record<string, string>;
    const code =
      because.by === "offline" ? "network_offline" : because.by === "budget" ? "network_budget" : because.by === "network" ? "network_ruled_out" : rule.do === "ask" ? "network_unknown" : because.by === "class" ? (codes[because.class] ?? "network_class_ruled_out") : "";
    return { reason: "network", cause: cause(code, { network: now.name ?? "", ...(because.by === "budget" ? { bytes: String(because.bytes) } : {}) }), asks: rule.do === "ask", until_ms: because.by === "budget" ? because.until_ms : null };
  };
  const status = (): NetworkStatus => ({
    link: now,
    class: classOf(now),
    verdict: decide(null),
    wait: waitFor(null),
    networks: [...networks].map(([key, known]) => ({ key, ...known, day: day(key) })),
    classes: DEFAULTS.map(([name]) => ({ class: name, rule: classRule(name), is_default: !classes.has(name), day: day(`class:${name}`) })),
    pass,
    day: day(now.key ?? `class:${classOf(now)}`),
  });
  const after = (): NetworkStatus => {
    changed();
    return structuredClone(status());
  };
  return {
    status: () => structuredClone(status()),
    waitOf: (upload) => waitFor(upload),
    ruleSet: ({ network, rule }) => {
      if (network.of === "class") {
        if (rule) classes.set(network.class, rule);
        else classes.delete(network.class);
      } else {
        const key = network.of === "this" ? now.key : network.key;
        if (key === null) throw { code: "network_not_known", params: {}, detail: "" };
        if (rule) networks.set(key, { name: networks.get(key)?.name ?? now.name ?? "", rule });
        else {
          networks.delete(key);
          budgets.delete(key);
        }
      }
      return after();
    },
    budgetSet: ({ network, bytes }: { network: RuleFor; bytes: number | null }) => {
      const name = network.of === "class" ? `class:${network.class}` : network.of === "this" ? (now.key ?? "") : network.key;
      if (bytes === null) budgets.delete(name);
      else budgets.set(name, bytes);
      return after();
    },
    pass: (next) => {
      pass = structuredClone(next);
      return after();
    },
  };
}
