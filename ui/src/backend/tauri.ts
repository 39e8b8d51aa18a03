/** The backend of the product: commands and one channel of changes over the Tauri boundary. The only file that names Tauri. */
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { OfferedFile, OfferedFolder, Patch } from "../bindings";
import { type Answer, type Backend, type CommandName, type Drag, type Goal, type Looks, plainLooks, type Request, type SignInShown } from "./port";

export function tauri(): Backend {
  return {
    call: <C extends CommandName>(name: C, request: Request<C>) => invoke<Answer<C>>(name, { request }),
    async watch(onPatch) {
      const channel = new Channel<Patch>();
      channel.onmessage = onPatch;
      await invoke("watch", { channel });
      return () => {
        channel.onmessage = () => {};
      };
    },
    pickFiles: (kind) => invoke<OfferedFile[]>("shell_pick_files", { request: { kind } }),
    saveText: (name, text) => invoke<boolean>("shell_save_text", { request: { name, text } }),
    pickWatchFolder: () => invoke<OfferedFolder | null>("shell_pick_watch_folder"),
    pickFolder: () => invoke<string | null>("shell_pick_folder"),
    saveHistory: (filter) => invoke<boolean>("shell_save_history", { request: filter }),
    saveReceipt: (upload) => invoke<boolean>("shell_save_receipt", { request: { id: upload, language: document.documentElement.lang } }),
    saveReport: (number) => invoke<boolean>("shell_save_report", { request: number }),
    openPage: (upload) => invoke("shell_open_page", { request: upload }),
    signIn: (account) => invoke<SignInShown>("shell_sign_in", { request: account }),
    openFolder: (account) => invoke("shell_open_folder", { request: account }),
    openDataFolder: () => invoke("shell_open_data_folder"),
    copyText: (text) => navigator.clipboard.writeText(text),
    async looks() {
      const kept = await invoke<Partial<Looks> | null>("shell_looks_get");
      return { ...plainLooks, ...kept };
    },
    setLooks: (looks) => invoke("shell_looks_set", { request: looks }),
    startsAtLogin: () => invoke<boolean>("shell_login_get"),
    setStartsAtLogin: (on) => invoke<boolean>("shell_login_set", { request: on }),
    async onGo(hear) {
      const fetch = async () => {
        const goal = await invoke<Goal | null>("shell_go");
        if (goal) hear(goal);
      };
      const end = await listen("go", () => void fetch());
      await fetch();
      return end;
    },
    onDrag: (hear) => listen<Drag>("drag", (event) => hear(event.payload)),
    hide: () => invoke("shell_hide"),
    quit: () => invoke("shell_quit"),
  };
}
