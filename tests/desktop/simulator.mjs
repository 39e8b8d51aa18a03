// A simulated platform beside the window, with what it tells of itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export async function simulator(name, ...args) {
  const process_ = spawn(process.env.SLIPWAY_SIMULATORS, [name, ...args, "--until-stdin-closes"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface(process_.stdout), "line");
  return { told: JSON.parse(line), stop: () => process_.stdin.end() };
}
