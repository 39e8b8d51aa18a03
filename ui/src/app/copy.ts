/** Puts a text on the clipboard, and says so. */
import { say } from "./toast";
import { backend, sayThrown } from "./world";

export async function copy(text: string, told: string): Promise<void> {
  try {
    await backend().copyText(text);
    say({ text: told });
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
