import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayClass,
  gatewayWith,
  helmRelease,
  ingressWith,
  messages,
  resultOf,
  type Files,
} from "../../planning.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const RANGES = ["192.0.2.0/24", "198.51.100.0/24"];

const release = (chart: string, values: object): object => helmRelease(chart, "network", chart, values);
const nginx = (controller: object): object => release("ingress-nginx", { controller });
const service = (name: string, annotations: object, spec: object): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "network", annotations },
  spec: { selector: { app: "door" }, ports: [{ port: 443 }], ...spec },
});
const nginxPods = (spec: object = {}, ports: object = {}): object => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "door", namespace: "network" },
  spec: {
    selector: { matchLabels: { app: "door" } },
    template: {
      metadata: { labels: { app: "door" } },
      spec: {
        containers: [
          {
            name: "controller",
            image: "registry.example.com/ingress-nginx/controller:v1.12.0",
            ports: [{ containerPort: 443, ...ports }],
          },
        ],
        ...spec,
      },
    },
  },
});
const traefikClass = gatewayClass("doors", "traefik.io/gateway-controller");
const traefikBehind = (values: object): object =>
  release("traefik", { providers: { kubernetesGateway: { enabled: true } }, ...values });

function run(
  ingressClass: string,
  {
    objects,
    annotations = {},
    provides = [],
  }: {
    readonly objects: readonly object[];
    readonly annotations?: object;
    readonly provides?: readonly string[];
  },
): ReturnType<typeof resultOf> {
  const files: Files = {
    "apps/objects.yaml": [
      traefikClass,
      gatewayWith({ name: "front", namespace: "doors" }, "doors"),
      ...objects,
    ],
    "apps/web.yaml": ingressWith({ host: "web.example.com", ingressClassName: ingressClass, annotations }),
  };
  const gateway = { name: "front", namespace: "doors", middlewares: true, provides };
  return resultOf(route, files, {
    acceptLoss: ["setting"],
    route: { gateways: { [ingressClass]: gateway } },
  });
}

const refusal = (...args: Parameters<typeof run>): string => messages(run(...args), "refused").join("\n");
const assertMoves = (...args: Parameters<typeof run>): void => {
  const result = run(...args);
  const isMoved = result.plan.changes.some(({ text }) => text?.includes("kind: HTTPRoute"));
  assert.ok(isMoved, messages(result, "refused").join("\n"));
};

