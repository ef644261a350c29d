import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { readBody } from "../../../kube/http.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { resolveProgram } from "../../toolchain/resolve.ts";

/** A program of the toolchain, found or built. */
export interface LocalProgram {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

/** Resolves programs of the toolchain for the private network, which has no route to a module proxy: `GET /programs/<name>`. */
export function servePrograms(path: string, log: (line: string) => void): Promise<void> {
  const resolving = new Map<string, Promise<LocalProgram>>();
  const resolve = (name: string): Promise<LocalProgram> => {
    const known = resolving.get(name);
    if (known !== undefined) return known;
    const found = resolveProgram(name, { progress: log });
    resolving.set(name, found);
    // A failure is not cached: Go or the program may be installed by the next request.
    found.catch(() => resolving.delete(name));
    return found;
  };
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => {
    resolve(incoming.url?.split("/").at(-1) ?? "").then(
      (program) => response.end(JSON.stringify({ path: program.path, version: program.version })),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(error instanceof Error ? error.message : String(error));
      },
    );
  });
  return new Promise((done, reject) => {
    server.once("error", reject).listen(path, done);
  });
}

/**
 * Asks {@link servePrograms} for a program. If it has to be built, the answer takes minutes.
 * @throws EdgefirstError with the reason if it can be neither found nor built.
 */
export async function askForProgram(socketPath: string, name: string): Promise<LocalProgram> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path: `/programs/${name}` }, resolve)
      .on("error", reject)
      .end();
  });
  // Throws if the other side exits in the middle of its answer.
  const answer = await readBody(response);
  if (response.statusCode !== 200) throw new EdgefirstError(String(answer));
  return answer as LocalProgram;
}
