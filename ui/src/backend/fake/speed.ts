/** How fast uploads may go, decided as the engine decides. */
import type { Speed, TurtleChange } from "../../bindings";

export interface FakeSpeed {
  now: () => Speed;
  setLimit: (limit: number | null) => void;
  setTurtle: (change: TurtleChange) => void;
}

export function speedOf(): FakeSpeed {
  let limit: number | null = 20_000_000;
  let turtle: Speed["turtle"] = { on: false, bytes_per_second: 500_000 };
  const inForce = (): Speed["in_force"] => {
    if (turtle.on && (limit === null || turtle.bytes_per_second < limit)) return { bytes_per_second: turtle.bytes_per_second, by: "turtle" };
    return limit === null ? null : { bytes_per_second: limit, by: "hand" };
  };
  return {
    now: () => ({ limit_bytes_per_second: limit, turtle: { ...turtle }, in_force: inForce() }),
    setLimit: (next) => void (limit = next),
    setTurtle: ({ on, bytes_per_second }) => void (turtle = { on: on ?? turtle.on, bytes_per_second: bytes_per_second ?? turtle.bytes_per_second }),
  };
}