describe("migrate route: a load balancer that admits only some addresses", () => {
  const AZURE = "service.beta.kubernetes.io/azure-allowed-ip-ranges";
  const GENERIC = "service.beta.kubernetes.io/load-balancer-source-ranges";
  for (const [name, ingressClass, object, setting] of [
    [
      "ingress-nginx",
      "nginx",
      nginx({ service: { loadBalancerSourceRanges: RANGES } }),
      "loadBalancerSourceRanges",
    ],
    [
      "its internal Service",
      "nginx",
      nginx({ service: { internal: { enabled: true, loadBalancerSourceRanges: RANGES } } }),
      "loadBalancerSourceRanges",
    ],
    ["an annotation", "nginx", nginx({ service: { annotations: { [AZURE]: RANGES.join(",") } } }), AZURE],
    [
      "Traefik",
      "traefik",
      release("traefik", { service: { loadBalancerSourceRanges: RANGES } }),
      "loadBalancerSourceRanges",
    ],
    [
      "Traefik, in its spec",
      "traefik",
      release("traefik", { service: { spec: { loadBalancerSourceRanges: RANGES } } }),
      "loadBalancerSourceRanges",
    ],
    [
      "another Service of Traefik",
      "traefik",
      release("traefik", {
        service: { additionalServices: { lan: { spec: { loadBalancerSourceRanges: RANGES } } } },
      }),
      "loadBalancerSourceRanges",
    ],
  ] as const)
    it(`keeps the Ingresses of its class: ${name}`, () => {
      assert.match(
        refusal(ingressClass, { objects: [object] }),
        new RegExp(`the setting ${setting} of HelmRelease network/.* protects every Ingress of the class`),
      );
      assertMoves(ingressClass, { objects: [object], provides: [setting] });
    });

  it("keeps the Ingresses of a controller without a release", () => {
    const annotated = service("door", { [GENERIC]: RANGES.join(", ") }, { type: "LoadBalancer" });
    const limited = service("door", {}, { type: "LoadBalancer", loadBalancerSourceRanges: RANGES });
    assert.match(
      refusal("nginx", { objects: [nginxPods(), annotated] }),
      new RegExp(`the setting ${GENERIC} protects`),
    );
    assert.match(
      refusal("nginx", { objects: [nginxPods(), limited] }),
      /the setting loadBalancerSourceRanges protects/,
    );
  });

  const BETA = "service.beta.kubernetes.io/";
  const LISTS: readonly (readonly [name: string, value: string])[] = [
    [`${BETA}do-loadbalancer-allow-rules`, "ip:192.0.2.1,cidr:198.51.100.0/24"],
    [`${BETA}linode-loadbalancer-firewall-acl`, '{ "allowList": { "ipv4": ["192.0.2.0/24"] } }'],
    [`${BETA}aws-load-balancer-security-group-prefix-lists`, "pl-1"],
    [`${BETA}ovh-loadbalancer-allowed-sources`, "192.0.2.0/24"],
    ["service.kubernetes.io/load-balancer-source-ranges", "192.0.2.0/24"],
  ];
  const RULES: readonly (readonly [name: string, value: string])[] = [
    [`${BETA}do-loadbalancer-deny-rules`, "cidr:192.0.2.0/24"],
    [`${BETA}linode-loadbalancer-firewall-acl`, '{ "denyList": { "ipv4": ["192.0.2.0/24"] } }'],
    [`${BETA}linode-loadbalancer-firewall-id`, "1234"],
    [`${BETA}aws-load-balancer-security-groups`, "sg-1"],
    [`${BETA}azure-deny-all-except-load-balancer-source-ranges`, "true"],
    [`${BETA}vultr-loadbalancer-firewall-rules`, "192.0.2.0/24,80"],
    [`${BETA}alibaba-cloud-loadbalancer-acl-id`, "acl-1"],
  ];
  for (const [all, verb] of [
    [LISTS, "protects"],
    [RULES, "may protect"],
  ] as const)
    for (const [name, value] of all)
      it(`keeps the Ingresses of its class by an annotation of its cloud: ${name}: ${value}`, () => {
        const annotations = { [name]: value };
        const objects = [nginx({ service: { annotations } })];
        assert.match(
          refusal("nginx", { objects }),
          new RegExp(`the setting ${name} of HelmRelease network/.* ${verb} every Ingress of the class`),
        );
        assertMoves("nginx", { objects, provides: [name] });
        assertMoves("nginx", { objects: [...objects, traefikBehind({ service: { annotations } })] });
      });

  it("keeps them if the Gateway's has the same addresses as those to keep out", () => {
    const own = nginx({ service: { loadBalancerSourceRanges: RANGES } });
    const annotations = { "service.cilium.io/src-ranges-policy": "deny" };
    const behind = { annotations, spec: { loadBalancerSourceRanges: RANGES } };
    assert.match(
      refusal("nginx", { objects: [own, traefikBehind({ service: behind })] }),
      /loadBalancerSourceRanges/,
    );
    const denied = nginx({ service: { annotations, loadBalancerSourceRanges: RANGES } });
    assert.match(refusal("nginx", { objects: [denied] }), /src-ranges-policy .* may protect every Ingress/);
    assertMoves("nginx", { objects: [denied, traefikBehind({ service: behind })] });
  });

  it("keeps none by an annotation that is off or admits everyone", () => {
    for (const annotations of [
      { [`${BETA}azure-deny-all-except-load-balancer-source-ranges`]: "false" },
      { [`${BETA}linode-loadbalancer-firewall-acl`]: '{ "allowList": { "ipv4": ["0.0.0.0/0"] } }' },
      { [`${BETA}do-loadbalancer-name`]: "front" },
    ])
      assertMoves("nginx", { objects: [nginx({ service: { annotations } })] });
  });

  it("keeps none if it admits everyone, or is none", () => {
    for (const own of [
      { loadBalancerSourceRanges: [] },
      { loadBalancerSourceRanges: ["0.0.0.0/0"] },
      { type: "ClusterIP", loadBalancerSourceRanges: RANGES },
      { enabled: false, loadBalancerSourceRanges: RANGES },
      { internal: { loadBalancerSourceRanges: RANGES } },
    ])
      assertMoves("nginx", { objects: [nginx({ service: own })] });
  });

  it("keeps none if the Gateway's has the same list", () => {
    const own = nginx({ service: { loadBalancerSourceRanges: RANGES } });
    const behind = (ranges: readonly string[]) => [
      own,
      traefikBehind({ service: { spec: { loadBalancerSourceRanges: ranges } } }),
    ];
    assertMoves("nginx", { objects: behind(RANGES.toReversed()) });
    assert.match(refusal("nginx", { objects: behind(RANGES.slice(1)) }), /loadBalancerSourceRanges/);
  });
});

