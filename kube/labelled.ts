import { EdgefirstError } from "../lib/errors.ts";
import type { LiveCluster } from "./client.ts";
import type { KubeObject } from "./objects.ts";

interface ApiGroup {
  readonly preferredVersion: { readonly groupVersion: string };
}
interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** What carries a label, over all kinds that the cluster serves. */
export interface Labelled {
  readonly objects: readonly KubeObject[];
  /** Groups of kinds that the API server could not answer for just now. */
  readonly unread: readonly string[];
}

/** Lists every object with a label, whatever its kind. An aggregated API whose server is away is told and passed over. */
export async function labelledObjects(
  cluster: Pick<LiveCluster, "read">,
  label: string,
  value: string,
): Promise<Labelled> {
  const { groups } = (await cluster.read("/apis")) as { groups: ApiGroup[] };
  const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const query = new URLSearchParams({ labelSelector: `${label}=${value}` }).toString();
  const found = await Promise.all(
    versions.map(async (apiVersion): Promise<KubeObject[] | string> => {
      const path = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
      try {
        const { resources } = (await cluster.read(path)) as { resources: ApiResource[] };
        const lists = await Promise.all(
          resources.filter(isListed).map(async ({ name, kind }) => {
            const { items } = (await cluster.read(`${path}/${name}?${query}`)) as { items: KubeObject[] };
            return items.map((item) => ({ ...item, apiVersion, kind }));
          }),
        );
        return lists.flat();
      } catch (error) {
        // The core API is no aggregated one: without it there is no answer at all.
        if (apiVersion !== "v1" && error instanceof EdgefirstError) return apiVersion;
        throw error;
      }
    }),
  );
  return {
    objects: found.filter((entry) => typeof entry !== "string").flat(),
    unread: found.filter((entry) => typeof entry === "string"),
  };
}

function isListed({ name, kind, verbs }: ApiResource): boolean {
  return verbs.includes("list") && !name.includes("/") && kind !== "Event";
}
