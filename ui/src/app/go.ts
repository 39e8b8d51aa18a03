/** Where the shell sends the window: a click on a notice or in the tray. */
import type { Goal } from "../backend/port";
import { chooseFiles } from "../manuscript/files";
import { showRules } from "../network/chip";
import { openDrawer } from "../queue/state";
import { screen } from "./world";

export function go(goal: Goal): void {
  switch (goal.to) {
    case "queue":
      screen.value = "queue";
      break;
    case "upload":
      screen.value = "queue";
      void openDrawer(goal.id);
      break;
    case "accounts":
      screen.value = "accounts";
      break;
    case "networks":
      showRules();
      break;
    case "add_files":
      void chooseFiles();
  }
}
