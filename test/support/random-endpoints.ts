import { Random } from "../../tools/scripts/simulate/random.ts";

const ODD_TEXTS = [
  ...[
    "",
    "a",
    "A",
    "é",
    "😀",
    "İ",
    "i",
    "Σ",
    "\u0085",
    "\u2028",
    "\u007f",
    "\ufeff",
    "a\nb",
    "=",
    "null",
    "0o17",
  ],
  ...["${HOME}", "$", "$$", '"', "\\", "'", "{", "[", "a: b", "- a", "#", "%zz", "%41", "x".repeat(300)],
];
const ODD_VALUES = [...ODD_TEXTS, true, "true", 0, 5, -1, 1.5, null, [], {}, ["a"], { a: "b" }, [null], [{}]];
const URLS = [
  ...[
    "http://127.0.0.1:1",
    "http://localhost:1/%41",
    "https://[::1]:1/a?b#c",
    "tcp://127.0.0.1:1",
    "ws://127.0.0.1:1",
  ],
  ...[
    "https://127.0.0.1:99999",
    "https://[::1",
    "https://[1]:1",
    "https://a b",
    "http://127.0.0.1:1/%zz",
    "ssh://127.0.0.1:1",
  ],
  ...[
    "http://127.0.0.1:1/é",
    "http://:1",
    "http://a@127.0.0.1:1",
    "icmp://127.0.0.1",
    "1.1.1.1",
    "http://[fe80::1%25en0]:1",
  ],
];
const DURATIONS = [
  "1m",
  "1h0m0s",
  "1.5h",
  "-1m",
  "1",
  "1d",
  "0s",
  "99999999h",
  "99999h99999h99999h99999h",
  ".5m",
  "1m 1s",
];
const CONDITIONS = [
  ...[
    "[STATUS] == 200",
    "[CONNECTED] == true",
    "len([BODY].a) > 0",
    "has([BODY].a[0].b) == true",
    "[BODY] == pat(*a*)",
  ],
  ...[
    "[STATUS] = 200",
    "[STATUS]==200",
    " == ",
    "a == ",
    " == a",
    "a == b == c",
    "a < b",
    "[BODY][-1] == a",
    "[BODY].[ == 1",
  ],
  ...[
    "[DOMAIN_EXPIRATION] > 720h",
    "[domain_expiration] > 1h",
    "[CONTEXT].a == b",
    "age([BODY]) < 1",
    "a != any(b, c)",
  ],
];

/** Endpoints with right and wrong values in every field, always in the same order, and one that is right. */
export function randomEndpoints(count: number, seed = 20) {
  const random = new Random(seed);
  const odd = (): unknown => random.pick(ODD_VALUES);
  const text = (): string => random.pick(ODD_TEXTS);
  const mostly = (right: readonly unknown[]): unknown => (random.chance(1 / 8) ? odd() : random.pick(right));
  const conditions = () => Array.from({ length: random.between(1, 2) }, () => random.pick(CONDITIONS));
  const fields: Readonly<Record<string, () => unknown>> = {
    group: () => text(),
    interval: () => mostly(DURATIONS),
    enabled: () => mostly([true, false]),
    method: () => mostly(["GET", "post", "A B", "é"]),
    body: () => odd(),
    graphql: () => mostly([true]),
    headers: () => ({ [text()]: odd() }),
    alerts: () => [
      {
        type: mostly(["pushover", "x"]),
        description: odd(),
        "failure-threshold": odd(),
      },
    ],
    client: () => ({
      timeout: mostly(DURATIONS),
      network: mostly(["ip4", "x"]),
      "dns-resolver": mostly(["tcp://1.1.1.1:53", "udp://1.1.1.1:99999", "x"]),
      oauth2: {},
      tls: odd(),
    }),
    dns: () => ({ "query-type": mostly(["A", "ANY", "?"]), "query-name": text() }),
    ui: () => ({
      "hide-url": mostly([true]),
      badge: random.pick([{}, { "response-time": { thresholds: [1] } }, null]),
    }),
    ssh: () => random.pick([{}, { username: "a" }, null]),
    "maintenance-windows": () => random.pick([[{}], [{ start: "x" }], {}]),
    "extra-labels": () => ({ [text()]: odd() }),
    store: () => odd(),
    "always-run": () => odd(),
  };
  const endpoints = Array.from({ length: count }, (_, index) => {
    const extra = Array.from({ length: random.between(0, 2) }, () => random.pick(Object.keys(fields)));
    return {
      name: mostly([`n${index}`, `n${index}`, "", "a"]),
      url: mostly(URLS),
      conditions: random.chance(1 / 8) ? odd() : conditions(),
      ...Object.fromEntries(extra.map((field) => [field, fields[field]!()])),
    };
  });
  const good = { name: "good", url: "http://127.0.0.1:1", interval: "1h", conditions: ["[STATUS] == 200"] };
  return { good, random: endpoints };
}
