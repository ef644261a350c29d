import type { IncomingMessage } from "node:http";
import { readBody } from "../../../kube/http.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { http } from "../../../lib/node-http.ts";
import type { LocalProgram } from "./programs-server.ts";

/**
 * Asks the server of programs for one.
 * @param version the preferred version, from the tag of the image
 * @throws EdgefirstError if it is not installed.
 */
export async function askForProgram(socketPath: string, name: string, version = ""): Promise<LocalProgram> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    http
      .request({ socketPath, path: `/programs/${name}/${version}` }, resolve)
      .on("error", reject)
      .end();
  });
  // Throws if the server exits before it has sent the whole response.
  const answer = await readBody(response);
  if (response.statusCode !== 200) throw new EdgefirstError(String(answer));
  return answer as LocalProgram;
}
