import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { eachAtMost } from "../../lib/each-at-most.ts";
import { userCache } from "../../lib/user-cache.ts";
import type { BuiltCluster, BuiltObject } from "../gitops/flux/built.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { originOf, valueAt, type Mapping } from "../gitops/yaml/values.ts";
import { TextCache } from "./cache.ts";
import { servedVersions } from "./api-versions.ts";
import { ChartDirectory } from "./charts/directory.ts";
import { chartReference } from "./charts/reference.ts";
import { ChartSupply, type FetchChart } from "./charts/supply.ts";
import { indexObjects, type FindObject } from "./find-object.ts";
import { Helm, type Capabilities, type TemplateRequest } from "./helm.ts";
import { inNamespace, readManifests, scopes, type Manifests } from "./manifests.ts";
import { postRendered } from "./post-render.ts";
import { withoutRandom } from "./random.ts";
import { releaseOptions } from "./release.ts";
import { NotRenderable, type NotRendered, type Rendered } from "./rendered.ts";
import type { RenderSettings } from "./settings.ts";
import { valuesOf } from "./values.ts";
import type { Chart } from "./charts/chart.ts";

/** How to render. */
export interface RendererArgs {
  readonly helm: { readonly path: string; readonly version: string };
  readonly settings: RenderSettings;
  /** Fetches charts that neither the repository nor the directory of charts has. */
  readonly fetch?: FetchChart;
  readonly env?: NodeJS.ProcessEnv;
}

/** Part of every cache key: raise it when the same input renders differently. */
const FORMAT = 1;

/** How many charts are fetched at the same time. */
const DOWNLOADS = 8;

/** A release, ready to be rendered. */
interface Job {
  readonly release: BuiltObject;
  readonly chart: Chart;
  readonly request: Omit<TemplateRequest, "chart" | "capabilities">;
}

/** The objects of a release, or why it cannot be rendered. */
interface Outcome {
  readonly objects?: readonly Mapping[];
  readonly reason?: string;
}

/** Renders the HelmReleases of clusters with Helm, as helm-controller would install them. Call {@link close} at the end. */
export class Renderer {
  readonly #helm: Helm;
  readonly #settings: RenderSettings;
  readonly #supply: ChartSupply;
  readonly #cache: TextCache;
  readonly #workspace: string;
  readonly #rendered = new Map<BuiltObject, { readonly job: Job; readonly capabilities: Capabilities }>();
  readonly #running = new Map<string, Promise<Manifests>>();

