import { spawn, type ChildProcessByStdio } from "node:child_process";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Mapping } from "./yaml/values.ts";

/** One Flux Kustomization to build. */
export interface FluxBuildRequest {
  /** Absolute path of the directory with the files from the Kustomization's source. */
  readonly root: string;
  readonly kustomization: Mapping;
  /** ConfigMaps and Secrets that `substituteFrom` may name. */
  readonly sources?: readonly Mapping[];
  /** Whether a variable without a value and without a default is an error, as with the feature gate StrictPostBuildSubstitutions. */
  readonly strict?: boolean;
}

/** The objects that kustomize-controller would apply, in the order in which it would apply them, or the error that it would report. */
export type FluxBuildAnswer = { readonly objects: readonly Mapping[] } | { readonly error: string };

/** Hides git and names a proxy that does not exist, so that a build with remote resources fails immediately. */
const ENVIRONMENT = {
  PATH: "",
  TMPDIR: tmpdir(),
  HTTP_PROXY: "http://127.0.0.1:9",
  HTTPS_PROXY: "http://127.0.0.1:9",
  // Makes Go collect garbage less often, since builds are short and numerous.
  GOGC: "400",
};

/** Runs the toolchain's `flux-build` program, which builds Flux Kustomizations as kustomize-controller does, without a cluster. */
export class FluxBuild {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  /** The last lines that the program wrote to standard error. */
  #log = "";

  constructor(program: string) {
    this.#process = spawn(program, { stdio: ["pipe", "pipe", "pipe"], env: ENVIRONMENT });
    this.#process.stderr.on("data", (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-2000);
    });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Handles one request at a time: wait for the result before sending the next request. */
  async build(request: FluxBuildRequest): Promise<FluxBuildAnswer> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(`flux-build exited before returning a result: ${this.#log}`);
    const { objects, error } = JSON.parse(answer.value) as { objects: Mapping[] | null; error?: string };
    return error === undefined ? { objects: objects ?? [] } : { error };
  }

  close(): void {
    this.#process.stdin.end();
  }
}
