import { formatPath } from "../../../../../policy/engine/path.ts";
import { INGRESS } from "../../../../gitops/flux/field-types/kubernetes.ts";
import { MIDDLEWARE } from "../../../../gitops/flux/field-types/traefik.ts";
import {
  METADATA,
  strings,
  TEXT_MAP,
  TEXTS,
  type FieldType,
} from "../../../../gitops/flux/field-types/notation.ts";
import { unknownFields } from "../../../../gitops/flux/field-types/unknown-fields.ts";
import { locate } from "../../../../gitops/yaml/source.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";

/** Not descended into: the step judges its fields where it reads them, or moves it to the listener. */
const JUDGED_ELSEWHERE: FieldType = "string";

/** Metadata that a manifest may contain although the API server writes it: it has no effect there. */
const WRITTEN_BY_SERVER = strings(
  ...["creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation"],
  ...["managedFields", "resourceVersion", "selfLink", "uid"],
);

const objectWith = (spec: FieldType): FieldType => ({
  fields: {
    ...strings("apiVersion", "kind", "status"),
    // No step changes a file with it.
    sops: JUDGED_ELSEWHERE,
    metadata: { fields: { ...METADATA.fields, ...WRITTEN_BY_SERVER } },
    spec,
  },
});

const TLS: FieldType = { list: { fields: { ...strings("secretName"), hosts: TEXTS } } };
const SERVICE: FieldType = { fields: strings("identifier", "name", "port") };

const TYPES = {
  Ingress: objectWith(INGRESS),
  /** Source: traefik.io_ingressroutes.yaml in github.com/traefik/traefik. */
  IngressRoute: objectWith({
    fields: {
      ...strings("ingressClassName"),
      entryPoints: TEXTS,
      routes: {
        list: {
          fields: {
            ...strings("kind", "match", "priority", "syntax"),
            middlewares: { list: { fields: strings("name", "namespace") } },
            observability: JUDGED_ELSEWHERE,
            services: JUDGED_ELSEWHERE,
          },
        },
      },
      tls: JUDGED_ELSEWHERE,
    },
  }),
  Middleware: objectWith(MIDDLEWARE),
  /** Source: ingress.json of the library behind app-template. */
  "app-template's ingress": {
    fields: {
      ...strings("className", "enabled", "forceRename", "nameOverride", "prefix", "suffix"),
      annotations: TEXT_MAP,
      defaultBackend: JUDGED_ELSEWHERE,
      labels: TEXT_MAP,
      hosts: {
        list: {
          fields: {
            ...strings("host"),
            paths: { list: { fields: { ...strings("path", "pathType"), service: SERVICE } } },
          },
        },
      },
      tls: TLS,
    },
  },
} as const satisfies Record<string, FieldType>;

/**
 * Why an Ingress stays whose fields the step does not all know, for example because an allow list is below `spec.annotations`: the API server rejects
 * it, but would accept a route without the list.
 */
export function whyNotAllKnown(values: Mapping, kind: keyof typeof TYPES): readonly string[] {
  return unknownIn(values, kind).map(
    (field) =>
      `${field} is not a field of ${kind} that this step knows, and a route would not have it: move it to its place or remove it`,
  );
}

/** The fields of an object that the step does not know, each with its place: `spec.annotations (apps/web.yaml:7)`. */
export function unknownIn(values: Mapping, kind: keyof typeof TYPES): readonly string[] {
  return unknownFields(values, TYPES[kind]).map(({ path, origin }) => {
    const { file, line } = locate(origin);
    return `${formatPath(path)} (${file}:${line})`;
  });
}
