/** Settings that the shell keeps with the system: what the session starts, and what closing the window means. */
import { effect, signal } from "@preact/signals-core";
import { html, type TemplateResult } from "lit-html";
import { say } from "../app/toast";
import { backend, looks, sayThrown, screen, setLooks } from "../app/world";
import { t } from "../i18n";
import { toggle } from "./parts";

const startsAtLogin = signal(false);

async function take(asked: Promise<boolean>): Promise<void> {
  try {
    startsAtLogin.value = await asked;
  } catch (thrown) {
    // The switch has moved by itself.
    startsAtLogin.value = await backend().startsAtLogin();
    say({ text: sayThrown(thrown) });
  }
}

/** The system may have changed it meanwhile. */
effect(() => {
  if (screen.value === "settings") void take(backend().startsAtLogin());
});

export function sessionSettings(): TemplateResult {
  const { settings } = t();
  return html`
    <section class="setting-group">
      <h2>${settings.background}</h2>
      <div class="setting-list">
        ${toggle({ id: "login", name: settings.login, text: settings.loginText, on: startsAtLogin.value, set: (on) => void take(backend().setStartsAtLogin(on)) })}
        ${toggle({
          id: "close",
          name: settings.close,
          text: settings.closeText,
          on: looks.value.close === "keeps_sending",
          set: (on) => void setLooks({ close: on ? "keeps_sending" : "quits" }),
        })}
      </div>
    </section>`;
}
