import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { EdgefirstError, messageOf } from "../../../lib/errors.ts";
import { http } from "../../../lib/node-http.ts";
import { isExecutable } from "../../toolchain/executable.ts";
import { findProgram } from "../../toolchain/find.ts";
import { environmentVariable, programNamed } from "../../toolchain/program.ts";
import { PROGRAMS } from "../../toolchain/programs.ts";

/** A program from the toolchain. */
export interface LocalProgram {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

/** Folder in a cluster's folder with programs in other versions than the toolchain's, as `<name>-<version>`. */
export const OTHER_VERSIONS = "programs";

/**
 * Finds programs for the private network: `GET /programs/<name>/<version>`, in this version if the cluster's folder has it, else in the toolchain's. It does
 * not build programs, because a build would outlast the rollout of the pod that needs one.
 */
export function servePrograms(path: string, otherVersions: string = OTHER_VERSIONS): Promise<void> {
  rmSync(path, { force: true });
  const server = http.createServer((incoming, response) => {
    const [name = "", version = ""] = (incoming.url ?? "").split("/").slice(2);
    find(name, version, resolve(otherVersions, `${name}-${version}`)).then(
      (program) => response.end(JSON.stringify(program)),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(messageOf(error));
      },
    );
  });
  return new Promise((done, reject) => {
    server.once("error", reject).listen(path, done);
  });
}

async function find(name: string, version: string, other: string): Promise<LocalProgram> {
  if (isExecutable(other)) return { path: other, version };
  const found = await findProgram(programNamed(name, PROGRAMS));
  if (found !== undefined) return { path: found.path, version: found.version };
  throw new EdgefirstError(
    `${name} is not installed on this machine.`,
    `Install it with npm run programs, or set ${environmentVariable(name)} to its path. The pod then starts automatically.`,
  );
}
