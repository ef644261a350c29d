import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { searchedText } from "../../../../gitops/yaml/file-text.ts";
import { parseYaml } from "../../../../gitops/yaml/parse.ts";
import { isYamlFile } from "../../../../gitops/yaml/paths.ts";
import {
  EmbeddedText,
  locate,
  SourceFile,
  type Origin,
  type Position,
  type SourceText,
} from "../../../../gitops/yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  originOf,
  type Mapping,
  type Value,
} from "../../../../gitops/yaml/values.ts";
import type { Note, StepContext } from "../../../step.ts";
import { isDocumentation, textFiles } from "../../../text-files.ts";
import { controllerSources } from "../controllers/services.ts";
import { staysAtController } from "../gateway/doors.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import type { DnsRecord } from "../outcome.ts";
import { addressesIn, covers, entriesIn, isAddress, type AddressEntry } from "./address-lines.ts";

/** An entry and its place. */
interface Found {
  readonly entry: AddressEntry;
  readonly position: Position;
}

/**
 * What sends requests for moved hosts to a fixed address, such as a pod's `hostAliases`, a resolver's own records or /etc/hosts: DNS does not
 * change where these requests go, and the controller answers them with 404 after the move.
 */
export function fixedAddresses(records: readonly DnsRecord[], context: StepContext): readonly Note[] {
  const { clusters } = context;
  const moved = clusters.map((cluster) => ({
    cluster,
    own: records.filter(
      (record) =>
        record.cluster === cluster.name && !staysAtController(record.ingressClass, cluster, context),
    ),
  }));
  const hosts = new Set(moved.flatMap(({ own }) => own.map(({ host }) => host)));
  if (hosts.size === 0) return [];
  const zones = zonesOf([...hosts]);
  // A pod of another cluster may also name the address.
  const found = [...clusters.flatMap((one) => inObjects(one, zones)), ...inOtherFiles(zones, context)];
  const notes = moved.flatMap(({ cluster, own }) =>
    found.flatMap((one) => notesOf(one, own, cluster, context)),
  );
  return [...new Map(notes.map((note) => [`${note.position.file}:${note.position.line}`, note])).values()];
}

function notesOf(
  { entry, position }: Found,
  moved: readonly DnsRecord[],
  cluster: BuiltCluster,
  { options }: StepContext,
): readonly (Note & { readonly position: Position })[] {
  const own = moved.filter(({ host }) => covers(entry, host));
  const [{ ingressClass } = { ingressClass: "" }] = own;
  const option = options.route.gateways[ingressClass];
  const gateway = option && gatewayIn(cluster, option);
  // The Service of a controller is found by its name, wherever that is written.
  if (own.length === 0 || mentions(gateway, entry.to) || /\.svc(?:\.|$)/.test(entry.to)) return [];
  const hosts = [...new Set(own.map(({ host }) => host))].join(", ");
  const isOld = controllerSources(ingressClass, cluster).some((source) => mentions(source, entry.to));
  const name = option ? `Gateway ${option.namespace}/${option.name}` : "the Gateway";
  const place = `the address of the controller of class ${ingressClass}`;
  const what = isOld ? place : "a fixed address";
  const change = changeOf(entry, own, name);
  const advice = isOld ? change : `if it leads to the controller of class ${ingressClass}, ${change}`;
  const message = `sends requests for ${hosts} to ${entry.to}, ${what}: ${advice} in the same commit, or they get 404, whatever else DNS says`;
  return [{ kind: "cutover", message, position }];
}

/** What to change so that an entry no longer leads moved hosts to the controller; a second entry for one name would be a second address of it. */
function changeOf(
  { names, pattern, withSubdomains }: AddressEntry,
  moved: readonly DnsRecord[],
  gateway: string,
): string {
  const hosts = new Set(moved.map(({ host }) => host.toLowerCase()));
  const others = names.filter((name) => !hosts.has(name.toLowerCase().replace(/\.$/, "")));
  if (pattern === undefined && others.length === 0)
    return `change it to that of ${gateway}${withSubdomains === true ? ", where every name below then leads as well," : ""}`;
  return pattern === undefined && others.length < names.length
    ? `remove these hosts from this entry, which other names have, too, and add one for them with the address of ${gateway}`
    : `add an entry for these hosts with the address of ${gateway}, and leave this one, which other names have, too,`;
}

