import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { HOLES } from "./holes.ts";
import { replaceSurroundings } from "./hooks.ts";

// npm run simulate [-- --steps 100000 --seed 1]: runs staging/ as shipped in random fleets, and checks it against a model of the gate's promise.
// Prints a counterexample with the events that led to it. Ctrl-C ends it after the current fleet, with the result so far.
// npm run simulate -- --holes: brings back each known hole, and expects a counterexample for it.
// See docs/decisions/simulation.md for what is simulated.

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    fleets: { type: "string", default: "200" },
    hole: { type: "string" },
    holes: { type: "boolean", default: false },
  },
});
const steps = Number(values.steps);
const seed = Number(values.seed);
const ok = values.holes ? await findHoles() : await simulateHere(values.hole);
process.exitCode = ok ? 0 : 1;

async function simulateHere(hole: string | undefined): Promise<boolean> {
  replaceSurroundings(hole);
  const { replaceGlobals } = await import("./globals.ts");
  const { simulate } = await import("./simulate.ts");
  replaceGlobals();
  const stop = new AbortController();
  process.once("SIGINT", () => {
    stop.abort();
  });
  const result = await simulate({
    steps,
    seed,
    fleets: Number(values.fleets),
    isTraced: hole === undefined,
    signal: stop.signal,
  });
  console.log(result.text);
  return result.isKept;
}

/** Runs a separate process for each hole, because a process loads each module only once. */
async function findHoles(): Promise<boolean> {
  let all = true;
  for (const hole of Object.keys(HOLES)) {
    const args = ["--hole", hole, "--steps", values.steps, "--seed", values.seed];
    const child = spawn(process.execPath, [import.meta.filename, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const code = await new Promise((resolve) => child.on("close", resolve));
    const isFound = code === 1 && text.startsWith("Broken");
    all &&= isFound;
    console.log(`${isFound ? "found" : "NOT FOUND"}: ${hole}\n  ${text.trim().split("\n")[0] ?? ""}`);
  }
  return all;
}
