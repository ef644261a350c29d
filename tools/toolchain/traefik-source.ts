import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { moduleDirectory } from "./modules.ts";
import type { Preparation } from "./provider-schema.ts";

const LEGO = "github.com/go-acme/lego/v5";

/**
 * Completes the copy of lego, Traefik's ACME client, next to go.mod. Its DNS providers are left out: they need about 150 more modules, and the Go module proxy does
 * not serve all of them.
 */
export async function prepareTraefik({ directory, ...go }: Preparation): Promise<void> {
  const pins = join(directory, "go.mod");
  const version = /^\tgithub\.com\/go-acme\/lego\/v5 (v\S+)/m.exec(await readFile(pins, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${pins} does not require ${LEGO}`);
  const source = await moduleDirectory("traefik", `${LEGO}@${version}`, go);
  const files = await readdir(source, { recursive: true });
  for (const file of files.filter(isNeeded)) {
    const target = join(directory, "lego", file);
    await mkdir(dirname(target), { recursive: true });
    // Written rather than copied: files in the module cache are read-only, and copies would be read-only too.
    await writeFile(target, await readFile(join(source, file)));
  }
}

/** Whether Traefik needs a file of lego: a source file of its library, apart from the providers. */
function isNeeded(file: string): boolean {
  return /^(?!cmd\/|e2e\/|providers\/).*\/.*(?<!_test)\.go$/.test(file);
}
