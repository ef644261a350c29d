import {
  ENABLED_ANNOTATION,
  ENDPOINT_ANNOTATION,
  type Template,
} from "../../../../kube/gatus-annotations.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import type { Path } from "../../../../policy/engine/path.ts";
import { allRoutes } from "../../../../policy/objects/routes.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { locate, type Position, SourceFile } from "../../../gitops/yaml/source.ts";
import { originAt, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import { edited, type EditedText } from "../../not-editable.ts";

/** A route in one cluster, and where it is written. */
export interface PlacedRoute {
  readonly cluster: BuiltCluster;
  readonly built: BuiltObject;
  readonly route: KubeObject;
  /** The file, document and path of the mapping that holds the annotations; the same for all clusters that read the file. */
  readonly place: Place;
}

export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly path: Path;
  readonly position: Position;
}

/** The routes in a cluster that come from files in the repository. */
export function placedRoutes(cluster: BuiltCluster): readonly PlacedRoute[] {
  const builtOf = new Map(cluster.objects.map((built) => [asKubeObject(built.object), built]));
  return allRoutes(indexOf(cluster)).flatMap(({ route, source, path }) => {
    const built = builtOf.get(source);
    if (!built || !(built.origin.source instanceof SourceFile)) return [];
    const holder = path(["metadata"]);
    const position = locate(originAt(built.object, holder));
    const { offset } = built.origin;
    return [
      { cluster, built, route, place: { file: built.origin.source.file, offset, path: holder, position } },
    ];
  });
}

/** Identifies the location of a route in a file. */
export function placeKey({ file, offset, path }: Place): string {
  return JSON.stringify([file, offset, path]);
}

/** The annotations for a route: `enabled` always, the endpoint if it differs from the default. */
export function annotations(fragment?: Template): Readonly<Record<string, string>> {
  const endpoint =
    fragment && Object.keys(fragment).length > 0 ? writeYaml(fragment as Mapping).trimEnd() : undefined;
  return { [ENABLED_ANNOTATION]: "true", ...(endpoint !== undefined && { [ENDPOINT_ANNOTATION]: endpoint }) };
}

/** The text with the missing annotations added. */
export function withAnnotations(
  text: string,
  original: string,
  { offset, path }: Place,
  added: Record<string, string>,
): EditedText {
  const edit = new YamlEdit(text);
  const document = (original === text ? edit : new YamlEdit(original)).documentAt(offset);
  const holder = [...path, "annotations"];
  const missing = Object.entries(added).filter(([name]) => !edit.has(document, [...holder, name]));
  const lines = writeYaml(Object.fromEntries(missing));
  if (missing.length === 0) return { text };
  const done = edit.has(document, holder)
    ? edit.insert(document, holder, lines)
    : edit.insert(document, path, `annotations:\n${lines.replace(/^(?=.)/gm, "  ")}`);
  return edited(edit, done);
}
