import assert from "node:assert/strict";
import { checkStorage } from "../../../components/gatus/storage-check.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const POSTGRES = { type: "postgres", secret: "gatus-db", key: "url" } as const;
const found = async (storage: Parameters<typeof checkStorage>[0], ...live: KubeObject[]) =>
  (await checkStorage(storage, "observability", clusterHolding(...live))).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
const secret = (key: string, namespace = "observability"): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "gatus-db", namespace },
  data: { [key]: "eA==" },
});
const storageClass = (name: string, isDefault = false): KubeObject => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: {
    name,
    annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) },
  },
});
const CLAIM: KubeObject = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "gatus", namespace: "observability" },
};

describe("Gatus's storage on the live cluster", () => {
  it("needs the Secret with the key, in Gatus's namespace", async () => {
    assert.deepEqual(await found(POSTGRES, secret("url")), []);
    assert.match(
      (await found(POSTGRES, secret("uri"))).join(),
      /^warning: .* has no key url on test: Gatus would not start/,
    );
    assert.match((await found(POSTGRES)).join(), /Secret observability\/gatus-db, .* does not exist/);
  });

  it("needs the StorageClass, or a default one, unless the claim exists", async () => {
    const named = { type: "sqlite", size: "1Gi", storageClass: "fast" } as const;
    assert.deepEqual(await found(named, storageClass("fast")), []);
    assert.match(
      (await found(named, storageClass("slow"))).join(),
      /StorageClass fast does not exist .*\(classes: slow\)/,
    );
    const any = { type: "sqlite", size: "1Gi" } as const;
    assert.deepEqual(await found(any, storageClass("slow"), storageClass("fast", true)), []);
    assert.match(
      (await found(any, storageClass("slow"))).join(),
      /no default StorageClass \(classes: slow\)/,
    );
    assert.deepEqual(await found(named, CLAIM), []);
    assert.deepEqual(await found({ type: "memory" }), []);
  });
});
