import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import * as esbuild from "esbuild";
import type { Metafile, Plugin } from "esbuild";
import { VERBS } from "../../cli/verbs.ts";

const ROOT = join(import.meta.dirname, "../../..");
const COMMANDS = join(ROOT, "tools/cli/commands");
const KUBECONFIG = join(ROOT, "kube/kubeconfig.ts");

/** The code in kube/kubeconfig.ts that loads the whole client library, and the only module of that library that the bundle includes. */
const LIBRARY = 'createRequire(import.meta.url)("@kubernetes/client-node")';
const CONFIG_MODULE = join(ROOT, "node_modules/@kubernetes/client-node/dist/config.js");

/**
 * Bundles the command line into JavaScript for Node 20 that needs no other packages.
 * @returns a description of what the bundle contains
 */
export async function bundle(directory: string): Promise<Metafile> {
  const { metafile } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: { edgefirst: "tools/cli/packed/main.ts" },
    outdir: directory,
    bundle: true,
    // Each command gets a separate file, which is loaded only when that command runs.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Identifiers are not minified, so that stack traces stay readable.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    // CommonJS packages call `require`.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    plugins: [projectCommands, sourcePaths],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}

/** Leaves out the commands that the package runs from the user's project instead of from itself. */
const projectCommands: Plugin = {
  name: "project-commands",
  setup(build) {
    const files = new Set(VERBS.filter(({ inProject }) => inProject).map(({ name }) => `${name}.ts`));
    build.onResolve({ filter: /^\.\.\// }, ({ path, importer, kind }) =>
      kind === "dynamic-import" && dirname(importer) === COMMANDS && files.has(basename(importer))
        ? { path, namespace: "project-command" }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "project-command" }, () => ({ contents: "export {};" }));
  },
};

/** Lets source files find the data files next to them: the package has the data files at the same paths as the project, but all code at its top level. */
const sourcePaths: Plugin = {
  name: "source-paths",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (path === KUBECONFIG) return { contents: bundledLibrary(source), loader: "ts" };
      if (!source.includes("import.meta.")) return undefined;
      const directory = JSON.stringify(`./${relative(ROOT, dirname(path))}`);
      const contents = source
        .replaceAll(
          "import.meta.url",
          `new URL(${JSON.stringify(`./${relative(ROOT, path)}`)}, import.meta.url).href`,
        )
        .replaceAll("import.meta.dirname", `__toPath(new URL(${directory}, import.meta.url))`)
        .replace(/^/, 'import { fileURLToPath as __toPath } from "node:url";');
      return { contents, loader: "ts" };
    });
  },
};

/** Leaves out the client library's 1,000 generated modules. */
function bundledLibrary(source: string): string {
  if (!source.includes(LIBRARY)) throw new Error(`kube/kubeconfig.ts no longer contains ${LIBRARY}.`);
  return source.replace(LIBRARY, `require(${JSON.stringify(CONFIG_MODULE)})`);
}
