import assert from "node:assert/strict";
import { covers, entriesIn } from "../../../../../tools/migrate/steps/route/network/address-lines.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayWith,
  helmRelease as chart,
  ingressWith,
  kustomization,
  listener,
  resultOf,
  type Files,
} from "../../planning.ts";

const gateway = (spec: object = {}): object => {
  const own = gatewayWith({ name: "wan", namespace: "edge-doors" }, "any", [listener("web", "HTTP", 80)]);
  return { ...own, spec: { ...(own as { spec: object }).spec, ...spec } };
};
const NGINX = chart("wan-proxy", "ingress", "ingress-nginx", {
  controller: { ingressClassResource: { name: "wan" }, service: { loadBalancerIP: "192.0.2.20" } },
});
const INGRESS = ingressWith({
  name: "poll",
  namespace: "club",
  host: "poll.example.org",
  ingressClassName: "wan",
});
const files = (more: Files, controller: object = NGINX, door: object = gateway()): Files => ({
  "club/poll.yaml": INGRESS,
  "doors/doors.yaml": [controller, door],
  ...more,
});
/** Where the plan names an address of a moved host, and the address. */
function found(all: Files, { keepIngress = false, ingressClass = "wan" } = {}): readonly string[] {
  const option = { name: "wan", namespace: "edge-doors" };
  const options = { route: { gateways: { [ingressClass]: option }, keepIngress } };
  const { plan } = resultOf(route, all, options);
  assert.ok(plan.changes.length > 0, plan.notes.map(({ message }) => message).join("\n"));
  return plan.notes
    .filter(({ kind, message }) => kind === "cutover" && message.startsWith("sends requests for"))
    .map(({ position, message }) => {
      const [, hosts, to] = /^sends requests for (.+?) to (.+?), (?:a fixed|the) address/.exec(message) ?? [];
      return `${position?.file}:${position?.line} ${hosts} ${to}`;
    });
}
const configMap = (data: object): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "names", namespace: "club" },
  data,
});
const aliases = (ip: string, ...hostnames: readonly string[]): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "client", namespace: "club" },
  spec: { template: { spec: { hostAliases: [{ ip, hostnames }] } } },
});

