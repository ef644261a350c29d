import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { appContainers } from "./app-template.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields, list, text, texts } from "../engine/read.ts";
import { chartOf, localReleases, valuesOf } from "./helm.ts";
import { DEPLOYMENT } from "./kinds.ts";
import { argumentsOf, containersOf, type Container } from "./workloads.ts";

const ROUTES = "gateway-httproute";

/**
 * The external-dns programs that read no HTTPRoutes: as Deployments, in app-template, and as releases of their chart. Source: values.yaml and
 * templates/deployment.yaml of chart external-dns in github.com/kubernetes-sigs/external-dns.
 * @returns undefined if the objects hold no external-dns, or one that reads HTTPRoutes or may do so
 */
export const dnsWithoutRoutes = oncePer((objects: ObjectIndex): KubeObject | undefined => {
  const programs = [
    ...[
      ...objects.ofKind(DEPLOYMENT).map((object) => ({ object, containers: containersOf(object) })),
      ...localReleases(objects).map((object) => ({ object, containers: appContainers(object, objects) })),
    ].flatMap(({ object, containers }) =>
      containers
        .filter(isExternalDns)
        .map((container) => ({ object, sources: sourcesIn(argumentsOf(container)) }))
        // Without an argument, they come from the environment.
        .map(({ sources, ...one }) => ({ ...one, sources: sources.length > 0 ? sources : undefined })),
    ),
    ...localReleases(objects)
      .filter((release) => chartOf(release, objects).name === "external-dns")
      .map((object) => ({ object, sources: sourcesOf(object, objects) })),
  ];
  const readsNone = programs.every(({ sources }) => sources !== undefined && !sources.includes(ROUTES));
  return readsNone ? programs[0]?.object : undefined;
});

/** Whether a container runs external-dns. */
export function isExternalDns({ spec }: Container): boolean {
  return /(?:^|\/)external-dns(?:[:@]|$)/.test(text(spec.image) ?? "");
}

/** The sources in the chart's values; undefined if some values are not known. */
function sourcesOf(release: KubeObject, objects: ObjectIndex): readonly string[] | undefined {
  const { values, complete } = valuesOf(release, objects);
  if (!complete) return undefined;
  const { sources, extraArgs } = values;
  // `extraArgs` is a list of arguments or a map of flags.
  const { source } = fields(extraArgs);
  return [...texts(sources), ...sourcesIn(texts(extraArgs)), ...texts(list(source)), ...texts([source])];
}

function sourcesIn(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) =>
    argument === "--source" ? (args[index + 1] ?? []) : (/^--source=(.*)$/.exec(argument)?.[1] ?? []),
  );
}
