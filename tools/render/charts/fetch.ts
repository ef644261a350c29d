import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { omit } from "../../../lib/omit.ts";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { userCache } from "../../../lib/user-cache.ts";
import { NotRenderable } from "../rendered.ts";
import { sha256 } from "./chart.ts";
import { HttpCharts } from "./http-repository.ts";
import { fetchOciChart } from "./oci.ts";
import type { FetchChart } from "./supply.ts";

/** How long the digest that a tag or a range resolved to counts: a day. */
const FRESH_MS = 24 * 60 * 60 * 1000;

/** Charts in the user's cache, by the digest of the archive, and the digest that each reference resolved to. */
export class ChartCache {
  readonly #directory: string;

  constructor(env: NodeJS.ProcessEnv) {
    this.#directory = join(userCache(env), "charts");
  }

  /** The archive that a reference resolved to within the last day; undefined if there is none, or its content does not match its digest. */
  resolved(reference: string): string | undefined {
    const file = this.#referenceFile(reference);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    return age < FRESH_MS ? this.archive(readFileSync(file, "utf8")) : undefined;
  }

  /** The archive with this digest; undefined if the cache does not have it, or its content does not match. */
  archive(digest: string): string | undefined {
    const path = this.#archiveFile(digest);
    if (!existsSync(path)) return undefined;
    return digest === sha256(readFileSync(path)) ? path : undefined;
  }

  /** Moves a downloaded archive, whose digest has been checked, into the cache. */
  keep(reference: string, digest: string, file: string): string {
    const path = this.#archiveFile(digest);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(file, path);
    writeFileAtomic(this.#referenceFile(reference), digest);
    return path;
  }

  /** The path of a file for a download. */
  download(): string {
    return join(this.#directory, "downloads", crypto.randomUUID());
  }

  #archiveFile(digest: string): string {
    return join(this.#directory, "archives", `${digest.replace(/^sha256:/, "").replace(/\W/g, "")}.tgz`);
  }

  #referenceFile(reference: string): string {
    return join(this.#directory, "references", createHash("sha256").update(reference).digest("hex"));
  }
}

/** Fetches charts from OCI registries and HTTP repositories, without logins, through the user's cache. */
export function chartFetcher(env: NodeJS.ProcessEnv): FetchChart {
  const cache = new ChartCache(env);
  const http = new HttpCharts();
  return async (reference) => {
    if (reference.needsLogin) throw new NotRenderable("the source of its chart needs a login");
    const key = JSON.stringify(omit(reference, "valuesFiles", "needsLogin"));
    const known = cache.resolved(key);
    if (known !== undefined) return known;
    const file = cache.download();
    mkdirSync(dirname(file), { recursive: true });
    try {
      const digest =
        reference.kind === "oci"
          ? await fetchOciChart(reference, file, env)
          : await http.fetch(reference, file);
      return cache.keep(key, digest, file);
    } catch (error) {
      if (error instanceof EdgefirstError)
        throw new NotRenderable(
          `its chart cannot be fetched: ${error.message.replace(/\.?(?:\n[^]*)?$/, "")}`,
        );
      throw error;
    } finally {
      rmSync(file, { force: true });
    }
  };
}
