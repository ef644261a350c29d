import assert from "node:assert/strict";
import type { ClusterReader } from "../../kube/client.ts";
import { enforce } from "../../kube/findings.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { checkDistinct, checkNamespaces, checkOwnership, foreignNamespaces } from "../../kube/ownership.ts";

const DECLARED: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "gatus", namespace: "observability" },
};

/** A cluster with these objects. */
function holding(...objects: KubeObject[]): ClusterReader {
  return {
    context: "test",
    get: (wanted) =>
      Promise.resolve(objects.find((object) => describeObject(object) === describeObject(wanted))),
    list: () => Promise.resolve(objects),
    serves: () => Promise.resolve(true),
  };
}

function live(metadata: Partial<KubeObject["metadata"]>): KubeObject {
  return { ...DECLARED, metadata: { ...DECLARED.metadata, ...metadata } };
}

const ARGS = { stack: "edge", adopt: [] };

describe("ownership", () => {
  it("accepts absent objects and objects with this stack's label", async () => {
    assert.deepEqual(await checkOwnership([DECLARED], holding(), ARGS), []);
    assert.deepEqual(
      await checkOwnership([DECLARED], holding(live({ labels: { [STACK_LABEL]: "edge" } })), ARGS),
      [],
    );
  });

  describe("of a stack that was renamed", () => {
    const managedFields = [{ manager: "edgefirst", operation: "Apply", fieldsV1: {} }];
    const former = live({ labels: { [STACK_LABEL]: "home" }, managedFields });
    let reads = 0;
    const recorded = () => {
      reads++;
      return Promise.resolve([DECLARED]);
    };

    it("is known from its state", async () => {
      assert.deepEqual(await checkOwnership([DECLARED], holding(former), { ...ARGS, recorded }), []);
      assert.equal((await checkOwnership([DECLARED], holding(former), ARGS)).length, 1);
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "network" } };
      const { labels } = former.metadata;
      const metadata = { ...namespace.metadata, ...(labels && { labels }), managedFields };
      const inState = () => Promise.resolve([namespace]);
      const foreign = (args: Parameters<typeof foreignNamespaces>[2]) =>
        foreignNamespaces(["network"], holding({ ...namespace, metadata }), args);
      assert.equal((await foreign({ ...ARGS, recorded: inState })).size, 0);
      assert.equal((await foreign({ ...ARGS, recorded })).size, 1);
    });

    it("does not extend to objects that it did not apply, or that are of another stack", async () => {
      const handMade = live({ labels: { [STACK_LABEL]: "home" } });
      assert.equal((await checkOwnership([DECLARED], holding(handMade), { ...ARGS, recorded })).length, 1);
      const none = () => Promise.resolve([]);
      assert.equal(
        (await checkOwnership([DECLARED], holding(former), { ...ARGS, recorded: none })).length,
        1,
      );
    });

    it("is not looked up as long as the labels fit", async () => {
      reads = 0;
      const own = live({ labels: { [STACK_LABEL]: "edge" }, managedFields });
      assert.deepEqual(await checkOwnership([DECLARED], holding(own), { ...ARGS, recorded }), []);
      assert.equal(reads, 0);
    });
  });

  it("refuses terminating objects, even its own: changes applied to them would vanish", async () => {
    const metadata = {
      labels: { [STACK_LABEL]: "edge" },
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["example.com/keep"],
    };
    const [found] = await checkOwnership([DECLARED], holding(live(metadata)), ARGS);
    assert.equal(found?.severity, "error");
    assert.match(found.message, /is being deleted .* waiting for example\.com\/keep/);
  });

  it("refuses to put objects into a terminating namespace", async () => {
    const metadata = { name: "observability", deletionTimestamp: "2026-01-01T00:00:00Z" };
    const cluster = holding({ apiVersion: "v1", kind: "Namespace", metadata });
    const findings = await checkNamespaces([DECLARED], cluster);
    assert.match(findings[0]?.message ?? "", /^Namespace observability is being deleted/);
  });

  const owners: readonly [string, Partial<KubeObject["metadata"]>, RegExp][] = [
    [
      "a Kustomization",
      {
        labels: {
          "kustomize.toolkit.fluxcd.io/name": "gatus",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
      },
      /Flux \(Kustomization flux-system\/gatus\)/,
    ],
    [
      "a HelmRelease",
      {
        labels: {
          "helm.toolkit.fluxcd.io/name": "gatus",
          "helm.toolkit.fluxcd.io/namespace": "observability",
        },
      },
      /Flux \(HelmRelease observability\/gatus\)/,
    ],
    [
      "Helm",
      {
        annotations: {
          "meta.helm.sh/release-name": "gatus",
          "meta.helm.sh/release-namespace": "observability",
        },
      },
      /Helm \(release observability\/gatus\)/,
    ],
    ["another stack", { labels: { [STACK_LABEL]: "main" } }, /the edgefirst stack main/],
    [
      "a person",
      { managedFields: [{ manager: "kubectl-client-side-apply" }] },
      /another owner \(field managers: kubectl-client-side-apply\)/,
    ],
  ];
  for (const [owner, metadata, expected] of owners)
    it(`refuses an object that belongs to ${owner}, naming the owner and how to hand the object over`, async () => {
      const findings = await checkOwnership([DECLARED], holding(live(metadata)), ARGS);
      assert.equal(findings.length, 1);
      assert.match(findings[0]!.message, expected);
      assert.match(findings[0]!.hint!, /add "ConfigMap observability\/gatus" to edgefirst:adopt/);
      assert.throws(() => {
        enforce(findings, { warn: () => undefined, info: () => undefined });
      }, expected);
    });

  it("reports another owner's CRDs once, leaves them to the owner, and never suggests to remove them", async () => {
    const crd = (name: string): KubeObject => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${name}.gateway.networking.k8s.io` },
    });
    const crds = [crd("gateways"), crd("httproutes")];
    const [found, ...more] = await checkOwnership(crds, holding(...crds), ARGS);
    assert.deepEqual(more, []);
    assert.match(
      found?.message ?? "",
      /^The CRDs gateways\S+, httproutes\S+ already exist and belong to another owner/,
    );
    assert.match(
      found?.hint ?? "",
      /set edgefirst:gatewayApi\.install to false.*"CustomResourceDefinition gateways\.gateway/,
    );
    assert.doesNotMatch(found?.hint ?? "", /remove|delete|uninstall/);
    const adopt = crds.map(({ metadata }) => `CustomResourceDefinition ${metadata.name}`);
    assert.deepEqual(await checkOwnership(crds, holding(...crds), { ...ARGS, adopt }), []);
    const [one] = await checkOwnership(crds, holding(...crds), { ...ARGS, adopt: adopt.slice(1) });
    assert.match(one?.message ?? "", /^The CRD gateways\S+ already exists and belongs to /);
  });

  it("takes over only objects that the configuration names in adopt", async () => {
    const foreign = holding(live({}));
    assert.deepEqual(
      await checkOwnership([DECLARED], foreign, { stack: "edge", adopt: ["ConfigMap observability/gatus"] }),
      [],
    );
    assert.equal(
      (await checkOwnership([DECLARED], foreign, { stack: "edge", adopt: ["ConfigMap gatus"] })).length,
      1,
    );
  });

  it("distinguishes foreign namespaces from absent ones and its own", async () => {
    const namespace = (name: string, labels: Record<string, string>): KubeObject => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels },
    });
    const cluster = holding(namespace("network", {}), namespace("observability", { [STACK_LABEL]: "edge" }));
    assert.deepEqual(
      [...(await foreignNamespaces(["network", "observability", "flux-apps"], cluster, ARGS))],
      ["network"],
    );
  });
});

describe("objects declared twice", () => {
  const source = (apiVersion: string, name: string): KubeObject => ({
    apiVersion,
    kind: "OCIRepository",
    metadata: { name, namespace: "flux-system" },
  });

  it("are refused, whatever their versions", () => {
    const twice = [
      source("source.toolkit.fluxcd.io/v1", "app"),
      source("source.toolkit.fluxcd.io/v1beta2", "app"),
    ];
    assert.deepEqual(
      checkDistinct(twice).map(({ severity, message }) => `${severity}: ${message}`),
      ["error: OCIRepository flux-system/app is declared 2 times."],
    );
  });

  it("are distinguished by name and API group", () => {
    const one = source("source.toolkit.fluxcd.io/v1", "app");
    assert.deepEqual(
      checkDistinct([one, source("source.toolkit.fluxcd.io/v1", "b"), source("other.io/v1", "app")]),
      [],
    );
  });
});

describe("findings", () => {
  it("throws all errors at once, and logs warnings and notes", () => {
    const warned: string[] = [];
    const notes: string[] = [];
    assert.throws(() => {
      enforce(
        [
          { severity: "error", message: "first" },
          { severity: "warning", message: "only a warning", hint: "do this" },
          { severity: "info", message: "worth knowing" },
          { severity: "error", message: "second" },
        ],
        { warn: (message) => warned.push(message), info: (message) => notes.push(message) },
      );
    }, /because of 2 errors[^]*first[^]*second/);
    assert.deepEqual(notes, ["worth knowing"]);
    assert.deepEqual(warned, ["only a warning\n  do this"]);
  });
});
