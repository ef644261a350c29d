import { spawnSync } from "node:child_process";

/** The containers of pods see no other Python than the system's. */
const PYTHON = "/usr/bin/python3";

/** The Python that runs the platform's scripts in pods; undefined if it or PyYAML is not installed. */
export function findPython(): string | undefined {
  return spawnSync(PYTHON, ["-c", "import yaml"]).status === 0 ? PYTHON : undefined;
}
