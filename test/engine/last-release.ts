import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { imageVersion, loadPins } from "../../config/pins.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { PROJECT } from "../support/engine.ts";
import { GitRepository } from "../support/git.ts";
import { checkoutProgram } from "../support/program-checkout.ts";

/** What a release before the current one runs. */
export interface LastRelease {
  /** Version of Traefik, such as `3.6.12`. */
  readonly traefikVersion: string;
  /** Path of the program. */
  readonly traefik: string;
  /** Directory with the Gateway API's CRDs. */
  readonly definitions: string;
}

/** Prints a {@link LastRelease}, in the folder of a checkout. */
const FIND_PROGRAMS = `
  const { resolveProgram } = await import("./tools/toolchain/resolve.ts");
  const { moduleDirectory } = await import("./tools/toolchain/modules.ts");
  const { path, version } = await resolveProgram("traefik", { progress: () => undefined });
  const module = await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api");
  const definitions = module + "/config/crd/standard";
  console.log(JSON.stringify({ traefikVersion: version, traefik: path, definitions }));`;

/** A checkout of the program, at first as it was before release.yaml got its current Traefik. */
export class ReleaseCheckout {
  readonly #repository = new GitRepository();

  constructor() {
    const archive = execFileSync("git", ["-C", PROJECT, "archive", `${commitOfCurrentTraefik()}^`], {
      maxBuffer: 2 ** 28,
    });
    execFileSync("tar", ["-x", "-C", this.dir], { input: archive });
    this.#installPackages();
    this.#repository.commit({ ".gitignore": "node_modules\n" });
  }

  get dir(): string {
    return this.#repository.dir;
  }

  /** Finds what it runs; builds what the toolchain's cache does not have. */
  programs(): LastRelease {
    const node = ["--input-type=module", "--eval", FIND_PROGRAMS];
    const output = execFileSync(process.execPath, node, { cwd: this.dir, encoding: "utf8" });
    return JSON.parse(output) as LastRelease;
  }

  /** Replaces the program by the current one, as `git pull` would. */
  update(): void {
    const isGit = (path: string): boolean => basename(path) === ".git";
    for (const name of readdirSync(this.dir).filter((entry) => !isGit(entry)))
      rmSync(join(this.dir, name), { recursive: true });
    const current = checkoutProgram();
    cpSync(current.dir, this.dir, { recursive: true, filter: (path) => !isGit(path) });
    this.#repository.commit({});
  }

  /** The release's own packages, because a program refuses others than those of its lockfile. */
  #installPackages(): void {
    const [own, current] = [this.dir, PROJECT].map((dir) =>
      readFileSync(join(dir, "package-lock.json"), "utf8"),
    );
    if (own === current) symlinkSync(join(PROJECT, "node_modules"), join(this.dir, "node_modules"));
    else
      execFileSync("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"], {
        cwd: this.dir,
        stdio: "pipe",
      });
  }
}

function commitOfCurrentTraefik(): string {
  const version = imageVersion(loadPins().images.traefik);
  const search = ["log", "--reverse", "--format=%H", `-Straefik:v${version}@`, "--", "release.yaml"];
  const [commit = ""] = execFileSync("git", ["-C", PROJECT, ...search], { encoding: "utf8" }).split("\n");
  if (commit !== "") return commit;
  throw new EdgefirstError(
    `The history of ${PROJECT} does not contain the release before Traefik ${version}.`,
    "Fetch it: git fetch --unshallow",
  );
}
