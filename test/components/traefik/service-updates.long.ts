import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkTraefikService,
  traefikService,
  type ServiceArgs,
} from "../../../components/traefik/service.ts";
import { service } from "../../../config/traefik-service.ts";
import type { KubeClient } from "../../../kube/kube-client.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { sharedClient, START_TIMEOUT_MS } from "../../support/sandbox.ts";

const NAMESPACE = "service-updates";

/** Settings of a Service that the configuration accepts. The sandbox's cluster has IPv4 only. */
const settings = fc
  .record(
    {
      type: fc.constantFrom("LoadBalancer", "ClusterIP", "NodePort"),
      loadBalancerClass: fc.constantFrom("example.com/a", "example.com/b"),
      loadBalancerSourceRanges: fc.constantFrom(["192.0.2.0/24"], ["198.51.100.0/24", "192.0.2.0/24"]),
      externalTrafficPolicy: fc.constantFrom("Cluster", "Local"),
      ipFamilyPolicy: fc.constantFrom("SingleStack", "PreferDualStack"),
      ipFamilies: fc.constant(["IPv4"]),
      nodePorts: fc.record({ http: fc.constantFrom(30_080, 30_081) }, { requiredKeys: [] }),
      allocateLoadBalancerNodePorts: fc.boolean(),
    },
    { requiredKeys: ["type"] },
  )
  .map((value) => service.safeParse(value).data)
  .filter((value) => value !== undefined);

const args = fc
  .record({ service: settings, http3: fc.boolean(), http: fc.constantFrom(80, 8000) })
  .map(({ http, ...more }): ServiceArgs => ({
    ...more,
    labels: {},
    gateway: { name: "external", namespace: NAMESPACE, className: "traefik" },
    ports: { http, https: 443 },
  }));

describe("a change to Traefik's Service", function () {
  this.timeout(120_000);
  let client: KubeClient;
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    client = await sharedClient(NAMESPACE);
  });
  after(() => {
    client.close();
  });

  /** The API server's reason to refuse a Service. */
  async function refusal(wanted: ServiceArgs, dryRun: boolean): Promise<string | undefined> {
    try {
      await client.apply(traefikService(wanted), { fieldManager: "test", force: true, dryRun });
      return undefined;
    } catch (error) {
      if (error instanceof EdgefirstError) return error.message;
      throw error;
    }
  }

  it("is refused before the update exactly if the API server would refuse it", async () => {
    const refused: string[] = [];
    await fc.assert(
      fc.asyncProperty(args, args, async (former, next) => {
        await client.delete(traefikService(former));
        assert.equal(await refusal(former, false), undefined, "the first version");
        const findings = await checkTraefikService(next, client);
        const reason = await refusal(next, true);
        if (reason !== undefined) refused.push(reason);
        assert.equal(
          findings.some(({ severity }) => severity === "error"),
          reason !== undefined,
          reason,
        );
      }),
      { numRuns: 150 },
    );
    assert.ok(refused.length > 5, "the API server refused too few changes for this to show anything");
  });
});
