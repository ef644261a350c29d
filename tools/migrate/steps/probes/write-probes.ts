import type { Path } from "../../../../policy/engine/path.ts";
import { at, fields } from "../../../../policy/engine/read.ts";
import type { Mapping, PathStep } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { Probes } from "./missing.ts";

/** Marks an alias until the text is written; a private-use character, so that no value contains it. */
const ALIAS = "\uE000";
const HANDLERS = ["httpGet", "tcpSocket", "grpc"];

/** Probes as YAML; if the liveness probe's port has an anchor, the startup probe uses its alias. */
export function probeLines(probes: Probes, edit: YamlEdit, document: number, container: Path): string {
  const written = structuredClone(probes) as Record<string, Record<string, unknown>>;
  const spec = fields(written.startup?.spec) as Record<string, unknown>;
  for (const handler of HANDLERS) {
    const steps: PathStep[] = [...container, "probes", "liveness", "spec", handler, "port"];
    const name =
      at(spec, [handler, "port"]) === undefined ? undefined : anchorFor(edit, document, container, steps);
    if (name !== undefined) spec[handler] = { ...fields(spec[handler]), port: ALIAS + name };
  }
  return writeYaml(written as Mapping).replaceAll(ALIAS, "*");
}

/** The anchor on a port, if it precedes the last probe. */
function anchorFor(
  edit: YamlEdit,
  document: number,
  container: Path,
  port: readonly PathStep[],
): string | undefined {
  const later = ["readiness", "liveness"].map((probe) => [...container, "probes", probe]);
  return later.flatMap((path) => edit.anchorOf(document, port, path) ?? [])[0];
}
