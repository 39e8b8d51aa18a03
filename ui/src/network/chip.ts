/** The link in the head of the queue: its name, its cost in a word, and what uploads may do on it. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Rule } from "../bindings";
import { drawn } from "../app/draw";
import { type MenuItem, openMenu } from "../app/menu";
import { icon } from "../app/parts";
import { network, screen, summary } from "../app/world";
import { t } from "../i18n";
import { clock } from "../i18n/format";
import { headline, sentence } from "../i18n/sentences";
import { endHour, passHour, ruleHere } from "./state";
import { costLook, costWord, linkIcon, linkName, ruleWord } from "./words";

const RULES = ["go", "ask", "wait"] as const;

export function chip(): TemplateResult | typeof nothing {
  const status = network.value;
  if (!status) return nothing;
  const [name, cost] = [linkName(status.link), costWord(status)];
  const label = t().network.chip(name, cost);
  return html`
    <button class="chip" data-cost=${costLook(status)} aria-haspopup="menu" title=${label} @click=${networkMenu}>
      ${icon(status.link.online ? linkIcon(status.link) : "wifi")}<span class="chip-name cut">${name}</span> <span class="chip-cost">${cost}</span>
    </button>`;
}

/** What is in force for the network in use, whatever may go for now. */
function ruleInForce(): Rule | null {
  const status = network.peek();
  if (!status) return null;
  const { because } = status.verdict;
  if (because.by === "network" || because.by === "class") return status.verdict.rule;
  return status.networks.find((one) => one.key === status.link.key)?.rule ?? status.classes.find((one) => one.class === status.class)?.rule ?? null;
}

function networkMenu(event: Event): void {
  const status = network.peek();
  if (!status) return;
  const { network: words } = t();
  const rule = ruleInForce();
  const mayRule = status.link.online && status.link.key !== null;
  const rules: (MenuItem | null)[] = RULES.map((act) => ({ label: words.rule[act], checked: rule?.do === act, run: () => void ruleHere(act) }));
  if (rule?.do === "cap") rules.splice(1, 0, { label: ruleWord(rule), checked: true, run: () => {} });
  const until = status.pass.until_ms;
  const note = status.wait && "cause" in status.wait ? sentence(status.wait.cause) : undefined;
  openMenu(
    event.currentTarget as HTMLElement,
    words.menu,
    [
      ...(mayRule ? [...rules, null] : []),
      until === null ? { label: words.hour, icon: "clock", run: () => void passHour() } : { label: words.endHour(clock(until)), icon: "x", run: () => void endHour() },
      null,
      { label: words.rules, icon: "settings", run: showRules },
    ],
    note,
  );
}

export function showRules(): void {
  screen.value = "settings";
  void drawn().then(() => document.getElementById("network")?.scrollIntoView());
}

/** Asked once for a network of unknown cost, while something waits for the answer. */
export function question(): TemplateResult | typeof nothing {
  const status = network.value;
  const wait = status?.wait;
  if (!status || wait?.reason !== "network" || !wait.asks || (summary.value?.counts.waiting ?? 0) === 0) return nothing;
  const { network: words } = t();
  const mayRule = status.link.key !== null;
  return html`
    <div class="note recovered question" role="alert">${icon("s-warn")}<p><strong>${headline(wait.cause)}</strong><br>${words.question}</p>
      <span class="question-acts">
        <button class="button" data-size="s" @click=${() => void passHour()}>${words.forHour}</button>
        ${
          mayRule
            ? html`<button class="button" data-size="s" @click=${() => void ruleHere("go")}>${words.always}</button>
              <button class="button" data-size="s" @click=${() => void ruleHere("wait")}>${words.never}</button>`
            : nothing
        }
      </span>
    </div>`;
}
