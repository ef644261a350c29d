import { enabled } from "../../../../../policy/objects/app-template.ts";
import { at, fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";

/**
 * The entry points that redirect every request to another one, according to the values of Traefik's chart. Flags are case-insensitive.
 * Sources: https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/, and github.com/traefik/traefik-helm-chart:
 * traefik/values.yaml, where the setting was `redirectTo`, then `redirections`, then `http.redirections`
 */
export function redirectingEntryPoints(values: Fields): ReadonlySet<string> {
  const byValues = enabled(values.ports)
    .filter(([, port]) =>
      [
        port.redirectTo,
        at(port, ["redirections", "entryPoint"]),
        at(port, ["http", "redirections", "entryPoint"]),
      ].some((target) => text(target) !== undefined || Object.keys(fields(target)).length > 0),
    )
    .map(([name]) => name);
  const byFlags = [...flagsOf(values)].flatMap(
    ([flag]) => /^entrypoints\.([^.]+)\.http\.redirections\.entrypoint\.to$/.exec(flag)?.[1] ?? [],
  );
  return new Set([...byValues, ...byFlags]);
}

/**
 * The entry points of routers that name none, if the values of Traefik's chart say so; otherwise, these are all but the dashboard's.
 * Source: https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/ (`asDefault`)
 */
export function defaultEntryPoints(values: Fields): readonly string[] {
  const byValues = enabled(values.ports)
    .filter(([, { asDefault }]) => asDefault === true)
    .map(([name]) => name);
  const byFlags = [...flagsOf(values)].flatMap(([flag, value]) =>
    value === "" || value === "true" ? (/^entrypoints\.([^.]+)\.asdefault$/.exec(flag)?.[1] ?? []) : [],
  );
  return [...new Set([...byValues, ...byFlags])];
}

/** Whether an entry point in the values of Traefik's chart is for plain HTTP. */
export function isPlainEntryPoint(name: string, values: Fields): boolean {
  const { exposedPort, port } = fields(fields(values.ports)[name]);
  return name === "web" || [exposedPort, port].includes(80);
}

/**
 * Settings of Traefik's entry points that apply to all routers and may protect the apps behind them: Middlewares, TLS options and trusted
 * proxies, as `ports.websecure.middlewares` or the flag.
 */
export function entryPointProtections(values: Fields): readonly string[] {
  const byValues = enabled(values.ports).flatMap(([name, port]) =>
    PROTECTIONS.filter((path) => isSet(at(port, path))).map((path) => `ports.${name}.${path.join(".")}`),
  );
  const byFlags = [...flagsOf(values)]
    .map(([flag]) => flag)
    .filter((flag) =>
      /^entrypoints\.[^.]+\.(?:http\.(?:middlewares|tls\.options)|forwardedheaders|proxyprotocol)/.test(flag),
    );
  return [
    ...byValues,
    ...byFlags,
    ...Object.keys(fields(values.tlsOptions)).map((name) => `tlsOptions.${name}`),
  ];
}

const PROTECTIONS = [
  ["middlewares"],
  ["http", "middlewares"],
  ["tls", "options"],
  ["http", "tls", "options"],
  ["forwardedHeaders"],
  ["proxyProtocol"],
];

/**
 * Settings of the transport to apps that change which certificates of theirs Traefik accepts.
 * Source: https://doc.traefik.io/traefik/reference/install-configuration/configuration-options/ (serversTransport)
 */
export function transportSettings(values: Fields): readonly string[] {
  const variables = list(values.env).map((one) => {
    const { name, value } = fields(one);
    return [
      (text(name) ?? "")
        .replace(/^TRAEFIK_/, "")
        .replaceAll("_", ".")
        .toLowerCase(),
      text(value) ?? "",
    ] as const;
  });
  const all = new Map([...variables, ...flagsOf(values)]);
  const skips = all.get("serverstransport.insecureskipverify");
  return [
    ...(skips === "" || skips === "true" ? ["serversTransport.insecureSkipVerify"] : []),
    ...([...all.keys()].some((flag) => flag.startsWith("serverstransport.rootcas"))
      ? ["serversTransport.rootCAs"]
      : []),
  ];
}

function isSet(value: unknown): boolean {
  return list(value).length > 0 || (text(value) ?? "") !== "" || hasAny(value);
}

const hasAny = (value: unknown): boolean =>
  Object.values(fields(value)).some((one) => one === true || list(one).length > 0);

/** The flags in the values of Traefik's chart, in lower case and without dashes, and their values. */
export function flagsOf(values: Fields): ReadonlyMap<string, string> {
  return new Map(
    [...texts(values.additionalArguments), ...texts(values.globalArguments)].map((argument) => {
      const [flag = "", ...value] = argument.replace(/^--/, "").split("=");
      return [flag.toLowerCase(), value.join("=")] as const;
    }),
  );
}
