import semver from "semver";
import type { Pins } from "../../config/pins.ts";
import { meets } from "../../kube/conditions.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { counted } from "../../lib/counted.ts";
import { findFluxRoot, fluxSection } from "./flux-root.ts";
import { gatewaySection, traefikGateways } from "./gateways.ts";
import { checked, formatSection, type Section } from "./section.ts";
import type { FoundApp, Survey } from "./survey.ts";

/** The input for a stack file. */
export interface StackFileArgs {
  readonly stack: string;
  readonly cluster: { readonly context: string; readonly kubeconfig?: string };
  readonly found: Survey;
  /** Other stacks of the project. */
  readonly stacks: readonly string[];
  /** What release.yaml pins. */
  readonly pins: { readonly gatewayApi: Pick<Pins["gatewayApi"], "version" | "channel"> };
}

/** The sections of `Pulumi.<stack>.yaml`, each of which the schema accepts. */
export function stackSections(args: StackFileArgs): Section[] {
  const sections = [clusterSection(args), afterSection(args), gatewayApiSection(args)];
  return [...sections, gatewaysSection(args.found), fluxSectionOf(args.found), gatusSection(args.found)].map(
    checked,
  );
}

/** The text of `Pulumi.<stack>.yaml`. */
export function formatStackFile(
  { stack, cluster, found }: StackFileArgs,
  sections: readonly Section[],
): string {
  const head = [
    `# Stack ${stack}, from what \`edgefirst init\` found in context ${cluster.context}. Review it, then: pulumi preview -s ${stack}`,
    "# Every key: docs/reference/configuration.md.",
    ...found.unread.map((kind) => `# Could not list ${kind}`),
    "config:",
  ];
  return `${[head.join("\n"), ...sections.map(formatSection)].join("\n")}\n`;
}

function clusterSection({ cluster }: StackFileArgs): Section {
  return { key: "cluster", comment: [], value: cluster };
}

function afterSection({ stacks }: StackFileArgs): Section {
  const comment = [
    "Upstream stacks: this stack gets a release only after they have verified it. List only those directly upstream.",
  ];
  return { key: "after", comment, value: stacks.length > 0 ? [...stacks] : ["edge"], isExample: true };
}

function gatewayApiSection({ found: { gatewayApi }, pins }: StackFileArgs): Section {
  const pinned = `Gateway API ${pins.gatewayApi.version} (${pins.gatewayApi.channel})`;
  if (gatewayApi === undefined)
    return {
      key: "gatewayApi",
      comment: [
        `The cluster has no Gateway API: the stack installs ${pinned}.`,
        "With descriptions, kubectl explain has a text for each field, but a preview takes about half as long again.",
      ],
      value: { descriptions: false },
    };
  const { version = "of unknown version", channel = "unknown channel", owner } = gatewayApi;
  // The stack never downgrades CRDs, and a change of channel would drop fields.
  const replaceable =
    channel === pins.gatewayApi.channel &&
    semver.valid(version) !== null &&
    semver.gte(pins.gatewayApi.version, version);
  const comment = [
    `Gateway API ${version} (${channel}) belongs to ${owner}.`,
    ...(replaceable
      ? [
          `To have the stack install ${pinned} instead, remove this section and add the CRDs to edgefirst:adopt.`,
        ]
      : []),
  ];
  return { key: "gatewayApi", comment, value: { install: false } };
}

function gatewaysSection(found: Survey): Section {
  const served = traefikGateways(found);
  const others = found.gateways.filter((gateway) => !served.includes(gateway)).map(nameOf);
  const comment = [
    ...found.traefiks.map((app) => `Traefik: ${describe(app)}.`),
    ...found.issuers.map((issuer) => `cert-manager: ${issuer.kind} ${nameOf(issuer)}${readiness(issuer)}.`),
    ...(others.length === 0
      ? []
      : [`Gateways that belong to other controllers, left unchanged: ${others.join(", ")}.`]),
  ];
  if (served.length > 0)
    return {
      key: "gateways",
      comment: [
        ...comment,
        "These Gateways exist; the Traefik behind them is still managed by whoever installed it.",
      ],
      value: served.map(gatewaySection),
    };
  const install = found.traefiks.length === 0;
  const hint = install
    ? ["Traefik serves no Gateway: uncomment to declare one, with a Traefik that this stack installs."]
    : [
        "This Traefik serves no Gateway: uncomment to declare one. For a second Traefik, which this stack",
        "installs, leave out `traefik.install`. It needs a different class and address.",
      ];
  return {
    key: "gateways",
    comment: [...comment, ...hint],
    value: [exampleGateway(found.issuers, install)],
    isExample: true,
  };
}

function exampleGateway(issuers: readonly KubeObject[], install: boolean): Record<string, unknown> {
  const [issuer] = issuers;
  const certificate = issuer
    ? { issuer: issuer.metadata.name, ...(issuer.kind === "Issuer" && { kind: "Issuer" }) }
    : { secret: "example-com-tls" };
  return {
    name: "external",
    namespace: "network",
    className: "traefik",
    https: { hostnames: [{ hostname: "*.example.com", certificate }] },
    ...(!install && { traefik: { install } }),
  };
}

function fluxSectionOf(found: Survey): Section {
  const root = findFluxRoot(found);
  if (root === undefined) return { key: "flux", comment: ["The cluster has no Flux Kustomizations."] };
  const { source, others, children } = root;
  const comment = [
    `Kustomization ${nameOf(root.root)} applies ${counted(children.length, "other Kustomization")}.`,
    ...(others.length === 0 ? [] : [`Other Kustomizations that apply Kustomizations: ${others.join(", ")}.`]),
    ...(source === undefined ? ["Its source could not be found."] : []),
    "observe: show what the stack would change, and change nothing.",
  ];
  return { key: "flux", comment, value: fluxSection(root) };
}

function gatusSection({ gatuses: [gatus] }: Survey): Section {
  const comment = gatus
    ? [`Gatus: ${describe(gatus)}.`]
    : [
        "The cluster has no Gatus. Set `install` to true to install it; `hostname` gives its status page a route.",
      ];
  return { key: "gatus", comment, value: { install: false } };
}

function describe({ kind, namespace, name, image, owner }: FoundApp): string {
  return `${kind} ${namespace}/${name}${image === undefined ? "" : ` (${image})`}, which belongs to ${owner}`;
}

function nameOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function readiness(object: KubeObject): string {
  return meets(object, "Ready") ? "" : ", not ready";
}
