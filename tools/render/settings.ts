import { join, resolve } from "node:path";
import { z } from "zod";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** The file in which a repository asks for rendering. */
export const RENDER_FILE = ".edgefirst/render.yaml";

/** The Kubernetes version that charts see by default: the one that edgefirst's sandbox runs. */
export const DEFAULT_KUBE_VERSION = "1.37.2";

/** Settings in {@link RENDER_FILE}. */
export const renderSettings = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether `lint`, `migrate` and `diff` render HelmReleases without `--render`."),
  kubeVersion: z
    .string()
    .regex(/^v?\d+\.\d+(\.\d+)?$/)
    .default(DEFAULT_KUBE_VERSION)
    .describe("The Kubernetes version of the clusters, which charts see in `.Capabilities.KubeVersion`."),
  apiVersions: z
    .array(z.string())
    .default([])
    .describe(
      "API versions that the clusters serve, such as `monitoring.coreos.com/v1`, in addition to Helm's and to those of the objects in the repository.",
    ),
  charts: z
    .string()
    .optional()
    .describe(
      "A directory with charts, relative to the repository's top directory; `--charts` takes precedence.",
    ),
});

/** How a repository wants its HelmReleases rendered. */
export type RenderSettings = z.infer<typeof renderSettings>;

/** The flags that control rendering. */
export interface RenderFlags {
  /** Undefined if neither `--render` nor `--no-render` is set. */
  readonly render?: boolean;
  /** A directory with charts; implies `render`. */
  readonly charts?: string;
}

/** Whether the flags, or else the repository, ask for rendering. */
export function wantsRendering(repository: Repository, { render, charts }: RenderFlags): boolean {
  if (render !== undefined) return render;
  return charts !== undefined || readRenderSettings(repository)?.enabled === true;
}

/**
 * The settings for a run: the repository's, overridden by the flags.
 * @throws EdgefirstError if the repository's settings are not valid
 */
export function settingsFor(repository: Repository, { charts }: RenderFlags): RenderSettings {
  const settings = readRenderSettings(repository) ?? renderSettings.parse({});
  return { ...settings, ...(charts !== undefined && { charts: resolve(charts) }) };
}

/**
 * Reads a repository's settings; undefined if it has none.
 * @throws EdgefirstError if the file is not valid
 */
export function readRenderSettings(repository: Repository): RenderSettings | undefined {
  if (!repository.isFile(RENDER_FILE)) return undefined;
  const { documents, errors } = repository.parse(RENDER_FILE);
  if (errors[0])
    throw new EdgefirstError(`${RENDER_FILE} is not valid: ${errors[0].message}.`, "Fix it, then re-run.");
  const result = renderSettings.safeParse(documents[0]?.value ?? {});
  if (!result.success)
    throw new EdgefirstError(
      `The settings in ${RENDER_FILE} are not valid:\n${z.prettifyError(result.error)}`,
      "docs/guides/render.md lists them.",
    );
  const { charts } = result.data;
  return { ...result.data, ...(charts !== undefined && { charts: join(repository.root, charts) }) };
}
