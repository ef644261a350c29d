import { isDeepStrictEqual } from "node:util";
import { isMapping, type Mapping, type PathStep, type Value } from "../../../gitops/yaml/values.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { asWritten, fieldAt, nameOf, writtenObjects, type WrittenObject } from "../../objects.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { isRelease } from "../oci/artifact.ts";
import { whyForbidden } from "./allowed.ts";
import { isTraefik, optionsOf, wantedValues, type ReleaseOptions } from "./values.ts";
import type { Note, Plan, Step, StepContext } from "../../step.ts";

const VALUES: readonly PathStep[] = ["spec", "values"];

/** Traefik's Gateway API provider on, in the values of Traefik's HelmReleases. */
export const gatewayProvider: Step = {
  id: "gateway-provider",
  title: "Traefik's Gateway API provider",
  risk: "medium",
  live: [
    "before: kubectl get crd gateways.gateway.networking.k8s.io httproutes.gateway.networking.k8s.io: Traefik does not start its provider without",
    "after: kubectl get gatewayclass,gateway -A: accepted and programmed; Ingresses are served as before",
  ],
  plan,
  whyForbidden,
};

function plan(context: StepContext): Plan {
  const texts = new Map<string, string>();
  const notes: Note[] = [];
  for (const release of writtenObjects(context.clusters, isRelease)) {
    if (!context.selected(release.file) || !isTraefik(release.forms[0]?.object, context)) continue;
    const planned = planRelease(release, texts.get(release.file) ?? release.text, context);
    notes.push(...planned.notes);
    if (planned.text !== undefined) texts.set(release.file, planned.text);
  }
  return { changes: [...texts].map(([path, text]) => ({ path, text })), notes };
}

function planRelease(
  release: WrittenObject,
  text: string,
  context: StepContext,
): { notes: readonly Note[]; text: string | undefined } {
  const { position } = release;
  const left = (message: string): { notes: readonly Note[]; text: undefined } => ({
    notes: [{ kind: "left", message, position }],
    text: undefined,
  });
  const options = new Set(release.forms.map(({ object }) => optionsOf(object, context)));
  const [option] = options;
  if (options.size > 1) return left("it is another release in each cluster");
  if (!option) {
    const [name] = release.forms.map(({ object }) => Object.values(nameOf(object)).join("/"));
    return left(
      `which Gateway it serves is not known: write \`gateway-provider: { releases: { ${name ?? ""}: { labelSelector: …, ports: { web: …, websecure: … } } } }\` into ${OPTIONS_FILE}`,
    );
  }
  const rival = release.forms
    .map(({ object }) => rivalOf(object, option, context))
    .find((name) => name !== undefined);
  if (rival !== undefined)
    return left(
      `${rival} has the same label selector: both would answer for one GatewayClass, each on its own address`,
    );
  const written = asWritten(release, context.repository);
  if (release.forms.some(({ object }) => hasOwnGateway(fieldAt(object, VALUES))))
    return left(
      "its chart brings a Gateway already, which would go with what is attached to it: move its routes, and set gateway.enabled to false first",
    );
  const edit = new YamlEdit(text);
  const document = new YamlEdit(release.text).documentAt(release.origin.offset);
  const values = fieldAt(written, VALUES);
  if (!supply(edit, document, VALUES, values, wantedValues(option, values), "providers"))
    return left("an anchor, a flow mapping or a scalar is where its values would change");
  const now = edit.text();
  return { notes: now === text ? [] : runbook(written, option, position), text: now };
}

/** Whether the chart renders a Gateway today: it does unless it is told not to. */
function hasOwnGateway(values: Value | undefined): boolean {
  const isOn = fieldAt(values, ["providers", "kubernetesGateway", "enabled"]) === true;
  return isOn && fieldAt(values, ["gateway", "enabled"]) !== false;
}

/** Another Traefik of the same cluster for the same GatewayClass. */
function rivalOf(
  release: Mapping,
  { labelSelector }: ReleaseOptions,
  context: StepContext,
): string | undefined {
  const cluster = context.clusters.find(({ objects }) => objects.some(({ object }) => object === release));
  const rival = cluster?.objects.find(
    ({ object }) =>
      object !== release &&
      isTraefik(object, context) &&
      optionsOf(object, context)?.labelSelector === labelSelector,
  );
  return rival && Object.values(nameOf(rival.object)).join("/");
}

/** Plans every value that is not as it should be; false where the text does not let it. */
function supply(
  edit: YamlEdit,
  document: number,
  path: readonly PathStep[],
  present: Value | undefined,
  fields: Mapping,
  after?: string,
): boolean {
  if (!isMapping(present)) return false;
  const entries = Object.entries(fields);
  const missing = Object.fromEntries(entries.filter(([key]) => present[key] === undefined));
  const place = after !== undefined && present[after] !== undefined ? after : undefined;
  // Before what comes into its entries: of two texts for one place, the one that was planned later stands first.
  if (Object.keys(missing).length > 0 && !edit.insert(document, path, writeYaml(missing), place))
    return false;
  return entries.every(([key, value]) => {
    const there = present[key];
    if (there === undefined || isDeepStrictEqual(there, value)) return true;
    return isMapping(value)
      ? supply(edit, document, [...path, key], there, value)
      : edit.setScalar(document, [...path, key], value as string | number | boolean);
  });
}

function runbook(written: Mapping, { ports }: ReleaseOptions, position: Note["position"]): readonly Note[] {
  const bound = Object.entries(ports).filter(
    ([name, port]) => port < 1024 && fieldAt(written, [...VALUES, "ports", name, "port"]) !== port,
  );
  if (bound.length === 0 || !position) return [];
  const list = bound.map(([name, port]) => `${name} to ${port}`).join(", ");
  return [
    {
      kind: "runbook",
      message: `moves ${list}: without root that takes net.ipv4.ip_unprivileged_port_start=0 on the node or in podSecurityContext.sysctls`,
      position,
    },
  ];
}
