import type { Path } from "../../../../policy/engine/path.ts";
import { at } from "../../../../policy/engine/read.ts";
import type { Mapping, PathStep, Value } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { scalarsIn, Texts } from "../../texts.ts";
import type { Probes } from "./missing.ts";

/** Probes as YAML; what the startup probe has in common with the liveness probe keeps its quotes, and becomes an alias where that has an anchor. */
export function probeLines(probes: Probes, edit: YamlEdit, document: number, container: Path): string {
  const written = structuredClone(probes) as Mapping;
  const texts = new Texts();
  for (const { value, path } of scalarsIn(written.startup ?? null)) {
    if (OWN.has(path.at(-1) ?? "")) continue;
    const text = textOf(value, { edit, document, container }, path);
    if (text !== undefined) setAt(written.startup, path, texts.hold(text));
  }
  return texts.fill(writeYaml(written));
}

/** What the startup probe does not have from the liveness probe. */
const OWN: ReadonlySet<PathStep> = new Set(["initialDelaySeconds", "periodSeconds", "failureThreshold"]);

interface Place {
  readonly edit: YamlEdit;
  readonly document: number;
  readonly container: Path;
}

/** How the liveness probe writes a value; undefined if it has another one there, or writes it plainly. */
function textOf(value: Value, place: Place, path: readonly PathStep[]): string | undefined {
  const { edit, document, container } = place;
  const steps: PathStep[] = [...container, "probes", "liveness", ...path];
  const text = edit.scalarAt(document, steps);
  if (text === undefined || !/^["'&*]/.test(text)) return undefined;
  const anchor = anchorFor(place, steps);
  if (anchor !== undefined) return `*${anchor}`;
  const quoted = text.replace(/^&\S+ /, "");
  return typeof value === "string" && /^["']/.test(quoted) ? quoted : undefined;
}

/** The anchor of a scalar, if it precedes the last probe. */
function anchorFor({ edit, document, container }: Place, scalar: readonly PathStep[]): string | undefined {
  const later = ["readiness", "liveness"].map((probe) => [...container, "probes", probe]);
  return later.flatMap((path) => edit.anchorOf(document, scalar, path) ?? [])[0];
}

function setAt(value: Value | undefined, path: readonly PathStep[], text: string): void {
  const holder = at(value, path.slice(0, -1)) as Record<PathStep, Value> | undefined;
  const last = path.at(-1);
  if (holder !== undefined && last !== undefined) holder[last] = text;
}
