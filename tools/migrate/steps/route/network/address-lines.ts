import { isIP } from "node:net";
import { ZoneFile } from "./zone-file.ts";

/** An entry outside DNS itself that decides where requests for some names go. */
export interface AddressEntry {
  /** Without a dot at the end; `*.` covers all names below. */
  readonly names: readonly string[];
  /** Whether it also answers for every name below these. */
  readonly withSubdomains?: boolean;
  /** A regular expression of the names, instead of the names. */
  readonly pattern?: string;
  /** An address, or another name. */
  readonly to: string;
}

/** Whether an entry decides where requests for a host go. */
export function covers({ names, withSubdomains, pattern }: AddressEntry, wanted: string): boolean {
  const host = wanted.toLowerCase();
  if (pattern !== undefined) return matches(pattern, host);
  return names.some((one) => {
    const name = one.toLowerCase().replace(/\.$/, "");
    if (name === host) return true;
    return name.startsWith("*.")
      ? host.endsWith(name.slice(1))
      : withSubdomains === true && host.endsWith(`.${name}`);
  });
}

function matches(pattern: string, host: string): boolean {
  try {
    // CoreDNS compares the name with its dot.
    return [host, `${host}.`].some((name) => new RegExp(pattern).test(name));
  } catch {
    return false;
  }
}

/** Whether a text is an address at which something can answer; a variable that is not known counts if its name says so. */
export const isAddress = (text: string): boolean =>
  isIP(text) > 0
    ? !/^(?:127\.|0\.0\.0\.0$|::1?$)/.test(text)
    : /^\$\{\w*(?:IP|ADDR|VIP|LB)\w*\}$/i.test(text);

/** The addresses in a value such as `192.0.2.1, 2001:db8::1`; none if anything else is in it. */
export function addressesIn(text: string): readonly string[] {
  const all = text.trim().split(/\s*,\s*/);
  return all.every(isAddress) ? all : [];
}

/** Characters of a name, with variables. */
const NAME = String.raw`(?:\*\.)?[\w$][\w.$\{\}-]*`;
const HOSTS = new RegExp(String.raw`^(?:-\s+|echo\s+)?["'\x60]?([\d.a-fA-F:]+|\$\{\w+\})\s+(.+)$`);
const PAIR = new RegExp(String.raw`^(?:-\s+)?["']?(${NAME})["']?\s*(?::|=>?)\s*["']?([^"']+?)["']?,?$`);
const OPTION = new RegExp(String.raw`--(?:add-host|resolve)[ =]["']?(${NAME})(?::\d+)?:(\S+?)["']?(?=\s|$)`);
const ZONE = new RegExp(
  String.raw`(?:^|[\s"'])(${NAME})\s+(?:\d+[smhdw]?\s+)?(?:IN\s+)?(?:A|AAAA|CNAME)\s+([^\s"']+)`,
);
const REWRITE =
  /^(?:rewrite\s+(?:stop\s+|continue\s+)?)?name\s+(?:(exact|suffix|regex|auto)\s+)?(\S+)\s+(\S+)/;
const TEMPLATE = /^template\s+\S+\s+\S+\s+(\S+)/;
const ANSWER = /^answer\s+["'`]?\{\{\s*\.Name\s*\}\}\s.*\s(?:A|AAAA|CNAME)\s+([^\s"'`]+)/;

/**
 * The entries in lines of text: of /etc/hosts, of zones and of the resolvers CoreDNS, dnsmasq and unbound, of `mapping` in blocky, and
 * options of commands. Sources: hosts(5); coredns.io/plugins/hosts, rewrite and template; dnsmasq(8); unbound.conf(5).
 * @param origin the zone for which the text is configured, if it is a zone file
 */
export function entriesIn(
  text: string,
  origin?: string,
): readonly { readonly entry: AddressEntry; readonly offset: number }[] {
  const isBlocky = /^\s*customDNS:/m.test(text);
  let offset = 0;
  let zone: string | undefined;
  const zoneFile = new ZoneFile(origin);
  return text.split("\n").flatMap((raw) => {
    const at = offset;
    offset += raw.length + 1;
    const line = withoutComment(raw);
    zone = TEMPLATE.exec(line)?.[1] ?? zone;
    const record = zoneFile.record(raw);
    if (record) return [{ entry: record, offset: at }];
    const entries = [
      ...inHosts(line),
      ...inPair(line, isBlocky),
      ...inZone(line),
      ...inDnsmasq(line),
      ...inCoreDns(line, zone),
    ];
    return entries.map((entry) => ({ entry, offset: at }));
  });
}

const withoutComment = (line: string): string => line.replace(/(^|\s)(?:#|\/\/|;).*$/, "$1").trim();

function inHosts(line: string): readonly AddressEntry[] {
  const [, to = "", rest = ""] = HOSTS.exec(line) ?? [];
  const names = rest
    .replace(/["'`].*$/, "")
    .trim()
    .split(/\s+/);
  return isAddress(to) && names.every((name) => FULL_NAME.test(name)) ? [{ names, to }] : [];
}

const FULL_NAME = new RegExp(`^${NAME}$`);

function inPair(line: string, withSubdomains: boolean): readonly AddressEntry[] {
  const option = OPTION.exec(line);
  if (option) return isAddress(option[2] ?? "") ? [{ names: [option[1] ?? ""], to: option[2] ?? "" }] : [];
  const [, name = "", to = ""] = PAIR.exec(line) ?? [];
  return addressesIn(to).length > 0 ? [{ names: [name], to, withSubdomains }] : [];
}

function inZone(line: string): readonly AddressEntry[] {
  const [, name, to] = ZONE.exec(line) ?? [];
  return name === undefined || to === undefined ? [] : [{ names: [name], to: to.replace(/\.$/, "") }];
}

function inDnsmasq(line: string): readonly AddressEntry[] {
  const [, option, value = ""] = /(?:^|[\s"'-])(address|host-record|cname)=([^\s"']+)/.exec(line) ?? [];
  if (option === undefined) return [];
  const parts = value.split(option === "address" ? "/" : ",").filter(Boolean);
  const isTarget = (part: string): boolean =>
    isAddress(part) || (option === "cname" && part === parts.at(-1));
  const to = parts.find(isTarget);
  const names = parts.filter((part) => !isTarget(part) && part.includes("."));
  return to === undefined ? [] : [{ names, to, withSubdomains: option === "address" }];
}

function inCoreDns(line: string, zone: string | undefined): readonly AddressEntry[] {
  const [, answer] = ANSWER.exec(line) ?? [];
  if (answer !== undefined && zone !== undefined)
    return [{ names: [zone], withSubdomains: true, to: answer }];
  const [, how, name, to] = REWRITE.exec(line) ?? [];
  if (name === undefined || to === undefined) return [];
  if (how === "regex") return [{ names: [], pattern: name, to }];
  return [{ names: [name.replace(/^\./, "*.")], to, withSubdomains: how === "suffix" }];
}
