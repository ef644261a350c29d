import assert from "node:assert/strict";
import type { KubeObject } from "../../../kube/objects.ts";
import { withoutDescriptions } from "../../../components/gateway-api/descriptions.ts";
import { gatewayApiDefinitions } from "../../support/gateway-api.ts";

/** The text of an object without any member `description` that is a text, wherever it is. */
const withoutAnyDescription = (object: unknown): string =>
  JSON.stringify(object, (key, value: unknown) =>
    key === "description" && typeof value === "string" ? undefined : value,
  );

const sorted = (text: string): string =>
  JSON.stringify(JSON.parse(text), (_, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );

describe("gateway-api: descriptions", () => {
  it("are all that the pinned CRDs lose, and most of their size", async function () {
    this.timeout(120_000); // go may have to fetch the module
    const crds = await gatewayApiDefinitions();
    assert.ok(crds.length >= 10);
    for (const crd of crds) {
      const bare = withoutDescriptions(crd);
      assert.equal(sorted(JSON.stringify(bare)), sorted(withoutAnyDescription(crd)), crd.metadata.name);
    }
    const bytes = (objects: readonly KubeObject[]): number => JSON.stringify(objects).length;
    assert.ok(bytes(crds.map(withoutDescriptions)) < bytes(crds) / 3);
  });

  it("do not include a field with this name, nor its default", () => {
    const field = { type: "string", default: "none" };
    const crd = (description: object): KubeObject => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "notes.example.com", annotations: { description: "of the CRD" } },
      spec: {
        versions: [
          {
            name: "v1",
            schema: {
              openAPIV3Schema: {
                ...description,
                type: "object",
                properties: {
                  description: { ...description, ...field },
                  list: {
                    type: "array",
                    items: { ...description, type: "object", default: { description: "one" } },
                  },
                  map: { type: "object", additionalProperties: { ...description, type: "string" } },
                  any: { type: "object", additionalProperties: true },
                },
              },
            },
          },
          { name: "v1alpha1" },
        ],
      },
    });
    assert.deepEqual(withoutDescriptions(crd({ description: "a text" })), crd({}));
  });

  it("need no schema", () => {
    const crd = { apiVersion: "v1", kind: "CustomResourceDefinition", metadata: { name: "x" } };
    assert.deepEqual(withoutDescriptions(crd), crd);
  });
});
