import assert from "node:assert/strict";
import { expand } from "../../../tools/sandbox/runtime/environment.ts";
import { canRun, repositoryOf } from "../../../tools/sandbox/runtime/images.ts";
import { type RealPod } from "../../../tools/sandbox/runtime/pod-spec.ts";
import { simulatedParts } from "../../../tools/sandbox/runtime/simulated-parts.ts";

const pod = (spec: object): RealPod => ({
  metadata: { name: "web", namespace: "default", uid: "u" },
  spec: { containers: [{ name: "web", image: "traefik:v3" }], ...spec },
  status: {},
});

describe("sandbox runtime: the simulated parts of a pod", () => {
  it("do not exist for a plain pod", () => {
    assert.deepEqual(simulatedParts(pod({ dnsPolicy: "ClusterFirst", securityContext: {} })), []);
  });

  it("are unimplemented and unknown fields", () => {
    const containers = [
      { name: "web", image: "traefik:v3", resources: { limits: { cpu: 1 } }, newField: true },
    ];
    const parts = simulatedParts(
      pod({ containers, securityContext: { fsGroup: 7 }, shareProcessNamespace: true }),
    );
    assert.deepEqual(
      parts.map((part) => part.split(": ")[0]),
      [
        "spec.shareProcessNamespace",
        "spec.securityContext.fsGroup",
        "spec.containers[web].resources",
        "spec.containers[web].newField",
      ],
    );
  });

  it("include a container without a local program next to a container that has one", () => {
    const sidecar = { name: "other", image: "example.org/other:1", restartPolicy: "Always" };
    const mixed = pod({ initContainers: [sidecar] });
    assert.ok(canRun(mixed));
    assert.match(simulatedParts(mixed)[0] ?? "", /initContainers\[other\]: no process/);
    assert.ok(!canRun(pod({ containers: [{ name: "web", image: "web:1" }] })));
  });

  it("depend on the image's full repository", () => {
    assert.equal(repositoryOf("traefik:v3@sha256:00"), "docker.io/library/traefik");
    assert.equal(repositoryOf("traefik/whoami"), "docker.io/traefik/whoami");
    assert.equal(repositoryOf("localhost:5000/traefik:v3"), "localhost:5000/traefik");
  });
});

describe("sandbox runtime: variables in values", () => {
  it("are replaced if known and not escaped", () => {
    assert.equal(expand("$(A) $$(A) $(B) $A $$", { A: "x" }), "x $(A) $(B) $A $");
  });
});
