import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { isRead } from "../../../components/alerting/selection.ts";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { Helm } from "../../../tools/render/helm.ts";
import { installNeighbours, NEIGHBOURS } from "../../../tools/sandbox/neighbours/install.ts";
import type { Neighbour } from "../../../tools/sandbox/neighbours/neighbour.ts";
import { neighbourStates } from "../../../tools/sandbox/neighbours/state.ts";
import { sandboxOverlay } from "../../../tools/sandbox/overlay.ts";
import { imageOf, tagOf } from "../../../tools/sandbox/runtime/images.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { pinnedVersion } from "../../../tools/toolchain/version.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { listening } from "../../support/listening.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

interface Workload {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly image: string; readonly args?: readonly string[] }[];
    };
  };
}

const PROJECT = join(import.meta.dirname, "../../..");

/** The images of a Deployment's containers, and the image that the Prometheus operator uses for its reloader. */
function imagesOf({ spec }: KubeObject): string[] {
  return (spec as Workload).template.spec.containers.flatMap(({ image, args = [] }) => [
    image,
    ...args.flatMap((arg) => /^--prometheus-config-reloader=(.*)/.exec(arg)?.[1] ?? []),
  ]);
}

describe("sandbox: neighbours", function () {
  this.timeout(60_000);
  const home = temporaryDirectory("edgefirst-neighbours-");
  const objects = new Map<string, readonly KubeObject[]>();
  before(async () => {
    const { path, version } = await resolveProgram("helm", { progress: () => undefined });
    const helm = new Helm(path, version, home);
    for (const neighbour of NEIGHBOURS) objects.set(neighbour.name, await neighbour.objects(helm));
  });

  for (const { name, programs, resources } of NEIGHBOURS) {
    const own = (): readonly KubeObject[] => objects.get(name)!;

    it(`${name}: each of its programs replaces an image of its pods, in the same version`, async () => {
      const images = [
        ...own()
          .filter(({ kind }) => kind === "Deployment")
          .flatMap(imagesOf),
        ...(await resources()).flatMap(({ spec }) => (spec as { image?: string }).image ?? []),
      ];
      assert.ok(images.length > 0);
      const replaced = images.flatMap((image) => imageOf(image)?.program ?? []);
      assert.deepEqual([...new Set(replaced)].sort(), [...programs].sort());
      for (const image of images) {
        const program = imageOf(image)?.program;
        if (program === undefined) continue;
        const { version } = await pinnedVersion(programNamed(program, PROGRAMS));
        // The Go module of Prometheus 3.16.0 has version 0.316.0.
        assert.equal(tagOf(image), program === "prometheus" ? version.replace(/^0\.3/, "3.") : version);
      }
    });

    it(`${name}: no object is declared twice, and its own resources have definitions`, async () => {
      const created = await resources();
      const names = [...own(), ...created].map((object) => `${object.apiVersion} ${describeObject(object)}`);
      assert.equal(new Set(names).size, names.length);
      const defined = own()
        .filter(({ kind }) => kind === "CustomResourceDefinition")
        .map(({ spec }) => (spec as { names: { kind: string } }).names.kind);
      for (const { kind } of created) assert.ok(defined.includes(kind), kind);
    });
  }

  it("metrics-server serves an aggregated API", () => {
    const services = objects.get("metrics-server")!.filter(({ kind }) => kind === "APIService");
    assert.deepEqual(services.map(describeObject), ["APIService v1beta1.metrics.k8s.io"]);
  });

  it("the Prometheus operator is in its own namespace, although its manifest is for `default`", () => {
    const operator = objects.get("prometheus-operator")!;
    const subjects = operator.flatMap(
      (object) => (object.subjects as KubeObject["metadata"][] | undefined) ?? [],
    );
    const namespaces = [...operator.map(({ metadata }) => metadata), ...subjects].map(
      ({ namespace }) => namespace,
    );
    assert.deepEqual(new Set(namespaces), new Set([undefined, "monitoring"]));
  });

  it("are installed although the API server does not answer every request, as on a busy machine", async () => {
    const neighbour: Neighbour = {
      name: "quiet",
      namespace: "quiet",
      programs: [],
      objects: () => Promise.resolve([]),
      resources: () => Promise.resolve([]),
    };
    const applied: string[] = [];
    let requests = 0;
    const server = createServer((request, response) => {
      // Every other request is not answered: of the discovery, and of the patch.
      if (++requests % 2 === 1) return request.destroy();
      if (request.method === "PATCH") applied.push(request.url ?? "");
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ resources: [{ name: "namespaces", kind: "Namespace", namespaced: false }] }),
      );
    });
    try {
      const kubeconfig = join(home, "kubeconfig");
      const cluster = { name: "busy", cluster: { server: `http://${await listening(server)}` } };
      const context = { name: "busy", context: { cluster: "busy", user: "busy" } };
      const users = [{ name: "busy", user: { token: "t" } }];
      writeFileSync(kubeconfig, stringify({ clusters: [cluster], contexts: [context], users }));
      const progress = (): undefined => undefined;
      await installNeighbours({ kubeconfig, context: "busy", neighbours: [neighbour], progress });
      assert.deepEqual(applied, ["/api/v1/namespaces/quiet?fieldManager=helm&force=true"]);
    } finally {
      server.close();
    }
  });

  it("report their state: what serves an API, what runs in their namespaces, issuers and certificates", async () => {
    const object = (apiVersion: string, kind: string, metadata: KubeObject["metadata"], more: object) => ({
      ...{ apiVersion, kind, metadata, ...more },
    });
    const condition = (type: string, status: string, message = "") => ({
      status: { conditions: [{ type, status, message }] },
    });
    const ready = condition("Available", "True");
    const cluster = clusterHolding(
      object("apiregistration.k8s.io/v1", "APIService", { name: "v1.apps" }, { spec: {}, ...ready }),
      object(
        "apiregistration.k8s.io/v1",
        "APIService",
        { name: "v1beta1.metrics.k8s.io" },
        {
          spec: { service: { name: "metrics-server" } },
          ...condition("Available", "False", "no endpoints"),
        },
      ),
      object("apps/v1", "Deployment", { name: "cert-manager", namespace: "cert-manager" }, ready),
      object("apps/v1", "Deployment", { name: "traefik", namespace: "network" }, ready),
      object("cert-manager.io/v1", "Certificate", { name: "external", namespace: "network" }, {}),
    );
    const states = await neighbourStates(cluster, ["cert-manager"]);
    assert.deepEqual(states, [
      { object: "APIService v1beta1.metrics.k8s.io", ready: false, message: "no endpoints" },
      { object: "Deployment cert-manager/cert-manager", ready: true, message: "" },
      { object: "Certificate network/external", ready: false, message: "no status yet" },
    ]);
  });

  for (const stack of ["edge", "main"])
    it(`every hostname of the committed stack ${stack} gets a certificate from cert-manager, and Prometheus reads its rules`, async () => {
      const { config } = parse(readFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: { "edgefirst:gateways": { https: { hostnames: object[] } }[] };
      };
      const hostnames = config["edgefirst:gateways"][0]!.https.hostnames;
      const { values } = sandboxOverlay({
        ...{ stack, kubeconfig: "k", gatewayApi: undefined, pods: "real", discovers: true, neighbours: true },
        repository: { url: "oci://example.com/repository", tag: "latest" },
      });
      const certificates = values.filter(([path]) => path.at(-1) === "certificate");
      assert.deepEqual(
        certificates.map(([path, value]) => [path.at(-2), value]),
        hostnames.map((_, index) => [index, { issuer: "sandbox" }]),
      );
      const [, alerting] = values.find(([path]) => path[0] === "edgefirst:alerting")!;
      const { ruleLabels: labels } = alerting as { ruleLabels: Record<string, string> };
      const [reader] = await NEIGHBOURS.find(
        (neighbour) => neighbour.name === "prometheus-operator",
      )!.resources();
      for (const field of ["rule", "podMonitor"])
        assert.ok(
          isRead(reader!, field, { labels, namespace: "observability", namespaceLabels: {} }),
          `${field}: ${JSON.stringify(labels)}`,
        );
    });
});
