import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIELD_MANAGER, describeObject, type KubeObject } from "../../kube/objects.ts";
import { bare, fails, passes, useFaultyPlatform } from "../support/platform-under-fault.ts";

/** As the provider makes them up, one for each resource. */
const RANDOM_MANAGER = "pulumi-kubernetes-0a1b2c3d";

interface State {
  readonly deployment: {
    readonly resources: {
      readonly type: string;
      readonly custom: boolean;
      inputs?: KubeObject;
      outputs?: KubeObject & { __inputs?: KubeObject; __fieldManager?: string };
    }[];
  };
}

function withoutManager(object: KubeObject): KubeObject {
  const { annotations = {}, ...metadata } = object.metadata;
  const others = Object.entries(annotations).filter(([name]) => name !== "pulumi.com/patchFieldManager");
  // A manager of an empty map owns it, and is in the way of whoever puts something into it.
  return {
    ...object,
    metadata: { ...metadata, ...(others.length > 0 && { annotations: Object.fromEntries(others) }) },
  };
}

/** Not among the tests of `npm test`, for the time that it takes: `npm run faults`. */
describe("engine: a stack that was brought up before the program had one field manager", function () {
  this.timeout(180_000);
  const platform = useFaultyPlatform();
  const { change, reachesZeroDiff } = platform;

  /** Makes of the stack, on the cluster and in its state, what a program without the annotation leaves behind. */
  async function age(): Promise<KubeObject[]> {
    const { cluster, stack, engine } = platform;
    const state = JSON.parse(await stack.exportState()) as State;
    const objects: KubeObject[] = [];
    for (const resource of state.deployment.resources) {
      if (!resource.custom || !resource.type.startsWith("kubernetes:")) continue;
      const declared = withoutManager(resource.inputs!);
      const { apiVersion, kind, metadata } = declared;
      const { name, namespace } = metadata;
      await cluster.apply(declared, { fieldManager: RANDOM_MANAGER, force: true });
      // Who applies none of the fields any more owns none.
      const empty = bare(apiVersion, kind, name, namespace);
      const live = await cluster.apply(empty, { fieldManager: FIELD_MANAGER, force: true });
      resource.inputs = declared;
      resource.outputs = { ...live, __inputs: declared, __fieldManager: RANDOM_MANAGER };
      objects.push(declared);
    }
    const file = join(engine.dir, "state.json");
    writeFileSync(file, JSON.stringify(state));
    passes(await engine.run(["stack", "import", "--file", file, "--stack", stack.name]));
    return objects;
  }

  const managers = async (object: KubeObject): Promise<string[]> =>
    (
      (await platform.cluster.get(object))!.metadata.managedFields as {
        manager: string;
        subresource?: string;
      }[]
    )
      .filter(({ subresource }) => subresource === undefined)
      .map(({ manager }) => manager);

  let objects: KubeObject[];
  before(async function () {
    this.timeout(60_000);
    change();
    passes(await platform.stack.up());
    objects = await age();
  });

  it("a change is refused by name of the old manager, with the way out; adopted, it goes through to zero diff", async () => {
    const changed = objects.find(({ kind }) => kind === "ConfigMap")!;
    assert.ok((await managers(changed)).includes(RANDOM_MANAGER));
    assert.ok(!(await managers(changed)).includes(FIELD_MANAGER));
    change();
    fails(
      await platform.stack.up(),
      /Nothing was changed/,
      new RegExp(
        `${describeObject(changed)} was edited after this stack applied it: .*\\(by ${RANDOM_MANAGER}, `,
      ),
      new RegExp(`add "${describeObject(changed)}" to edgefirst:adopt`),
    );
    change({ adopt: objects.map(describeObject) });
    passes(await platform.stack.up());
    change();
    await reachesZeroDiff();
  });

  it("brought up once without a change, by the new program, it needs no adoption for the next change", async () => {
    await age();
    passes(await platform.stack.up());
    change();
    await reachesZeroDiff();
  });
});
