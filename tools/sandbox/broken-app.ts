import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { workingCopy } from "./working-copy.ts";

/** The app that the tour breaks, and the error in its file: a Service that points to a port that the Deployment does not have. */
export const BREAKING = {
  stack: "edge",
  name: "whoami",
  file: "kubernetes/edge/apps/demo/whoami/app/whoami.yaml",
  right: "targetPort: http }",
  wrong: "targetPort: htpp }",
} as const;

/** Introduces the error in the working copy. */
export function breakApp(dir: string): void {
  replace(dir, BREAKING.right, BREAKING.wrong);
}

/** Corrects the error in the working copy. */
export function fixApp(dir: string): void {
  replace(dir, BREAKING.wrong, BREAKING.right);
}

function replace(dir: string, from: string, to: string): void {
  const path = join(workingCopy(dir), BREAKING.file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not contain "${from}"`);
  writeFileAtomic(path, text.replace(from, to));
}
