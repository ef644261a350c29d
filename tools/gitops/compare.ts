import { execFile } from "node:child_process";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { kustomizeBuild } from "./kustomize/kustomize.ts";
import { readKustomizationFile } from "./kustomize/kustomization-file.ts";
import { resourcesOf } from "./kustomize/document-objects.ts";
import { scalarText } from "./kustomize/resource.ts";
import { parseYaml } from "./yaml/parse.ts";
import type { Repository } from "./yaml/repository.ts";
import { SourceFile, startOf } from "./yaml/source.ts";
import { isMapping, type Mapping, type Value } from "./yaml/values.ts";
import { BuildError } from "./problem.ts";

const run = promisify(execFile);

/** The result of comparing the offline build of a kustomization with the real program's build. */
export interface Comparison {
  readonly directory: string;
  /** Number of objects. */
  readonly objects: number;
  /** `refused`: both reject the kustomization. */
  readonly outcome: "equal" | "refused" | "different";
  /** One line per difference. */
  readonly differences: readonly string[];
}

/** Builds a directory both offline and with `command` (`kustomize build` or `kubectl kustomize`), and compares the objects. */
export async function compareBuild(
  repository: Repository,
  directory: string,
  command: readonly string[],
): Promise<Comparison> {
  const [program = "", ...args] = command;
  const ours = attempt(() => {
    const from = startOf(directory);
    const built = kustomizeBuild(readKustomizationFile(repository, directory, from), repository);
    return index(built.map(({ object }) => object));
  });
  let theirs: ReadonlyMap<string, Mapping> | string;
  try {
    const { stdout } = await run(program, [...args, join(repository.root, directory)], {
      maxBuffer: 1 << 28,
    });
    const { documents } = parseYaml(new SourceFile("output", stdout));
    theirs = index(
      documents.flatMap(({ value, origin }) => resourcesOf(value, origin)).map(({ object }) => object),
    );
  } catch (error) {
    theirs = String((error as { stderr?: string }).stderr ?? error).trim();
  }
  if (typeof ours === "string" || typeof theirs === "string") {
    const both = typeof ours === "string" && typeof theirs === "string";
    const differences = [`offline: ${describe(ours)}`, `${program}: ${describe(theirs)}`];
    return { directory, objects: 0, outcome: both ? "refused" : "different", differences };
  }
  const differences = difference(ours, theirs);
  return {
    directory,
    objects: ours.size,
    outcome: differences.length === 0 ? "equal" : "different",
    differences,
  };
}

function attempt(build: () => ReadonlyMap<string, Mapping>): ReadonlyMap<string, Mapping> | string {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const { message, position } = error.problem;
    return `${position.file}:${position.line}: ${message}`;
  }
}

const describe = (outcome: ReadonlyMap<string, Mapping> | string): string =>
  typeof outcome === "string" ? outcome : `builds ${outcome.size} objects`;

function index(objects: readonly Mapping[]): ReadonlyMap<string, Mapping> {
  return new Map(
    objects.map((object) => {
      const metadata = isMapping(object.metadata) ? object.metadata : {};
      const id = `${scalarText(object.apiVersion)} ${scalarText(object.kind)} ${scalarText(metadata.namespace)}/${scalarText(metadata.name)}`;
      return [id, JSON.parse(JSON.stringify(object)) as Mapping];
    }),
  );
}

function difference(
  ours: ReadonlyMap<string, Mapping>,
  theirs: ReadonlyMap<string, Mapping>,
): readonly string[] {
  const lines: string[] = [];
  for (const id of new Set([...ours.keys(), ...theirs.keys()])) {
    const [own, other] = [ours.get(id), theirs.get(id)];
    if (own === undefined) lines.push(`${id}: missing in the offline build`);
    else if (other === undefined) lines.push(`${id}: only in the offline build`);
    else lines.push(...differentFields(own, other, "").map((line) => `${id}: ${line}`));
  }
  return lines;
}

function differentFields(own: Value | undefined, other: Value | undefined, path: string): readonly string[] {
  if (isDeepStrictEqual(own, other)) return [];
  if (isMapping(own) && isMapping(other)) {
    const keys = new Set([...Object.keys(own), ...Object.keys(other)]);
    return [...keys].flatMap((key) => differentFields(own[key], other[key], `${path}.${key}`));
  }
  return [
    `${path}: ${JSON.stringify(own)} in the offline build, ${JSON.stringify(other)} in the program's build`,
  ];
}
