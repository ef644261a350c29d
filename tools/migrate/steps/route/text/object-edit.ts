import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { settleAnchors } from "../../../../gitops/edit/anchors.ts";
import { writeYaml } from "../../../../gitops/edit/write-yaml.ts";
import type { YamlEdit } from "../../../../gitops/edit/yaml-edit.ts";
import { fieldsIn } from "../../../objects.ts";
import type { Obstacle } from "../../../../gitops/edit/obstacles.ts";
import { carriedYaml, COPIED, indented, mergeObstacle, Scalars } from "./carry.ts";
import type { MovingComments } from "./comment-places.ts";

/** HTTPRoutes as YAML, the first one with the lines of the Ingress's metadata and the comments there, unless the Ingress stays. */
export function routeTexts(
  routes: readonly Mapping[],
  { ingress, comments }: { readonly ingress: Mapping; readonly comments: MovingComments | undefined },
  edit: YamlEdit,
  offset: number,
): readonly string[] | { readonly obstacle: Obstacle } {
  const document = edit.documentAt(offset);
  const going = edit.anchorsBelow(document, [[]]);
  const place = { edit, document, path: ["spec"] };
  const spec = fieldsIn(ingress, ["spec"]);
  const gap = edit.isSeparated(document, ["spec"]) ? "\n" : "";
  const scalars = new Scalars(spec, place, (backend) => portText(backend, spec));
  const texts: string[] = [];
  for (const [index, route] of routes.entries()) {
    const isFirst = index === 0 && comments !== undefined;
    const copied = isFirst ? ["name", "namespace", ...COPIED] : [];
    const { metadata, spec: own = null, ...head } = route;
    const change = { from: fieldsIn(ingress, ["metadata"]), to: isMapping(metadata) ? metadata : {} };
    const metadataPlace = { ...place, path: ["metadata"], ...(comments && { comments }) };
    const lost = isFirst ? mergeObstacle(change, metadataPlace) : undefined;
    if (lost) return { obstacle: lost };
    const fields = carriedYaml(change.to, copied, metadataPlace);
    const body = indented(scalars.write(isMapping(own) ? own : {}, [], place));
    const text = `${writeYaml(head)}metadata:\n${indented(fields)}${gap}spec:\n${body}`;
    const settled = settleAnchors(text, { standing: new Set(), going, all: going });
    if ("anchor" in settled) return { obstacle: edit.obstacleOf(settled.anchor) };
    texts.push(settled.text);
  }
  return texts;
}

/** The number of a port, with the name that the Ingress uses as a comment. */
function portText({ name, port }: Mapping, spec: Value): string | undefined {
  const ports = new Set(portsOf(spec, scalarText(name)));
  const [only] = ports;
  return typeof only === "string" && ports.size === 1 ? `${scalarText(port)} # ${only}` : undefined;
}

/** The ports of a Service to which backends refer, by name or number. */
function portsOf(value: Value | undefined, service: string): readonly Value[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, port } = isMapping(value) ? value : {};
  const own = name !== service ? undefined : isMapping(port) ? (port.name ?? port.number) : port;
  const below = Object.values(value).flatMap((inner: Value) => portsOf(inner, service));
  return own === undefined ? below : [own, ...below];
}
