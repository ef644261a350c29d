import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { GitRepository } from "./git.ts";
import { listening } from "./listening.ts";

/** A repository served over http on this machine (`git http-backend`). */
export interface GitServer {
  readonly url: string;
  close(): void;
}

export async function serveGit(repository: GitRepository): Promise<GitServer> {
  // Like hosting services: allows any commit by its hash, and filtered fetches.
  repository.git("config", "uploadpack.allowAnySHA1InWant", "true");
  repository.git("config", "uploadpack.allowFilter", "true");
  const server = createServer((request, response) => {
    runBackend(repository.dir, request, response);
  });
  return {
    url: `http://${await listening(server)}/.git`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function runBackend(dir: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const header = (name: string): string => String(request.headers[name] ?? "");
  const backend = spawn("git", ["http-backend"], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: dir,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: header("git-protocol"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      CONTENT_TYPE: header("content-type"),
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      REQUEST_METHOD: request.method,
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  // It may have responded before reading everything.
  backend.stdin.on("error", () => undefined);
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  backend.on("close", () => {
    answer(Buffer.concat(chunks), response);
  });
}

/** The output of a CGI program (RFC 3875, 6.2): headers, an empty line, the body. */
function answer(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf("\r\n\r\n");
  for (const line of output.subarray(0, end).toString().split("\r\n")) {
    const [name = "", value = ""] = line.split(/: (.*)/s);
    if (name === "Status") response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}