  private constructor({ helm, settings, fetch, env }: RendererArgs, directory: ChartDirectory | undefined) {
    this.#workspace = temporaryFolder("render");
    this.#settings = settings;
    this.#helm = new Helm(helm.path, helm.version, join(this.#workspace, "helm"));
    this.#supply = new ChartSupply({ directory, fetch, workspace: this.#workspace });
    this.#cache = new TextCache(join(userCache(env), "rendered"));
    mkdirSync(join(this.#workspace, "empty"));
  }

  /** @throws EdgefirstError if the directory of charts does not exist */
  static async open(args: RendererArgs): Promise<Renderer> {
    const { charts } = args.settings;
    return new Renderer(args, charts === undefined ? undefined : await ChartDirectory.open(charts));
  }

  /** Removes temporary files. */
  close(): void {
    rmSync(this.#workspace, { recursive: true, force: true });
  }

  /**
   * Renders every HelmRelease of a cluster. Charts see the API versions of all objects on the cluster, including those that other charts define:
   * what they render once everything is installed.
   */
  async render(cluster: BuiltCluster, repository: Repository): Promise<Rendered> {
    const notRendered: NotRendered[] = [];
    const jobs = await this.#prepare(cluster, repository, notRendered);
    const plain = cluster.objects.map(({ object }) => object);
    const first = await this.#renderAll(jobs, this.#capabilities(plain), () => true);
    const installed = [...first.values()].flatMap(({ objects = [] }) => objects);
    const all = this.#capabilities([...plain, ...installed]);
    const again = await this.#renderAll(jobs, all, ({ chart }) => chart.traits.readsApiVersions);
    const scopeOf = scopes([...plain, ...installed]);
    const releases = new Map<BuiltObject, readonly Mapping[]>();
    for (const job of jobs) {
      const { release, request } = job;
      const { objects, reason = "" } = again.get(job) ?? first.get(job) ?? {};
      this.#rendered.set(release, { job, capabilities: all });
      if (objects === undefined) notRendered.push({ release, reason });
      else
        releases.set(
          release,
          objects
            .map((object) => inNamespace(object, request.release.namespace, scopeOf))
            .map((object) => valueAt(object, originOf(release.object)) as Mapping),
        );
    }
    // In the order of the repository, whichever download failed first.
    const order = new Map(cluster.objects.map((object, index) => [object, index]));
    const place = ({ release }: NotRendered): number => order.get(release) ?? 0;
    return { releases, notRendered: notRendered.toSorted((one, other) => place(one) - place(other)) };
  }

  /**
   * What a release that has been rendered would install with other values; undefined if Helm rejects them. The objects have no origins, and their
   * namespaces are as the chart writes them.
   */
  async renderWith(
    release: BuiltObject,
    change: (values: Mapping) => Mapping,
  ): Promise<readonly Mapping[] | undefined> {
    const known = this.#rendered.get(release);
    if (known === undefined) return undefined;
    const { job, capabilities } = known;
    try {
      return await this.#renderJob(
        { ...job, request: { ...job.request, values: change(job.request.values) } },
        capabilities,
      );
    } catch (error) {
      if (error instanceof NotRenderable) return undefined;
      throw error;
    }
  }

  async #prepare(
    { objects, kustomizations }: BuiltCluster,
    repository: Repository,
    notRendered: NotRendered[],
  ): Promise<readonly Job[]> {
    const find: FindObject = indexObjects(objects.map(({ object }) => object));
    const releases = objects.filter(isRelease);
    const jobs = new Map<BuiltObject, Job>();
    await eachAtMost(DOWNLOADS, releases, async (release) => {
      try {
        const reference = chartReference(release.object, find);
        const values = valuesOf(release.object, find);
        const chart = await this.#supply.get(reference, { repository, kustomizations });
        jobs.set(release, { release, chart, request: { values, release: releaseOptions(release.object) } });
      } catch (error) {
        if (!(error instanceof NotRenderable)) throw error;
        notRendered.push({ release, reason: error.message });
      }
    });
    // In the order of the repository, whichever chart arrived first.
    return releases.flatMap((release) => jobs.get(release) ?? []);
  }

  #capabilities(objects: readonly Mapping[]): Capabilities {
    const { kubeVersion, apiVersions } = this.#settings;
    return { kubeVersion, apiVersions: [...new Set([...apiVersions, ...servedVersions(objects)])].sort() };
  }

  async #renderAll(
    jobs: readonly Job[],
    capabilities: Capabilities,
    isWanted: (job: Job) => boolean,
  ): Promise<ReadonlyMap<Job, Outcome>> {
    const results = new Map<Job, Outcome>();
    await eachAtMost(availableParallelism(), jobs.filter(isWanted), async (job) => {
      try {
        results.set(job, { objects: await this.#renderJob(job, capabilities) });
      } catch (error) {
        if (!(error instanceof NotRenderable)) throw error;
        results.set(job, { reason: error.message });
      }
    });
    return results;
  }

  async #renderJob(
    { release, chart, request }: Job,
    capabilities: Capabilities,
  ): Promise<readonly Mapping[]> {
    const apiVersions = chart.traits.readsApiVersions ? capabilities.apiVersions : [];
    const input = { ...request, capabilities: { ...capabilities, apiVersions } };
    const key = JSON.stringify([FORMAT, this.#helm.version, chart.digest, input]);
    const known = this.#running.get(key) ?? this.#manifests(key, { ...input, chart: chart.path }, chart);
    this.#running.set(key, known);
    return postRendered(release.object, await known, join(this.#workspace, "empty"));
  }

  async #manifests(key: string, request: TemplateRequest, { traits }: Chart): Promise<Manifests> {
    const cached = this.#cache.read(key);
    if (cached !== undefined) return JSON.parse(cached) as Manifests;
    const manifests = readManifests(await this.#helm.template(request));
    const result = traits.isRandom
      ? withoutRandomIn(manifests, readManifests(await this.#helm.template(request)))
      : manifests;
    this.#cache.write(key, JSON.stringify(result));
    return result;
  }
}

function withoutRandomIn(one: Manifests, other: Manifests): Manifests {
  return {
    crds: one.crds,
    templates: withoutRandom(one.templates, other.templates),
    hooks: withoutRandom(one.hooks, other.hooks),
  };
}

/** Whether an object is a HelmRelease. */
export function isRelease({ object }: BuiltObject): boolean {
  return object.kind === "HelmRelease" && scalarText(object.apiVersion).startsWith("helm.toolkit.fluxcd.io/");
}
