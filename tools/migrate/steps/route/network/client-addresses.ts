import { isDeepStrictEqual } from "node:util";
import { fields } from "../../../../../policy/engine/read.ts";
import { idOf } from "../../../objects.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import { askFor } from "../controllers/class-settings.ts";
import { controllerRelease } from "../controllers/classes.ts";
import { servesBoth, settingsBehind } from "../gateway/doors.ts";
import type { Moving, Parents } from "../gateway/parents.ts";
import { nginx } from "../controllers/nginx.ts";
import { middlewaresBehind } from "../reading/middleware-chains.ts";
import { frontInValues, frontOf, type Front } from "./front-services.ts";

/**
 * Why clients of other addresses than today could reach an Ingress behind its Gateway: the load balancer of its class admits only some, or a list or limit of its own needs
 * to see them.
 */
export function whyOtherClients(
  moving: Moving,
  gateway: Parents["gateway"],
  context: Pick<StepContext, "repository">,
): readonly string[] {
  const { cluster, reading } = moving;
  const { ingressClass = "" } = reading;
  if (!cluster) return [];
  const front = frontOf(ingressClass, cluster);
  const isOpen = [front.ranges.size, front.rules.size, front.keepers.length].every((count) => count === 0);
  if (isOpen || servesBoth(ingressClass, cluster, gateway, context)) return [];
  const release = controllerRelease(ingressClass, cluster);
  const place = release === undefined ? "" : ` of HelmRelease ${idOf(release)}`;
  const behind = settingsBehind(gateway, cluster, context).map(frontInValues);
  const ask = (names: readonly string[], may?: string): readonly string[] => {
    const missing = names.filter((name) => !gateway.provides.includes(name));
    return missing.length === 0 ? [] : [askFor(missing, { reading, gateway, place }, may)];
  };
  return [
    ...ask(missingRanges(front, behind)),
    ...ask(missingRules(front, behind), "may protect"),
    ...whyUnseen(moving, gateway, { front, behind, place }),
  ];
}

/** The lists of a class's load balancers that not every load balancer behind the Gateway has. */
function missingRanges({ ranges }: Front, behind: readonly Front[]): readonly string[] {
  const isThere = (own: readonly string[]): boolean =>
    behind.length > 0 &&
    behind.every((other) =>
      [...other.ranges.values()].some((one) => isDeepStrictEqual(sorted(one), sorted(own))),
    );
  return [...ranges].filter(([, own]) => !isThere(own)).map(([name]) => name);
}

/** The other limits of a class's load balancers that not every load balancer behind the Gateway has. */
const missingRules = ({ rules }: Front, behind: readonly Front[]): readonly string[] =>
  [...rules]
    .filter(([name, rule]) => behind.length === 0 || !behind.every((other) => other.rules.get(name) === rule))
    .map(([name]) => name);

const sorted = (ranges: readonly string[]): readonly string[] => [...new Set(ranges)].sort();

/** What is known of the addresses in front of a class and behind a Gateway. */
interface Fronts {
  readonly front: Front;
  readonly behind: readonly Front[];
  readonly place: string;
}

/**
 * With the policy Cluster, which is the default, a node may replace the address of a client by its own, which is often in the list.
 * Source: https://kubernetes.io/docs/tutorials/services/source-ip/
 */
function whyUnseen(
  moving: Moving,
  gateway: Parents["gateway"],
  { front, behind, place }: Fronts,
): readonly string[] {
  const [keeper] = front.keepers;
  const isSeen = behind.length > 0 && behind.every(({ keepers }) => keepers.length > 0);
  const readers = addressReaders(moving);
  if (keeper === undefined || isSeen || gateway.provides.includes(PROVIDED) || readers.length === 0)
    return [];
  return [
    `${readers.join(", ")} ${readers.length === 1 ? "compares or counts" : "compare or count"} the addresses of clients, which the class's controller sees because of ${keeper}${place}; behind Gateway ${gateway.namespace}/${gateway.name}, every client may have a node's address, so that all are admitted or none: if its Service has externalTrafficPolicy: Local, too, or it sees the addresses by other means, list ${PROVIDED} in route.gateways.${moving.reading.ingressClass ?? ""}.provides in ${OPTIONS_FILE}`,
  ];
}

const PROVIDED = "externalTrafficPolicy";

/** The annotations and Middlewares of an Ingress that compare or count addresses. */
function addressReaders(moving: Moving): readonly string[] {
  const readsAddresses = (spec: unknown): boolean =>
    Object.keys(fields(spec)).some((kind) => READS_ADDRESSES.has(kind));
  const translated = moving.reading.annotations.translations
    .filter(({ middleware }) => readsAddresses(middleware?.spec))
    .flatMap(({ names }) => names.slice(0, 1).map((name) => `annotation ${nginx.prefix}${name}`));
  const written = [...middlewaresBehind(moving)]
    .filter(([, { spec }]) => readsAddresses(spec))
    .map(([id]) => `Middleware ${id}`);
  return [...translated, ...written];
}

/** Kinds of Middlewares. What a plugin reads is unknown; the usual ones block addresses. */
const READS_ADDRESSES = new Set(["ipAllowList", "ipWhiteList", "rateLimit", "inFlightReq", "plugin"]);
