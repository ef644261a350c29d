/** An address record, or an alias, with full names. */
interface ZoneRecord {
  readonly names: readonly string[];
  readonly to: string;
}

const ORIGIN = /^\$ORIGIN\s+(\S+)/i;
/** An owner name, or blanks for that of the line before, then time to live and class in either order, and the type with its data. */
const RECORD = /^(\S+|(?=\s))\s+(?:(?:\d+[smhdw]?|IN)\s+){0,2}(?:A|AAAA|CNAME)\s+([^\s;]+)/i;
const OWNER = /^([^\s;$]\S*)/;

/**
 * Reads the records of a zone file line by line: `@` and names without a dot at the end are below the origin, which `$ORIGIN` sets, or else the server that
 * reads the file. Source: RFC 1035, section 5.1.
 */
export class ZoneFile {
  #origin: string | undefined;
  #owner = "";

  /** @param origin the zone for which the file is configured; without it, only what follows `$ORIGIN` is read */
  constructor(origin?: string) {
    this.#origin = origin;
  }

  /** The record in a line as it is written, with blanks before it; undefined if it holds none. */
  record(line: string): ZoneRecord | undefined {
    const [, origin] = ORIGIN.exec(line) ?? [];
    if (origin !== undefined) this.#origin = this.#absolute(origin);
    if (this.#origin === undefined) return undefined;
    this.#owner = OWNER.exec(line)?.[1] ?? this.#owner;
    const [, , to] = RECORD.exec(line) ?? [];
    if (to === undefined || this.#owner === "") return undefined;
    const isName = /\sCNAME\s/i.test(line);
    return { names: [this.#absolute(this.#owner)], to: isName ? this.#absolute(to) : to };
  }

  /** A name with its origin, and without the dot at the end. */
  #absolute(name: string): string {
    if (name.endsWith(".")) return name.slice(0, -1);
    const origin = (this.#origin ?? "").replace(/\.$/, "");
    return name === "@" ? origin : [name, origin].filter((part) => part !== "").join(".");
  }
}
