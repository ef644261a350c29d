import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIELD_MANAGER, describeObject, type KubeObject } from "../../kube/objects.ts";
import { bare, useFaultyPlatform } from "../support/platform-under-fault.ts";
import { expectFailure, expectSuccess } from "../support/engine.ts";

/** A random field manager, as the provider generates them per resource. */
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
  // The manager of an empty map owns the map, which conflicts with adding entries.
  return {
    ...object,
    metadata: { ...metadata, ...(others.length > 0 && { annotations: Object.fromEntries(others) }) },
  };
}

/** Too slow for `npm test`: `npm run test:real`. */
describe("engine: a stack from before the program had one field manager", function () {
  this.timeout(180_000);
  const platform = useFaultyPlatform();
  const { change, reachesZeroDiff } = platform;

  /** Rewrites the stack, on the cluster and in its state, as a program without the annotation would have left it. */
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
      // A manager that applies no fields owns none.
      const empty = bare(apiVersion, kind, name, namespace);
      const live = await cluster.apply(empty, { fieldManager: FIELD_MANAGER, force: true });
      resource.inputs = declared;
      resource.outputs = { ...live, __inputs: declared, __fieldManager: RANDOM_MANAGER };
      objects.push(declared);
    }
    const file = join(engine.dir, "state.json");
    writeFileSync(file, JSON.stringify(state));
    await expectSuccess(engine.run(["stack", "import", "--file", file, "--stack", stack.name]));
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
    await expectSuccess(platform.stack.up());
    objects = await age();
  });

  it("refuses a change, names the old field manager and the fix; once adopted, the update ends without a diff", async () => {
    // The state's order is that in which the resources were ready.
    const changed = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "gatus")!;
    assert.ok((await managers(changed)).includes(RANDOM_MANAGER));
    assert.ok(!(await managers(changed)).includes(FIELD_MANAGER));
    change();
    await expectFailure(
      platform.stack.up(),
      /Nothing was changed/,
      new RegExp(
        `${describeObject(changed)} was edited after this stack applied it: .*\\(by ${RANDOM_MANAGER}, `,
      ),
      new RegExp(`add "${describeObject(changed)}" to edgefirst:adopt`),
    );
    change({ adopt: objects.map(describeObject) });
    await expectSuccess(platform.stack.up());
    change();
    await reachesZeroDiff();
  });

  it("needs no adoption after one update without changes", async () => {
    await age();
    await expectSuccess(platform.stack.up());
    change();
    await reachesZeroDiff();
  });
});
