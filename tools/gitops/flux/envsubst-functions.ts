/** Applies the operator of a `${…}` expression to a value. Source: github.com/fluxcd/pkg/envsubst, funcs.go. */
export function applyFunction(operator: string, value: string, args: readonly string[]): string {
  const [first = "", second] = args;
  switch (operator) {
    case ",":
      return value.charAt(0).toLowerCase() + value.slice(1);
    case ",,":
      return value.toLowerCase();
    case "^":
      return value.charAt(0).toUpperCase() + value.slice(1);
    case "^^":
      return value.toUpperCase();
    case "#":
      return args.length === 0 ? String(Buffer.byteLength(value)) : trim(value, first, "shortest");
    case "##":
      return trim(value, first, "longest");
    case "%":
      return reverse(trim(reverse(value), reverse(first), "shortest"));
    case "%%":
      return reverse(trim(reverse(value), reverse(first), "longest"));
    case ":":
      return substring(value, first, second);
    case "/":
      return value.replace(first, () => second ?? "");
    case "//":
      return value.replaceAll(first, () => second ?? "");
    case "/#":
      return second !== undefined && value.startsWith(first) ? second + value.slice(first.length) : value;
    case "/%":
      return second !== undefined && value.endsWith(first) ? value.slice(0, -first.length) + second : value;
    default:
      // All other operators, `:?` and `:+` included, use the default if the value is empty.
      return value === "" ? args.join("") : value;
  }
}

/** Removes the shortest or longest prefix that a pattern (`*`, `?`, `[…]`) matches. */
function trim(value: string, pattern: string, which: "shortest" | "longest"): string {
  const expression = glob(pattern);
  if (!expression) return value;
  const lengths = Array.from(value, (_character, index) => index + 1);
  if (which === "longest") lengths.reverse();
  const length = lengths.find((candidate) => expression.test(value.slice(0, candidate)));
  return length === undefined ? value : value.slice(length);
}

function glob(pattern: string): RegExp | undefined {
  const source = pattern.replace(
    /\\(.)|\[(\^?[^\]]*)\]|\*|\?|[\\^$.|+(){}[\]]/gs,
    (match, escaped?: string, range?: string) => {
      if (escaped !== undefined) return escaped.replace(/\W/, "\\$&");
      if (range !== undefined) return `[${range}]`;
      if (match === "*") return ".*";
      return match === "?" ? "." : `\\${match}`;
    },
  );
  try {
    return new RegExp(`^(?:${source})$`, "s");
  } catch {
    return undefined;
  }
}

const reverse = (value: string): string => Array.from(value).reverse().join("");

/** Positions count bytes; a negative position or length counts from the end. */
function substring(value: string, position: string, length: string | undefined): string {
  if (!/^[-+]?[0-9]+$/.test(position)) return value;
  const bytes = Buffer.from(value);
  const start = Number(position) < 0 ? Math.max(bytes.length + Number(position), 0) : Number(position);
  if (length === undefined) return bytes.subarray(start).toString();
  if (!/^[-+]?[0-9]+$/.test(length)) return value;
  const end = Number(length) < 0 ? bytes.length + Number(length) : start + Number(length);
  return bytes.subarray(start, Math.max(start, end)).toString();
}