/** Whether an object names an address. */
const mentions = (object: object | undefined, address: string): boolean =>
  object !== undefined &&
  JSON.stringify(object)
    .split(/[",\s\\/]/)
    .includes(address.split(",")[0] ?? "");

/** What an entry for one of the hosts must contain: the names above them. */
function zonesOf(hosts: readonly string[]): RegExp {
  const zones = hosts.map((host) => {
    const labels = host.split(".");
    return labels.slice(labels.length > 2 && !host.endsWith("}") ? -2 : -1);
  });
  const all = new Set(
    zones.map((labels) => labels.map((label) => RegExp.escape(label)).join(String.raw`\\*\.`)),
  );
  return new RegExp([...all].join("|"), "i");
}

/** The entries in the objects of a cluster, in the form that it receives. */
function inObjects(cluster: BuiltCluster, zones: RegExp): readonly Found[] {
  return cluster.objects.flatMap(({ object }) =>
    zones.test(JSON.stringify(object)) ? inMapping(object, { zones, isBlocky: false }) : [],
  );
}

/** The files from which a cluster receives nothing, such as the configuration of the nodes. */
function inOtherFiles(zones: RegExp, { repository, clusters }: StepContext): readonly Found[] {
  const built = clusters.map((cluster) => filesOf(cluster));
  return textFiles(repository).flatMap((file) => {
    if (isDocumentation(file) || built.some((files) => files.has(file))) return [];
    const text = searchedText(repository, file);
    return zones.test(text) && !text.includes("\0") ? inText(new SourceFile(file, text), zones) : [];
  });
}

/** The files that give a cluster its objects, and what generators put into them. */
const filesOf = oncePer((cluster: BuiltCluster): ReadonlySet<string> => {
  const files = new Set<string>();
  const visit = (container: Mapping | Value[]): void => {
    for (const key of Object.keys(container)) {
      const value = (container as Mapping)[key];
      files.add(entryOrigin(container, key).source.file);
      if (typeof value === "object" && value !== null) visit(value);
    }
  };
  for (const { object } of cluster.objects) visit(object);
  return files;
});

/** What is looked for, and where. */
interface Search {
  readonly zones: RegExp;
  /** Whether the mapping is the `customDNS` of blocky, which answers for the names below each of its names as well. */
  readonly isBlocky: boolean;
  /** The zone for which the texts in the mapping are configured: `domain` in `zoneFiles` of CoreDNS's chart. */
  readonly origin?: string | undefined;
}

/** A text: as YAML, if it is that, and otherwise by lines. */
function inText(source: SourceText, zones: RegExp, zone?: string): readonly Found[] {
  const isFile = source instanceof SourceFile;
  if (source.text.includes("\n") && (!isFile || isYamlFile(source.file))) {
    const { documents, errors } = parseYaml(source);
    const values = documents.map(({ value }) => value).filter((value) => typeof value === "object" && value);
    if (errors.length === 0 && values.length > 0)
      return values.flatMap((value) => inValue(value, { zones, isBlocky: false }));
  }
  return entriesIn(source.text, zone).map(({ entry, offset }) => ({
    entry,
    position: source.locate(offset),
  }));
}

function inValue(value: Value | undefined, search: Search): readonly Found[] {
  if (Array.isArray(value))
    return value.flatMap((one, index) =>
      typeof one === "string" ? inString(one, entryOrigin(value, index), search) : inValue(one, search),
    );
  return isMapping(value) ? inMapping(value, search) : [];
}

function inMapping(object: Mapping, search: Search): readonly Found[] {
  const own = entryOf(object);
  const { domain, contents } = object;
  const zone = typeof domain === "string" && typeof contents === "string" ? domain : undefined;
  return [
    ...(own ? [{ entry: own, position: locate(originOf(object)) }] : []),
    ...Object.entries(object).flatMap(([key, value]) => {
      const origin = entryOrigin(object, key);
      if (typeof value === "string" && search.zones.test(key) && addressesIn(value).length > 0) {
        const entry = { names: [key], to: value, withSubdomains: search.isBlocky };
        return [{ entry, position: locate(origin) }];
      }
      return typeof value === "string"
        ? inString(value, origin, { ...search, origin: zone })
        : inValue(value, { ...search, isBlocky: search.isBlocky || key === "customDNS" });
    }),
  ];
}

function inString(text: string, origin: Origin, { zones, origin: zone }: Search): readonly Found[] {
  if (!zones.test(text) && !(zone !== undefined && zones.test(zone))) return [];
  const { source, offset, valueOffset } = origin;
  // The whole file is the entry of a generator.
  const isFile = offset === 0 && valueOffset === undefined && text.includes("\n");
  return inText(isFile ? new SourceFile(source.file, text) : new EmbeddedText(text, origin), zones, zone);
}

/** The keys of lists of names with one `ip`: `hostAliases` of a pod and `extraHostEntries` of Talos. */
const NAMES = ["hostnames", "aliases"];
/** The keys of a name and of its target: DNSEndpoints of external-dns, `rewrites` of AdGuard Home, and others. */
const NAME = ["dnsName", "domain", "hostname", "host", "name"];
const TARGET = ["targets", "answer", "ip", "address"];

/** The entry that a mapping is by itself. */
function entryOf(object: Mapping): AddressEntry | undefined {
  const names = NAMES.flatMap((key) => textsIn(object[key]));
  const name = NAME.flatMap((key) => textsIn(object[key]))[0];
  const targets = TARGET.flatMap((key) => textsIn(object[key]));
  // Only these two may also lead to another name.
  const mayBeName = object.dnsName !== undefined || object.answer !== undefined;
  const to = targets.filter((target) => mayBeName || isAddress(target)).join(", ");
  if (to === "" || (names.length === 0 && name === undefined)) return undefined;
  return { names: names.length > 0 ? names : [name ?? ""], to };
}

const textsIn = (value: Value | undefined): readonly string[] =>
  value === undefined || isMapping(value) ? [] : [value].flat().map((one) => scalarText(one));