describe("migrate route: fixed addresses of hosts that move", () => {
  it("are found in the hostAliases of pods and of values", () => {
    const alias = { ip: "192.0.2.20", hostnames: ["poll.example.org", "other.example.org"] };
    const more: Files = {
      "club/client.yaml": aliases("192.0.2.20", "poll.example.org"),
      "club/app.yaml": chart("app", "club", "app-template", { defaultPodOptions: { hostAliases: [alias] } }),
    };
    assert.deepEqual(found(files(more)), [
      "club/app.yaml:17 poll.example.org 192.0.2.20",
      "club/client.yaml:10 poll.example.org 192.0.2.20",
    ]);
  });

  it("say whether the address is the controller's, as far as the repository shows", () => {
    const messages = (ip: string): string => {
      const all = files({ "club/client.yaml": aliases(ip, "poll.example.org") });
      const options = { route: { gateways: { wan: { name: "wan", namespace: "edge-doors" } } } };
      return resultOf(route, all, options)
        .plan.notes.map(({ message }) => message)
        .join("\n");
    };
    assert.match(
      messages("192.0.2.20"),
      /to 192\.0\.2\.20, the address of the controller of class wan: change it to that of Gateway edge-doors\/wan in the same commit, or they get 404/,
    );
    assert.match(messages("192.0.2.21"), /to 192\.0\.2\.21, a fixed address: if it leads to the controller/);
  });

  const ZONES: Readonly<Record<string, string>> = {
    "the zone itself": "$ORIGIN poll.example.org.\n@ IN A 192.0.2.20\n",
    "a name below the origin": "$ORIGIN example.org.\nother IN A 192.0.2.21\npoll 300 IN A 192.0.2.20\n",
    "the owner of the line before": "$ORIGIN example.org.\npoll IN TXT none\n     IN A 192.0.2.20\n",
    "an asterisk": "$ORIGIN example.org.\n* IN 300 A 192.0.2.20\n",
  };
  for (const [title, text] of Object.entries(ZONES))
    it(`are found in a zone file, by ${title}`, () => {
      const lines = found(files({ "club/names.yaml": configMap({ "db.zone": text }), "dns/db.zone": text }));
      assert.equal(lines.length, 2);
      for (const line of lines) assert.match(line, / poll\.example\.org 192\.0\.2\.20$/);
    });
  it("are found in a zone file of CoreDNS's chart, which names the zone next to it", () => {
    const zone = {
      filename: "db.zone",
      domain: "example.org",
      contents: "poll IN A 192.0.2.20\nwww IN A 192.0.2.21\n",
    };
    const more = { "club/dns.yaml": chart("dns", "club", "coredns", { zoneFiles: [zone] }) };
    assert.equal(found(files(more)).length, 1);
  });
  it("are those of other names where a name in a zone file has no dot at the end", () => {
    const entries = entriesIn(
      "$ORIGIN org.\n$ORIGIN example\npoll.example.org IN A 192.0.2.20\nwww IN CNAME poll\n",
    );
    assert.deepEqual(
      entries.map(({ entry }) => entry),
      [
        { names: ["poll.example.org.example.org"], to: "192.0.2.20" },
        { names: ["www.example.org"], to: "poll.example.org" },
      ],
    );
  });

  it("stay, with another entry for the host, where they also decide about names that do not move", () => {
    const advice = (more: Files): string =>
      resultOf(route, files(more), { route: { gateways: { wan: { name: "wan", namespace: "edge-doors" } } } })
        .plan.notes.map(({ message }) => message)
        .join("\n");
    const blocky = "customDNS:\n  mapping:\n    example.org: 192.0.2.20\n";
    assert.match(
      advice({ "club/names.yaml": configMap({ "blocky.yml": blocky }) }),
      /: add an entry for these hosts with the address of Gateway edge-doors\/wan, and leave this one, .* in the same commit/,
    );
    // A second entry for one name would be a second address of it.
    for (const more of [
      { "club/client.yaml": aliases("192.0.2.20", "poll.example.org", "other.example.org") },
      { "club/names.yaml": configMap({ hosts: "192.0.2.20 other.example.org poll.example.org\n" }) },
      { "club/names.yaml": configMap({ dns: "address=/poll.example.org/other.example.org/192.0.2.20\n" }) },
    ])
      assert.match(
        advice(more),
        /: remove these hosts from this entry, which other names have, too, and add one for them with the address of Gateway edge-doors\/wan in the same commit/,
      );
  });

  it("change where an entry has only hosts that move, although it decides about the names below them, too", () => {
    const more = {
      "club/names.yaml": configMap({
        "blocky.yml": "customDNS:\n  mapping:\n    poll.example.org: 192.0.2.20\n",
      }),
    };
    const options = { route: { gateways: { wan: { name: "wan", namespace: "edge-doors" } } } };
    assert.match(
      resultOf(route, files(more), options)
        .plan.notes.map(({ message }) => message)
        .join("\n"),
      /: change it to that of Gateway edge-doors\/wan, where every name below then leads as well, in the same commit/,
    );
  });

  it("are found in the form that the cluster receives, with its variables", () => {
    const [host, ip] = ["poll.${SUFFIX}", "${CLIENT_IP}"];
    const substitute = { SUFFIX: "example.org", CLIENT_IP: "192.0.2.20" };
    const more: Files = {
      "flux/all.yaml": kustomization("all", "apps", { postBuild: { substitute } }),
      "apps/poll.yaml": ingressWith({ name: "poll", namespace: "club", host, ingressClassName: "wan" }),
      "apps/doors.yaml": [NGINX, gateway()],
      "apps/client.yaml": aliases(ip, "POLL.${SUFFIX}"),
      "apps/kustomization.yaml":
        "resources: [poll.yaml, doors.yaml, client.yaml]\nconfigMapGenerator:\n  - name: names\n    files: [names.conf]\n",
      "apps/names.conf": "# names\naddress=/poll.${SUFFIX}/${CLIENT_IP}\n",
    };
    assert.deepEqual(found(more), [
      "apps/client.yaml:10 poll.example.org 192.0.2.20",
      "apps/names.conf:2 poll.example.org 192.0.2.20",
    ]);
  });

  it("are found in the records of resolvers, with the line", () => {
    const corefile =
      '.:53 {\n  hosts {\n    192.0.2.20 poll.example.org\n    fallthrough\n  }\n  template IN A example.org {\n    answer "{{ .Name }} 60 IN A 192.0.2.21"\n  }\n}\n';
    const blocky = "customDNS:\n  mapping:\n    example.org: 192.0.2.20\nports: { dns: 53 }\n";
    const more: Files = {
      "club/names.yaml": configMap({ Corefile: corefile, "blocky.yml": blocky }),
      "club/adguard.yaml": chart("adguard", "club", "app-template", {
        config: { dns: { rewrites: [{ domain: "*.example.org", answer: "192.0.2.20" }] } },
      }),
      "club/record.yaml": {
        apiVersion: "externaldns.k8s.io/v1alpha1",
        kind: "DNSEndpoint",
        metadata: { name: "poll", namespace: "club" },
        spec: {
          endpoints: [{ dnsName: "poll.example.org", recordType: "CNAME", targets: ["wan.example.net"] }],
        },
      },
    };
    assert.deepEqual(found(files(more)).toSorted(), [
      "club/adguard.yaml:18 poll.example.org 192.0.2.20",
      "club/names.yaml:10 poll.example.org 192.0.2.20",
      "club/names.yaml:14 poll.example.org 192.0.2.21",
      "club/names.yaml:20 poll.example.org 192.0.2.20",
      "club/record.yaml:8 poll.example.org wan.example.net",
    ]);
  });

  it("are found in files that no cluster receives", () => {
    const more: Files = {
      "talos/config.yaml": {
        machine: { network: { extraHostEntries: [{ ip: "192.0.2.20", aliases: ["poll.example.org"] }] } },
      },
      "router/hosts": "192.0.2.20 poll.example.org poll\n# 192.0.2.20 poll.example.org\n",
      "compose/docker-compose.yml": { services: { a: { extra_hosts: ["poll.example.org:192.0.2.20"] } } },
      "README.md": "192.0.2.20 poll.example.org\n",
    };
    assert.deepEqual(found(files(more)).toSorted(), [
      "compose/docker-compose.yml:4 poll.example.org 192.0.2.20",
      "router/hosts:1 poll.example.org 192.0.2.20",
      "talos/config.yaml:4 poll.example.org 192.0.2.20",
    ]);
  });

  it("are nothing for other hosts, at the Gateway's own address, on the pod itself, and while the Ingress stays", () => {
    const client = (...names: readonly string[]): Files => ({
      "club/client.yaml": aliases("192.0.2.20", ...names),
    });
    assert.deepEqual(found(files(client("other.example.org", "a.poll.example.org"))), []);
    assert.deepEqual(found(files({ "club/client.yaml": aliases("127.0.0.1", "poll.example.org") })), []);
    const own = gateway({ addresses: [{ type: "IPAddress", value: "192.0.2.20" }] });
    assert.deepEqual(found(files(client("poll.example.org"), NGINX, own)), []);
    assert.equal(found(files(client("poll.example.org"))).length, 1);
    assert.deepEqual(found(files(client("poll.example.org")), { keepIngress: true }), []);
  });

  it("are nothing in lists that only contain addresses and names", () => {
    const more: Files = {
      "club/lists.yaml": configMap({
        TRUSTED_DOMAINS: "localhost 192.0.2.20 poll.example.org",
        NO_PROXY: "192.0.2.0/24,poll.example.org",
        APP_URL: "https://poll.example.org",
        "app.ini": "[server]\nDOMAIN = poll.example.org\nHTTP_ADDR = 192.0.2.20\n",
      }),
    };
    assert.deepEqual(found(files(more)), []);
  });
});

