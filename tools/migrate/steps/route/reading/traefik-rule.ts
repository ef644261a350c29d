/** One matcher in a Traefik rule, as in "Host(`a.example.com`)". */
export interface Matcher {
  readonly name: string;
  readonly args: readonly string[];
}

/** Alternatives; within one, all matchers must hold. */
export type Alternatives = readonly (readonly Matcher[])[];

/** No handwritten rule has more alternatives. */
const MOST_ALTERNATIVES = 64;

const TOKEN = /\s*(?:(&&|\|\||[()!,])|`([^`]*)`|"((?:[^"\\]|\\.)*)"|([A-Za-z]+))/y;

interface Token {
  readonly kind: "symbol" | "text" | "word";
  readonly value: string;
}

/**
 * Reads a rule in Traefik's v3 syntax (https://doc.traefik.io/traefik/reference/routing-configuration/http/routing/rules-and-priority/).
 * @returns its alternatives, or why it cannot be read
 */
export function parseRule(rule: string): Alternatives | string {
  const tokens = tokensOf(rule);
  if (!tokens) return `the rule ${rule} cannot be parsed`;
  const parser = new Parser(tokens);
  const alternatives = parser.either();
  if (alternatives === undefined || !parser.done) return `the rule ${rule} cannot be parsed`;
  if (alternatives.length > MOST_ALTERNATIVES) return `the rule ${rule} has too many alternatives`;
  return alternatives;
}

function tokensOf(rule: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const text = rule.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (!found) return undefined;
    const [, symbol, raw, quoted, word] = found;
    if (symbol !== undefined) tokens.push({ kind: "symbol", value: symbol });
    else if (word !== undefined) tokens.push({ kind: "word", value: word });
    else tokens.push({ kind: "text", value: raw ?? (quoted ?? "").replace(/\\(.)/g, "$1") });
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#next === this.#tokens.length;
  }

  either(): Alternatives | undefined {
    let result = this.#all();
    while (result && this.#takes("||")) {
      const right = this.#all();
      result = right && [...result, ...right];
    }
    return result;
  }

  #all(): Alternatives | undefined {
    let result = this.#one();
    while (result && this.#takes("&&")) {
      const right = this.#one();
      const both = right && result.flatMap((left) => right.map((also) => [...left, ...also]));
      // Stops one above the limit, which is enough to show that there are too many.
      result = both?.slice(0, MOST_ALTERNATIVES + 1);
    }
    return result;
  }

  #one(): Alternatives | undefined {
    if (this.#takes("(")) {
      const inner = this.either();
      return this.#takes(")") ? inner : undefined;
    }
    const negated = this.#takes("!");
    const word = this.#tokens[this.#next];
    if (word?.kind !== "word") return undefined;
    this.#next++;
    const args = this.#arguments();
    return args && [[{ name: negated ? `!${word.value}` : word.value, args }]];
  }

  #arguments(): readonly string[] | undefined {
    if (!this.#takes("(")) return undefined;
    const args: string[] = [];
    do {
      const token = this.#tokens[this.#next++];
      if (token?.kind !== "text") return undefined;
      args.push(token.value);
    } while (this.#takes(","));
    return this.#takes(")") ? args : undefined;
  }

  #takes(symbol: string): boolean {
    const token = this.#tokens[this.#next];
    const found = token?.kind === "symbol" && token.value === symbol;
    if (found) this.#next++;
    return found;
  }
}