describe("migrate route: a list or limit of addresses", () => {
  const LIST = { [`${NGINX}whitelist-source-range`]: "192.0.2.0/24" };
  const local = nginx({ service: { externalTrafficPolicy: "Local" } });

  it("keeps its Ingress if only the class's controller is known to see them", () => {
    for (const [objects, keeper] of [
      [[local], "externalTrafficPolicy: Local of HelmRelease network/ingress-nginx"],
      [[nginx({ hostNetwork: true })], "hostNetwork: true of HelmRelease"],
      [[nginx({ hostPort: { enabled: true } })], "hostPort of HelmRelease"],
      [
        [nginxPods(), service("door", {}, { externalTrafficPolicy: "Local" })],
        "externalTrafficPolicy: Local;",
      ],
      [[nginxPods({ hostNetwork: true })], "hostNetwork: true;"],
      [[nginxPods({}, { hostPort: 443 })], "hostPort;"],
    ] as const) {
      assert.match(
        refusal("nginx", { objects, annotations: LIST }),
        new RegExp(
          `annotation ${NGINX}whitelist-source-range compares or counts the addresses of clients, .* because of ${keeper}`,
        ),
      );
      assertMoves("nginx", { objects, annotations: LIST, provides: ["externalTrafficPolicy"] });
    }
  });

  it("is one of ingress-nginx's limits, or any Middleware that compares or counts addresses", () => {
    for (const annotation of ["limit-rps", "limit-connections"])
      assert.match(
        refusal("nginx", { objects: [local], annotations: { [NGINX + annotation]: "5" } }),
        new RegExp(`${annotation} compares or counts`),
      );
    const traefik = release("traefik", { service: { spec: { externalTrafficPolicy: "Local" } } });
    const middleware = (name: string, spec: object): object => ({
      apiVersion: "traefik.io/v1alpha1",
      kind: "Middleware",
      metadata: { name, namespace: "apps" },
      spec,
    });
    const chain = middleware("own", { chain: { middlewares: [{ name: "inner" }] } });
    const annotations = { "traefik.ingress.kubernetes.io/router.middlewares": "apps-own@kubernetescrd" };
    for (const spec of [
      { ipAllowList: { sourceRange: RANGES } },
      { rateLimit: { average: 5 } },
      { plugin: { bouncer: {} } },
    ])
      assert.match(
        refusal("traefik", { objects: [traefik, chain, middleware("inner", spec)], annotations }),
        /Middleware apps\/inner compares or counts/,
      );
    assertMoves("traefik", { objects: [traefik, chain, middleware("inner", { compress: {} })], annotations });
  });

  it("moves if the Gateway's Traefik sees the addresses, or the class's controller does not", () => {
    const seen = traefikBehind({ service: { spec: { externalTrafficPolicy: "Local" } } });
    const onHosts = traefikBehind({ ports: { websecure: { hostPort: 443 } } });
    for (const objects of [[local, seen], [local, onHosts], [nginx({})]])
      assertMoves("nginx", { objects, annotations: LIST });
    assert.match(
      refusal("nginx", { objects: [local, traefikBehind({})], annotations: LIST }),
      /addresses of clients/,
    );
    assertMoves("nginx", { objects: [local] });
  });
});
