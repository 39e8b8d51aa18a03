/** The list of keys. */
import { html, nothing } from "lit-html";
import { t } from "../i18n";
import { commandKey, help } from "./keys";
import { icon, modal } from "./parts";

export function keysView() {
  if (!help.value) return nothing;
  const { keys, act } = t();
  const close = () => {
    help.value = false;
  };
  const c = commandKey;
  const groups: [string, [string, string][]][] = [
    [
      keys.anywhere,
      [
        [c("N"), keys.newUpload],
        [c("O"), keys.addFiles],
        [`${c("1")} … 5`, keys.screens],
        ["F6, Shift F6", keys.panes],
        [c("F"), keys.search],
        [c("Shift P"), keys.pauseAll],
        [c("Shift T"), keys.turtle],
        [c("Z"), keys.undo],
        [c("W"), keys.hide],
        [c("Q"), keys.quit],
        ["?", keys.help],
      ],
    ],
    [
      keys.inQueue,
      [
        ["↑ ↓ PgUp PgDn Home End", keys.move],
        [`Shift, Space, ${c("A")}`, keys.select],
        ["Enter, Esc", keys.open],
        ["→ ←", keys.card],
        ["P", keys.pause],
        ["R", keys.retry],
        ["Alt ↑ ↓ Home End", keys.order],
        ["Delete", keys.remove],
        ["C", keys.copy],
        ["L", keys.limit],
        ["Menu, Shift F10", keys.menu],
      ],
    ],
    [
      keys.inForm,
      [
        [c("Enter"), keys.add],
        [c("S"), keys.saveDraft],
        ["F8, Shift F8", keys.finding],
        ["Alt L", keys.link],
        [c(","), keys.settings],
      ],
    ],
    [
      keys.inTimetable,
      [
        ["↑ ↓ ← →", keys.hour],
        ["Shift ↑ ↓ ← →", keys.hours],
        ["Space", keys.paint],
        ["1 … 4", keys.brush],
      ],
    ],
  ];
  return modal(
    keys.title,
    close,
    html`
      <header class="dialog-head"><h2>${keys.title}</h2><button class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${close}>${icon("x")}</button></header>
      <div class="keys scroll" tabindex="0">
        ${groups.map(([name, list]) => html`<section><h3>${name}</h3><dl class="key-list">${list.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl></section>`)}
      </div>`,
    "keys-dialog",
  );
}
