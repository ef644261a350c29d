import { notSupported, TemplateError } from "./error.ts";
import { actionsIn, type Token } from "./tokens.ts";

/** A template: what it writes, in order. */
export type Template = readonly Node[];

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | (Block & { readonly kind: "if" | "with" | "range" });

interface Block {
  readonly pipeline: Pipeline;
  readonly body: Template;
  readonly otherwise: Template;
}

/** Commands, of which each takes the result of the one before it as its last argument. */
export interface Pipeline {
  /** The variables that get the result: the only one, or the key and the value of a range. */
  readonly variables: readonly string[];
  /** Whether the variables exist already. */
  readonly isAssignment: boolean;
  readonly commands: readonly (readonly Term[])[];
}

export interface Term {
  readonly base:
    | { readonly literal: string | number | boolean | null }
    | { readonly variable: string }
    | { readonly call: string }
    | { readonly pipeline: Pipeline }
    | "dot";
  readonly fields: readonly string[];
}

/**
 * Parses a template of Go's text/template with other delimiters. Source: pkg.go.dev/text/template.
 * @throws TemplateError if the syntax is not valid, or for `define`, `template`, `block`, `break` and `continue`
 */
export function parseTemplate(text: string, delimiters: readonly [string, string]): Template {
  const parser = new Parser(actionsIn(text, delimiters));
  const { nodes, end } = parser.list();
  if (end !== undefined) throw new TemplateError(`unexpected ${end}`);
  return nodes;
}

class Parser {
  readonly #parts: readonly (string | readonly Token[])[];
  #next = 0;

  constructor(parts: readonly (string | readonly Token[])[]) {
    this.#parts = parts;
  }

  /** Nodes up to the end of the template, or to an `end` or `else`, whose tokens remain in `tokens`. */
  list(): { readonly nodes: Template; readonly end: "end" | "else" | undefined; readonly tokens: Tokens } {
    const nodes: Node[] = [];
    for (;;) {
      const part = this.#parts[this.#next++];
      if (part === undefined) return { nodes, end: undefined, tokens: new Tokens([]) };
      if (typeof part === "string") {
        nodes.push({ kind: "text", text: part });
        continue;
      }
      const tokens = new Tokens(part);
      const word = tokens.peek()?.text;
      if (word === "end" || word === "else") {
        tokens.take();
        return { nodes, end: word, tokens };
      }
      if (word !== undefined) nodes.push(this.#node(word, tokens));
    }
  }

  #node(word: string, tokens: Tokens): Node {
    if (word === "if" || word === "with" || word === "range") {
      tokens.take();
      return this.#block(word, tokens);
    }
    if (["define", "template", "block", "break", "continue"].includes(word))
      throw notSupported(`the action ${word}`);
    return { kind: "action", pipeline: whole(tokens) };
  }

  #block(kind: "if" | "with" | "range", tokens: Tokens): Node {
    const pipeline = whole(tokens);
    const body = this.list();
    if (body.end === undefined) throw new TemplateError(`${kind} without end`);
    return {
      kind,
      pipeline,
      body: body.nodes,
      otherwise: body.end === "else" ? this.#otherwise(body.tokens) : [],
    };
  }

  #otherwise(tokens: Tokens): Template {
    const word = tokens.peek()?.text;
    // `else if` shares its end with the block before it.
    if (word === "if" || word === "with") {
      tokens.take();
      return [this.#block(word, tokens)];
    }
    const { nodes, end } = this.list();
    if (end !== "end") throw new TemplateError("else without end");
    return nodes;
  }
}

class Tokens {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead];
  }

  take(): Token | undefined {
    return this.#tokens[this.#next++];
  }
}

function whole(tokens: Tokens): Pipeline {
  const result = pipeline(tokens);
  const rest = tokens.peek();
  if (rest) throw new TemplateError(`unexpected ${rest.text}`);
  return result;
}

function pipeline(tokens: Tokens): Pipeline {
  const variables: string[] = [];
  const [first, second, third, fourth] = [0, 1, 2, 3].map((ahead) => tokens.peek(ahead));
  const operator = second?.text === "," ? fourth?.text : second?.text;
  const isDeclared = first?.type === "variable" && (operator === ":=" || operator === "=");
  if (isDeclared) {
    variables.push(first.text);
    if (second?.text === "," && third) variables.push(third.text);
    for (let count = 2 * variables.length; count > 0; count--) tokens.take();
  }
  const commands: (readonly Term[])[] = [];
  do commands.push(command(tokens));
  while (tokens.peek()?.text === "|" && tokens.take());
  return { variables, isAssignment: isDeclared && operator === "=", commands };
}

function command(tokens: Tokens): readonly Term[] {
  const terms: Term[] = [];
  for (let token = tokens.peek(); token && token.text !== "|" && token.text !== ")"; token = tokens.peek())
    terms.push(term(tokens));
  if (terms.length === 0) throw new TemplateError("a command is missing");
  return terms;
}

function term(tokens: Tokens): Term {
  // A field on its own is one of the dot.
  const base = tokens.peek()?.type === "field" ? "dot" : baseOf(tokens.take(), tokens);
  const fields: string[] = [];
  for (
    let token = tokens.peek();
    token?.type === "field" && (token.isAttached || (base === "dot" && fields.length === 0));
    token = tokens.peek()
  ) {
    fields.push(token.text.slice(1));
    tokens.take();
  }
  return { base, fields };
}

function baseOf(token: Token | undefined, tokens: Tokens): Term["base"] {
  if (token?.type === "literal") return { literal: token.value ?? null };
  if (token?.type === "variable") return { variable: token.text };
  if (token?.type === "word") return { call: token.text };
  if (token?.text === ".") return "dot";
  if (token?.text === "(") {
    const inner = pipeline(tokens);
    if (tokens.take()?.text !== ")") throw new TemplateError("a closing parenthesis is missing");
    return { pipeline: inner };
  }
  throw new TemplateError(token ? `unexpected ${token.text}` : "the action ends too early");
}
