import { named } from "../../../../../lib/counted.ts";
import { at, fields, list, text, texts } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { idOf, isKind } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf } from "../controllers/classes.ts";
import { passedPorts } from "../controllers/passed-ports.ts";
import { traefik, TRAEFIK_GROUP } from "../controllers/traefik.ts";
import { controllerNames } from "../dns/targets.ts";
import { staysAtController } from "../gateway/doors.ts";
import { classesThatMove, type CutoverNote, type DnsRecord } from "../outcome.ts";

/** An IngressRouteTCP or IngressRouteUDP: Traefik answers it at the same address as Ingresses, and a Gateway does not. */
interface TcpRoute {
  /** `IngressRouteTCP den/mail` */
  readonly id: string;
  /** The names that clients ask for by TLS (SNI). */
  readonly hosts: readonly string[];
  /** Whether it answers connections whatever their host. */
  readonly isForAny: boolean;
  /** Its class, if it names one. */
  readonly ingressClass: string | undefined;
  readonly entryPoints: readonly string[];
}

/**
 * The TCP and UDP routes in a cluster. Without TLS, Traefik knows no host, and rejects a rule that names one.
 * Source: https://doc.traefik.io/traefik/reference/routing-configuration/tcp/routing/rules-and-priority/#hostsni-and-hostsniregexp
 */
const tcpRoutes = oncePer((cluster: BuiltCluster): readonly TcpRoute[] =>
  cluster.objects
    .filter(({ object }) => KINDS.some((kind) => isKind(object, { group: TRAEFIK_GROUP, kind })))
    .map(({ object }): TcpRoute => {
      const { kind, metadata, spec } = asKubeObject(object);
      const rules = list(fields(spec).routes).map((one) => text(fields(one).match) ?? "");
      const named = rules.flatMap((rule) => [...rule.matchAll(NAMES)].flatMap(([, all = ""]) => quoted(all)));
      return {
        id: `${kind} ${idOf(object)}`,
        hosts: fields(spec).tls === undefined ? [] : named.filter((name) => name !== "*"),
        isForAny: kind === "IngressRouteUDP" || named.includes("*"),
        ingressClass: text(at(metadata, ["annotations", "kubernetes.io/ingress.class"])),
        entryPoints: texts(fields(spec).entryPoints),
      };
    }),
);

const KINDS = ["IngressRouteTCP", "IngressRouteUDP"];
const NAMES = /HostSNI\(([^)]*)\)/g;
const quoted = (names: string): readonly string[] =>
  [...names.matchAll(/[`"]([^`"]+)[`"]/g)].map(([, name = ""]) => name);

/** The TCP or UDP routes that share the address of an Ingress today, and not after its move. */
function leftBehind(
  { ingressClass }: DnsRecord,
  cluster: BuiltCluster,
  context: StepContext,
): readonly TcpRoute[] {
  if (controllerOf(ingressClass, cluster) !== traefik) return [];
  if (staysAtController(ingressClass, cluster, context)) return [];
  return tcpRoutes(cluster).filter(
    (one) => one.ingressClass === undefined || one.ingressClass === ingressClass,
  );
}

/** Why a host that moves stays: a TCP route answers its name as well. */
export function whyServedByTcp(
  record: DnsRecord,
  cluster: BuiltCluster,
  context: StepContext,
): string | undefined {
  const other = leftBehind(record, cluster, context).find(({ hosts }) =>
    hosts.some((name) => name.toLowerCase() === record.host.toLowerCase()),
  );
  return (
    other &&
    `host ${record.host} stays whole: ${other.id} serves it too${onEntryPoint(other)} and stays, because this step does not write TCP, UDP or TLS routes`
  );
}

/** What the owner should know about TCP and UDP routes that answer any host: once for each. */
export function tcpLines(records: readonly DnsRecord[], context: StepContext): readonly CutoverNote[] {
  const found = context.clusters.flatMap((cluster) =>
    records
      .filter((record) => record.cluster === cluster.name)
      .flatMap((record) =>
        leftBehind(record, cluster, context)
          .filter(({ isForAny }) => isForAny)
          .map((one) => ({ one, record })),
      ),
  );
  return [...Map.groupBy(found, ({ one }) => one)].map(([one, all]): CutoverNote => {
    const hosts = [...new Set(all.map(({ record }) => record.host))].join(", ");
    return {
      kind: "cutover",
      message: `${one.id} answers${onEntryPoint(one)} at the address of the class's Traefik, whatever the host, and stays there: clients that reach it by a host that moves need another name that keeps the old address (${hosts})`,
    };
  });
}

/** The same about the ports that an ingress-nginx passes on to Services: once for each class. */
export function passedPortLines(
  records: readonly DnsRecord[],
  { clusters }: Pick<StepContext, "clusters">,
): readonly CutoverNote[] {
  return clusters.flatMap((cluster) =>
    classesThatMove(records, cluster).flatMap((ingressClass): readonly CutoverNote[] => {
      const ports = passedPorts(ingressClass, cluster);
      if (ports.length === 0) return [];
      const names = controllerNames({ reading: { ingressClass }, cluster });
      const place = names.length === 0 ? "" : ` (${names.join(", ")})`;
      const own = records.filter((one) => one.cluster === cluster.name && one.ingressClass === ingressClass);
      const hosts = [...new Set(own.map(({ host }) => host))].join(", ");
      return [
        {
          kind: "cutover",
          message: `class ${ingressClass}: its controller passes on ${ports.join(", ")}, whatever the host. This stays at its address${place} and ends with it: clients that reach such a port by a host that moves need another name that keeps the old address (${hosts})`,
        },
      ];
    }),
  );
}

const onEntryPoint = ({ entryPoints }: TcpRoute): string =>
  entryPoints.length === 0 ? "" : ` on ${named(entryPoints, "entry point")}`;
