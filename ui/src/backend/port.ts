/**
 * What the window needs from outside: the product's commands, its changes, and the few things only a desktop shell can do.
 *
 * Two implementations: `tauri.ts` in the product, `fake.ts` in tests and for a look without the engine. Nothing else talks to the outside.
 */
import type { AccountId, Commands, Failure, HistoryFilter, OfferedFile, OfferedFolder, Patch, SignInStarted, UploadId } from "../bindings";

export type CommandName = keyof Commands;
export type Request<C extends CommandName> = Commands[C][0];
export type Answer<C extends CommandName> = Commands[C][1];

export type Theme = "system" | "light" | "dark";
export type LanguageChoice = "system" | "en" | "zh-CN" | "ja";

/** How the window looks, and what closing it means. Kept by the shell, obeyed by nobody but the window. */
export interface Looks {
  theme: Theme;
  language: LanguageChoice;
  close: "keeps_sending" | "quits";
}

export const plainLooks: Looks = { theme: "system", language: "system", close: "keeps_sending" };

/** A sign-in that has begun, and whether its page is before the user. */
export interface SignInShown extends SignInStarted {
  opened: boolean;
}

/** Where the shell sends the window. */
export type Goal = { to: "queue" | "accounts" | "networks" | "add_files" } | { to: "upload"; id: UploadId };

/** What is held over the window. */
export type Drag = { state: "over"; names: string[] } | { state: "left" };

export interface Backend {
  /** Runs a command. Rejects with a `Failure`. */
  call<C extends CommandName>(name: C, request: Request<C>): Promise<Answer<C>>;
  /** Hears changes until the answer is called. */
  watch(onPatch: (patch: Patch) => void): Promise<() => void>;
  /** A dialog for videos, one image, captions, one list or one file of settings; nothing when it is closed. */
  pickFiles(kind: "video" | "image" | "captions" | "list" | "settings"): Promise<OfferedFile[]>;
  /** A dialog for where a text is to be kept; whether it was. */
  saveText(name: string, text: string): Promise<boolean>;
  /** A dialog for a folder that is to be watched, or that files are to be moved to. The window names it by its number. */
  pickWatchFolder(): Promise<OfferedFolder | null>;
  /** A dialog for a folder. */
  pickFolder(): Promise<string | null>;
  /** Saves what a filter of history finds as CSV, where a dialog says; `false` when it is closed. */
  saveHistory(filter: HistoryFilter): Promise<boolean>;
  /** Saves a receipt as a page to print or as JSON, where a dialog says; `false` when it is closed. */
  saveReceipt(upload: UploadId): Promise<boolean>;
  /** Saves the report of that number just as it was shown, where a dialog says; `false` when it is closed. */
  saveReport(number: number): Promise<boolean>;
  /** Opens the page of a published work in the browser. */
  openPage(upload: UploadId): Promise<void>;
  /** Begins a sign-in and opens its page in the browser; a window cannot open one itself. */
  signIn(account: AccountId): Promise<SignInShown>;
  /** Shows the folder that an account copies into. */
  openFolder(account: AccountId): Promise<void>;
  /** Shows the folder of queue, settings and logs. */
  openDataFolder(): Promise<void>;
  copyText(text: string): Promise<void>;
  looks(): Promise<Looks>;
  setLooks(looks: Looks): Promise<void>;
  /** Whether the user's session starts the app, hidden. */
  startsAtLogin(): Promise<boolean>;
  /** Answers how it is then. */
  setStartsAtLogin(on: boolean): Promise<boolean>;
  /** Hears where to go, also what was said before anybody listened. */
  onGo(hear: (goal: Goal) => void): Promise<() => void>;
  onDrag(hear: (drag: Drag) => void): Promise<() => void>;
  /** Closes the window; sending goes on in the tray, unless its user wants the end. */
  hide(): Promise<void>;
  quit(): Promise<void>;
}

/** Makes a failure of whatever was thrown, so that a caller has one form to show. */
export function asFailure(thrown: unknown): Failure {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") {
    const { code } = thrown;
    const params = "params" in thrown && typeof thrown.params === "object" ? (thrown.params as Failure["params"]) : {};
    const detail = "detail" in thrown && typeof thrown.detail === "string" ? thrown.detail : "";
    return { code, params, detail };
  }
  return { code: "unknown", params: { code: "window" }, detail: String(thrown) };
}