describe("migrate route: hosts that the controller's Service publishes as well", () => {
  const KEY = "external-dns.alpha.kubernetes.io/hostname";
  const lines = (hostname: string, keepIngress = false): string => {
    const service = { annotations: { [KEY]: hostname } };
    const proxy = chart("wan-proxy", "ingress", "ingress-nginx", {
      controller: { ingressClassResource: { name: "wan" }, service },
    });
    const options = { route: { gateways: { wan: { name: "wan", namespace: "edge-doors" } }, keepIngress } };
    const { plan } = resultOf(route, files({}, proxy), options);
    assert.equal(plan.changes.length, 1, plan.notes.map(({ message }) => message).join("\n"));
    return plan.notes.map(({ message }) => message).join("\n");
  };
  const HELD = /^poll\.example\.org: the Service of the controller of class wan publishes/m;

  it("are on the cutover list, by name and by a wildcard", () => {
    assert.match(
      lines("door.example.net, poll.example.org"),
      /poll\.example\.org: .* remove it there in the same commit/,
    );
    assert.match(lines("*.example.org"), HELD);
  });

  it("are not for other names, and not while the Ingress stays", () => {
    assert.doesNotMatch(lines("door.example.org"), HELD);
    assert.doesNotMatch(lines("poll.example.org", true), HELD);
  });
});

describe("migrate route: entries in lines of text", () => {
  const targets = (text: string, host = "poll.example.org"): readonly string[] =>
    entriesIn(text)
      .filter(({ entry }) => covers(entry, host))
      .map(({ entry }) => entry.to);

  it("are read in each form", () => {
    for (const line of [
      "192.0.2.20 a.example.org poll.example.org # old",
      '  - "poll.example.org:192.0.2.20"',
      "poll.example.org = 192.0.2.20",
      '"poll.example.org" => "192.0.2.20",',
      "curl --resolve poll.example.org:443:192.0.2.20 https://poll.example.org",
      "poll.example.org. 300 IN A 192.0.2.20",
      '  local-data: "poll.example.org A 192.0.2.20"',
      "address=/example.net/example.org/192.0.2.20",
      "host-record=poll.example.org,192.0.2.20,300",
      "  rewrite stop name regex (.*)\\.example\\.org 192.0.2.20",
      "  rewrite name suffix .example.org 192.0.2.20",
      'echo "192.0.2.20 poll.example.org" >> /etc/hosts',
    ])
      assert.deepEqual(targets(line), ["192.0.2.20"], line);
    assert.deepEqual(targets("cname=poll.example.org,door.example.net"), ["door.example.net"]);
    assert.deepEqual(targets("2001:db8::1 poll.example.org"), ["2001:db8::1"]);
  });

  it("are nothing for other names, and for lines of another meaning", () => {
    for (const line of [
      "192.0.2.20 my-poll.example.org poll.example.org.example.net",
      "# 192.0.2.20 poll.example.org",
      "0.0.0.0 poll.example.org",
      "server=/poll.example.org/",
      "rewrite name regex ( 192.0.2.20",
      "A record of poll.example.org",
      "poll.example.org: 192.0.2.0/24",
    ])
      assert.deepEqual(targets(line), [], line);
  });
});
