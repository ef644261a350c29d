import { applyFunction } from "./envsubst-functions.ts";

/** The value of a variable; undefined if nothing defines it. */
export type Lookup = (name: string) => string | typeof UNKNOWN | typeof ELSEWHERE | undefined;

/** A value that only the cluster knows, such as an encrypted one. */
export const UNKNOWN = Symbol("unknown");

/** A variable that the repository does not define but the cluster may. Its default is assumed. */
export const ELSEWHERE = Symbol("elsewhere");

/** The result of a substitution. */
export interface Substituted {
  readonly text: string;
  /** Variables whose expressions were left as written. */
  readonly unknown: readonly string[];
  /** Variables that nothing defines and that no operator gives a default: Flux rejects them in strict mode. */
  readonly missing: readonly string[];
}

/** A `${…}` expression that Flux rejects. */
export class SubstitutionError extends Error {}

/**
 * Replaces `${VAR}`, `${VAR:-default}`, `${VAR/a/b}` and so on the way Flux does; `$$` becomes a dollar sign. An expression with an unknown value stays as
 * written. Source: github.com/fluxcd/pkg/envsubst, parse/parse.go and parse/scan.go.
 * @throws SubstitutionError for an expression that Flux rejects
 */
export function substitute(text: string, lookup: Lookup): Substituted {
  return new Substitution(text, lookup).run();
}

/** The maximum nesting depth of expressions. */
const MAX_DEPTH = 100;

const IDENTIFIER = /[\p{L}\p{Nd}_]+/uy;

class Substitution {
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #unknown = new Set<string>();
  readonly #missing = new Set<string>();
  #at = 0;
  #depth = 0;

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  run(): Substituted {
    let out = "";
    for (;;) {
      const dollar = this.#text.indexOf("$", this.#at);
      if (dollar < 0) break;
      out += this.#text.slice(this.#at, dollar);
      this.#at = dollar;
      if (this.#text.startsWith("${", dollar)) {
        const start = this.#at;
        const value = this.#expression();
        out += value === UNKNOWN ? this.#text.slice(start, this.#at) : value;
      } else {
        if (this.#text.startsWith("$$", this.#at)) this.#at++;
        out += this.#text.charAt(this.#at++);
      }
    }
    out += this.#text.slice(this.#at);
    return { text: out, unknown: [...this.#unknown], missing: [...this.#missing] };
  }

  /** Evaluates an expression from `${` to its closing brace. */
  #expression(): string | typeof UNKNOWN {
    this.#at += 2;
    if (this.#peek() === "#") {
      this.#at++;
      const name = this.#identifier();
      this.#close();
      return this.#evaluate(name, "#", []);
    }
    const name = this.#identifier();
    const operator = this.#operator();
    const args = this.#arguments(operator);
    this.#close();
    return this.#evaluate(name, operator, args);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #fail(what: string): SubstitutionError {
    const start = this.#text.lastIndexOf("${", this.#at);
    return new SubstitutionError(
      `${what} in ${JSON.stringify(this.#text.slice(start, start + 40).split("\n", 1)[0])}`,
    );
  }

  #identifier(): string {
    IDENTIFIER.lastIndex = this.#at;
    const [name] = IDENTIFIER.exec(this.#text) ?? [];
    if (name === undefined) throw this.#fail("unable to parse variable name");
    this.#at += name.length;
    return name;
  }

  #operator(): string {
    const [operator = ""] =
      /^(?::[-=?+]|[:=]|,,?|\^\^?|\/[/#%]?|##?|%%?)/.exec(this.#text.slice(this.#at, this.#at + 2)) ?? [];
    this.#at += operator.length;
    return operator;
  }

  #arguments(operator: string): readonly (string | typeof UNKNOWN)[] {
    if (operator === "" || /^[,^]/.test(operator)) return [];
    if (/^(?::[-=?+]|=)$/.test(operator)) {
      const args: (string | typeof UNKNOWN)[] = [];
      while (this.#peek() !== "}") args.push(this.#argument(/\}/));
      return args;
    }
    if (operator.startsWith("/")) {
      const pattern = this.#argument(/\//, true);
      if (this.#peek() !== "/") throw this.#fail("bad substitution");
      while (this.#peek() === "/") this.#at++;
      return this.#peek() === "}" ? [pattern] : [pattern, this.#argument(/\}/, true)];
    }
    const first = this.#argument(operator === ":" ? /[:}]/ : /\}/);
    if (operator !== ":" || this.#peek() !== ":") return [first];
    this.#at++;
    return [first, this.#argument(/\}/)];
  }

  /** A nested expression, or text up to its terminating character. */
  #argument(end: RegExp, escapes = false): string | typeof UNKNOWN {
    if (this.#text.startsWith("${", this.#at)) return this.#nested();
    let argument = "";
    for (;;) {
      const character = this.#peek();
      if (character === "") throw this.#fail("unable to parse substitution within function");
      if (escapes && /^(?:\\[\\/]|\$\$)/.test(this.#text.slice(this.#at, this.#at + 2))) {
        argument += this.#text.charAt(this.#at + 1);
        this.#at += 2;
        continue;
      }
      if (end.test(character) || this.#text.startsWith("${", this.#at)) break;
      argument += character;
      this.#at++;
    }
    if (argument === "") throw this.#fail("bad substitution");
    return argument;
  }

  #nested(): string | typeof UNKNOWN {
    if (++this.#depth > MAX_DEPTH) throw this.#fail(`more than ${MAX_DEPTH} nested expressions`);
    const value = this.#expression();
    this.#depth--;
    return value;
  }

  #close(): void {
    if (this.#peek() !== "}") throw this.#fail("missing closing brace");
    this.#at++;
  }

  #evaluate(
    name: string,
    operator: string,
    args: readonly (string | typeof UNKNOWN)[],
  ): string | typeof UNKNOWN {
    const found = this.#lookup(name);
    const known = args.filter((arg) => arg !== UNKNOWN);
    const usesDefault = /^(?::[-=?+]|=)$/.test(operator);
    if (found === undefined && !usesDefault) this.#missing.add(name);
    const value = found === ELSEWHERE ? (usesDefault ? "" : UNKNOWN) : found;
    if (value === UNKNOWN || (known.length < args.length && !(usesDefault && value))) {
      this.#unknown.add(name);
      return UNKNOWN;
    }
    return applyFunction(operator, value ?? "", known);
  }
}
