import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { runStep, type StepResult } from "../../../tools/migrate/run.ts";
import type { FileChange, Step, StepContext } from "../../../tools/migrate/step.ts";

/** Each file's text, its only document, or its documents. */
export type Files = Readonly<Record<string, string | object | readonly object[]>>;

/** A Flux Kustomization for a path in the repository itself. */
export const kustomization = (name: string, path: string, spec: object = {}): object => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { name, namespace: "flux-system" },
  spec: { path, prune: true, sourceRef: { kind: "GitRepository", name: "home" }, ...spec },
});

/** The source of {@link kustomization}. */
export const SOURCE = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "GitRepository",
  metadata: { name: "home", namespace: "flux-system" },
  spec: { interval: "1h", url: "https://git.example.com/home" },
};

/** A HelmRelease of a chart from a HelmRepository. */
export const helmRelease = (name: string, namespace: string, chart: string, values: object): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name, namespace },
  spec: {
    chart: { spec: { chart, version: "4.4.0", sourceRef: { kind: "HelmRepository", name: "a" } } },
    values,
  },
});

/** A step that makes these changes, as far as they are selected. */
export const stepThat = (
  changes: readonly FileChange[],
  whyForbidden: Step["whyForbidden"] = () => undefined,
): Step => ({
  id: "test",
  title: "A step of the test",
  risk: { level: "low", phrase: "none" },
  live: [],
  plan: ({ selected }) => ({ changes: changes.filter(({ path }) => selected(path)), notes: [] }),
  whyForbidden,
});

/** What distinguishes an Ingress from that of `web` in `apps`. */
interface IngressFields {
  readonly name?: string;
  readonly namespace?: string;
  readonly ingressClassName: string;
  readonly annotations?: object;
  readonly host?: string;
  readonly path?: string;
  /** Further fields of its spec. */
  readonly more?: object;
}

/** An Ingress with one path, whose Service has the same name. */
export const ingressWith = ({ name = "web", namespace = "apps", ...fields }: IngressFields): object => {
  const { ingressClassName, annotations = {}, host = "web.example.com", path = "/", more = {} } = fields;
  const paths = [{ path, pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace, annotations },
    spec: { ingressClassName, rules: [{ host, http: { paths } }], ...more },
  };
};

const GATEWAY_API = "gateway.networking.k8s.io/v1";

/** A listener that admits the routes of all namespaces. */
export const listener = (name: string, protocol: string, port: number): object => ({
  ...{ name, protocol, port },
  allowedRoutes: { namespaces: { from: "All" } },
});

/** A Gateway; without other listeners, it has one for plain HTTP. */
export const gatewayWith = (
  metadata: { readonly name: string; readonly namespace: string },
  gatewayClassName: string,
  listeners: readonly object[] = [listener("http", "HTTP", 80)],
): object => ({ apiVersion: GATEWAY_API, kind: "Gateway", metadata, spec: { gatewayClassName, listeners } });

/** A GatewayClass of a controller. */
export const gatewayClass = (name: string, controllerName: string): object => ({
  apiVersion: GATEWAY_API,
  kind: "GatewayClass",
  metadata: { name },
  spec: { controllerName },
});

/** A temporary repository with these files; the options are those of `.edgefirst/migrate.yaml`. */
export function withRepository<T>(files: Files, options: object, use: (context: StepContext) => T): T {
  const root = mkdtempSync(join(tmpdir(), "edgefirst-planning-"));
  try {
    for (const [path, content] of Object.entries({ ...files, ".edgefirst/migrate.yaml": options })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), textOf(content));
    }
    const repository = new Repository(root);
    const clusters = buildClusters(repository);
    return use({ repository, clusters, selected: () => true, options: readOptions(repository) });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The result of a step on these files. */
export const resultOf = (step: Step, files: Files, options: object = {}): StepResult =>
  withRepository(files, options, (context) => runStep(step, context));

/** The messages of a result's notes of one kind. */
export const messages = ({ plan }: StepResult, kind: string): readonly string[] =>
  plan.notes.filter((note) => note.kind === kind).map(({ message }) => message);

/** The new text of a file; empty if it is removed or unchanged. */
export const written = ({ plan }: StepResult, path: string): string =>
  plan.changes.find((change) => change.path === path)?.text ?? "";

function textOf(content: Files[string]): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((one) => stringify(one)).join("---\n") : stringify(content);
}
