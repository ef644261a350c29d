import assert from "node:assert/strict";
import { strategicMerge } from "../../../components/shared/strategic-merge.ts";

const POD = {
  metadata: { labels: { app: "a" } },
  spec: {
    hostNetwork: false,
    nodeSelector: { arch: "amd64" },
    containers: [
      { name: "traefik", args: ["--a"], env: [{ name: "A", value: "1" }], ports: [{ containerPort: 80 }] },
      { name: "other" },
    ],
    volumes: [{ name: "tmp", emptyDir: {} }],
    tolerations: [{ key: "a" }],
  },
};

describe("a strategic merge patch", () => {
  it("merges maps and lists by their key, and replaces other lists", () => {
    const patched = strategicMerge(POD, {
      metadata: { annotations: { b: "c" } },
      spec: {
        containers: [
          {
            name: "traefik",
            args: ["--b"],
            env: [
              { name: "A", value: "2" },
              { name: "TZ", value: "UTC" },
            ],
            ports: [{ containerPort: 80, hostPort: 80 }],
          },
        ],
        volumes: [{ name: "more", emptyDir: {} }],
        tolerations: [{ key: "b" }],
      },
    });
    assert.deepEqual(patched, {
      metadata: { labels: { app: "a" }, annotations: { b: "c" } },
      spec: {
        ...POD.spec,
        containers: [
          {
            name: "traefik",
            args: ["--b"],
            env: [
              { name: "A", value: "2" },
              { name: "TZ", value: "UTC" },
            ],
            ports: [{ containerPort: 80, hostPort: 80 }],
          },
          { name: "other" },
        ],
        volumes: [
          { name: "tmp", emptyDir: {} },
          { name: "more", emptyDir: {} },
        ],
        tolerations: [{ key: "b" }],
      },
    });
  });

  it("removes with null and $patch: delete, and replaces with $patch: replace", () => {
    const { spec } = strategicMerge(POD, {
      spec: {
        hostNetwork: null,
        nodeSelector: { $patch: "replace", zone: "b" },
        volumes: [{ name: "tmp", $patch: "delete" }],
      },
    }) as { spec: Record<string, unknown> };
    assert.deepEqual(Object.keys(spec), ["nodeSelector", "containers", "volumes", "tolerations"]);
    assert.deepEqual([spec.nodeSelector, spec.volumes], [{ zone: "b" }, []]);
  });

  it("leaves the original as it was, and changes nothing if empty", () => {
    const before = structuredClone(POD);
    assert.deepEqual(strategicMerge(POD, {}), POD);
    strategicMerge(POD, { spec: { containers: [{ name: "traefik", args: [] }], volumes: null } });
    assert.deepEqual(POD, before);
  });
});
