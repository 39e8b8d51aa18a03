/** A link in words and as a picture. */
import type { Link, NetworkStatus, Rule } from "../bindings";
import { t } from "../i18n";
import { rate } from "../i18n/format";
import { printable } from "../i18n/sentences";

const ICONS: Record<Link["kind"], string> = { ethernet: "ethernet", wifi: "wifi", cellular: "hotspot", vpn: "shield", other: "globe" };

const costs = (link: Link): boolean => link.metered === "yes" || (link.under !== null && costs(link.under));

export const linkIcon = (link: Link) => (link.kind === "wifi" && costs(link) ? "hotspot" : ICONS[link.kind]);
export const linkName = (link: Link) => (link.online ? (link.name === null ? t().network.unnamed : printable(link.name)) : t().network.none);

/** 'VPN over Wi-Fi'. */
export function linkKind(link: Link): string {
  const { kinds, over } = t().network;
  return link.under ? over(kinds[link.kind], linkKind(link.under)) : kinds[link.kind];
}

export function costWord({ link, class: of }: NetworkStatus): string {
  const { cost } = t().network;
  if (!link.online) return cost.offline;
  if (of === "metered") return cost.metered;
  if (of === "cellular") return cost.mobile;
  return of === "cable" || of === "free_wifi" ? cost.free : cost.unknown;
}

/** How it is tinted. */
export function costLook(status: NetworkStatus): "offline" | "metered" | "free" {
  if (!status.link.online) return "offline";
  return status.class === "cable" || status.class === "free_wifi" || status.class === "untold" ? "free" : "metered";
}

export const ruleWord = (rule: Rule) => (rule.do === "cap" ? t().network.rule.cap(rate(rule.bytes_per_second)) : t().network.rule[rule.do]);
