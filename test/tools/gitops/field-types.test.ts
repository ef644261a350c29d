import assert from "node:assert/strict";
import * as kubernetes from "@kubernetes/client-node";
import type { KubeObject } from "../../../kube/objects.ts";
import { FLUX_SPECS } from "../../../tools/gitops/flux/field-types/flux.ts";
import type { FieldType } from "../../../tools/gitops/flux/field-types/notation.ts";
import { KUBERNETES_CONTENTS, KUBERNETES_SPECS } from "../../../tools/gitops/flux/field-types/kubernetes.ts";
import { FLUX_CONTROLLERS } from "../../../tools/sandbox/flux.ts";
import { fluxDefinitions } from "../../../tools/sandbox/flux-definitions.ts";

/** Follows a type through a real schema. */
interface Schema {
  readonly scalar: "string" | "boolean" | "integer" | "integer or string" | undefined;
  /** The patterns that a text must match. */
  readonly forms: readonly string[];
  readonly element: Schema | undefined;
  readonly value: Schema | undefined;
  readonly field: (name: string) => Schema | undefined;
}

/** Where a type in the table differs from the real schema. */
function differences(type: FieldType, schema: Schema | undefined, path: string): readonly string[] {
  if (schema === undefined) return [`${path} does not exist`];
  if (typeof type === "string") {
    const needed =
      { port: "integer", portOrName: "integer or string", targetPort: "integer or string" }[type as string] ??
      type;
    return schema.scalar === needed ? [] : [`${path} is not of type ${type}`];
  }
  if ("pattern" in type)
    return schema.forms.includes(type.pattern.source.replaceAll("\\/", "/"))
      ? []
      : [`${path} does not have the form ${type.needed}`];
  if ("list" in type) return differences(type.list, schema.element, `${path}[]`);
  if ("map" in type) return differences(type.map, schema.value, `${path}{}`);
  return Object.entries(type.fields).flatMap(([name, own]) =>
    differences(own, schema.field(name), `${path}.${name}`),
  );
}

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string }[];
}

const MODELS = kubernetes as unknown as Readonly<Record<string, Model | undefined>>;

/** A schema from the models of the Kubernetes client, whose types read like `Array<V1Container>`. */
function modelled(type: string): Schema {
  const element = /^Array<(.*)>$/.exec(type)?.[1];
  const value = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  const scalars = {
    string: "string",
    boolean: "boolean",
    number: "integer",
    IntOrString: "integer or string",
  } as const;
  const model = MODELS[type];
  return {
    scalar: scalars[type as keyof typeof scalars],
    forms: [],
    element: element === undefined ? undefined : modelled(element),
    value: value === undefined ? undefined : modelled(value),
    field: (name) => {
      const found = model?.getAttributeTypeMap().find(({ baseName }) => baseName === name);
      return found && modelled(found.type);
    },
  };
}

interface JsonSchema {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema;
}

function described({ type, items, properties, additionalProperties, ...schema }: JsonSchema): Schema {
  return {
    forms: [schema.pattern ?? "", `^(?:${(schema.enum ?? []).join("|")})$`],
    scalar: type === "string" || type === "boolean" || type === "integer" ? type : undefined,
    element: items && described(items),
    value: additionalProperties && described(additionalProperties),
    field: (name) => properties?.[name] && described(properties[name]),
  };
}

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: JsonSchema };
    }[];
  };
}

function specOf(definitions: readonly KubeObject[], kind: string): JsonSchema | undefined {
  const own = (definitions as unknown as readonly Definition[]).find(({ spec }) => spec.names.kind === kind);
  const stored = own?.spec.versions.find(({ storage }) => storage);
  return stored?.schema.openAPIV3Schema.properties?.spec;
}

const kindOf = (key: string): string => key.replace(/.*\//, "");

describe("the types of fields that lint checks are those of", () => {
  it("Kubernetes' own client", () => {
    for (const [key, type] of Object.entries(KUBERNETES_SPECS))
      assert.deepEqual(differences(type, modelled(`V1${kindOf(key)}Spec`), key), []);
    for (const [key, fields] of Object.entries(KUBERNETES_CONTENTS))
      assert.deepEqual(differences({ fields }, modelled(`V1${kindOf(key)}`), key), []);
  });

  it("Flux's CustomResourceDefinitions", async function () {
    this.timeout(60_000);
    const definitions = (await Promise.all(FLUX_CONTROLLERS.map((name) => fluxDefinitions(name)))).flat();
    for (const [key, type] of Object.entries(FLUX_SPECS)) {
      const spec = specOf(definitions, kindOf(key));
      assert.deepEqual(differences(type, spec && described(spec), key), []);
    }
  });
});
