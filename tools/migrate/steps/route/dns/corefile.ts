/** A block of the plugin k8s_gateway in a Corefile of CoreDNS; empty lists if it does not set them. */
export interface GatewayBlock {
  /** Of which it answers names; none if it answers all. */
  readonly zones: readonly string[];
  readonly resources: readonly string[];
  readonly ingressClasses: readonly string[];
  readonly gatewayClasses: readonly string[];
}

/**
 * The blocks of k8s_gateway in a text, if that is a Corefile. Without zones of its own, the plugin has those of its server.
 * Source: https://github.com/k8s-gateway/k8s_gateway (setup.go); https://coredns.io/manual/toc/#configuration
 */
export function gatewayBlocks(text: string): readonly GatewayBlock[] {
  if (!/^\s*k8s_gateway\b/m.test(text)) return [];
  const found: GatewayBlock[] = [];
  // The words in front of each open brace: the server's keys, then a plugin with its arguments.
  const open: (readonly string[])[] = [];
  let options = new Map<string, readonly string[]>();
  for (const line of text.split("\n")) {
    const words = line
      .replace(/(?:^|\s)#.*$/, "")
      .trim()
      .split(/\s+/)
      .filter(Boolean);
    const opens = words.at(-1) === "{";
    const [name = "", ...values] = opens ? words.slice(0, -1) : words;
    if (name === "}") {
      const [, plugin] = open;
      if (open.length === 2 && plugin?.[0] === "k8s_gateway") found.push(blockOf(open, options));
      open.pop();
    } else if (opens) {
      open.push(open.length === 0 ? [name, ...values].map(zoneOf) : [name, ...values]);
      options = new Map();
    } else if (open.length === 1 && name === "k8s_gateway")
      found.push(blockOf([...open, [name, ...values]], new Map()));
    else if (open.length === 2) options.set(name, values);
  }
  return found;
}

function blockOf(
  [server = [], plugin = []]: readonly (readonly string[])[],
  options: ReadonlyMap<string, readonly string[]>,
): GatewayBlock {
  const own = plugin.slice(1).map(zoneOf);
  const zones = own.length > 0 ? own : server;
  return {
    zones: zones.includes("") ? [] : zones,
    resources: options.get("resources") ?? [],
    ingressClasses: options.get("ingressClasses") ?? [],
    gatewayClasses: options.get("gatewayClasses") ?? [],
  };
}

/** `dns://example.com.:53,` as `example.com`, and the root as an empty text. */
const zoneOf = (key: string): string =>
  key
    .replace(/,$/, "")
    .replace(/^\w+:\/\//, "")
    .replace(/:\d+$/, "")
    .replace(/\.$/, "");
