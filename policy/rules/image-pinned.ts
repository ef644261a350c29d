import { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { hasPlaceholder } from "../objects/app-template.ts";
import { allContainersOf, CONTAINER_KINDS } from "../objects/containers.ts";
import { unrenderedValues } from "../objects/helm.ts";
import { GIT_REPOSITORY } from "../objects/kinds.ts";
import { isOwnImage } from "../objects/own-images.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, text } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See docs/reference/rules/image-pinned.md. */
export const imagePinned = defineRule({
  id: "image-pinned",
  description: "Every image has a digest, or a tag that names a version.",
  why: "If a tag moves, unreviewed code runs, and any restart may bring in a new version.",
  remediation:
    "Use a tag that names a version, and add the digest if the registry shows one: image:1.2.3@sha256:….",
  severity: "high",
  enforcement: "mandatory",
  forAuthor: true,
  recommends:
    "a tag that a comment at the image explains, one in a part of a chart's values that is off (`enabled: false`) or is only for `helm test`, and a moving tag of an image that the owner publishes: in a registry on the node, on ghcr.io in the account of the repository that Flux follows, or named by a chart that Flux builds from a branch",
  kinds: CONTAINER_KINDS,
  settings: z.strictObject({
    requireDigest: z.boolean().default(false).describe("Report a tag without a digest as an error."),
    floatingTags: z
      .array(z.string())
      .default([
        "latest",
        "main",
        "master",
        "edge",
        "nightly",
        "dev",
        "develop",
        "stable",
        "rolling",
        "testing",
      ])
      .describe("Tags that move."),
  }),
  *check(object, { settings, objects, commentsOn }) {
    const containers = allContainersOf(object, objects);
    for (const { path, spec } of containers) {
      if (typeof spec.image !== "string") continue;
      const problem = imageProblem(spec.image, settings);
      if (problem === undefined) continue;
      const place = [...path, "image"];
      const isOwn = problem.moves && (isLocal(spec.image) || isOwnImage(spec.image, objects));
      yield {
        path: place,
        message: problem.message,
        recommendation: isOwn || isExplained(commentsOn(object, place)),
      };
    }
    // The containers of app-template are known, unless its version is not.
    if (object.kind !== "HelmRelease" || containers.length > 0) return;
    const known = unrenderedValues(object, objects);
    if (known === undefined) return;
    for (const { tag, repository, image, steps, isOff } of chartTags(known.values, []))
      if (settings.floatingTags.includes(tag))
        yield {
          path: known.path(steps),
          message: `The tag ${tag} moves: it may name a different image tomorrow.`,
          recommendation:
            isOff ||
            isOwnImage(repository, objects) ||
            (repository === "" && followsBranch(object, objects)) ||
            isExplained(commentsOn(object, known.path(image))),
        };
  },
});

/** Whether the chart is the newest on a branch of a project: its images move with it. */
function followsBranch({ metadata, spec }: KubeObject, objects: ObjectIndex): boolean {
  const { kind, name, namespace } = fields(at(spec, ["chart", "spec", "sourceRef"]));
  if (kind !== "GitRepository") return false;
  const source = objects.get(GIT_REPOSITORY, text(namespace) ?? metadata.namespace, text(name) ?? "");
  const { tag, semver, commit } = fields(at(source, ["spec", "ref"]));
  return source !== undefined && tag === undefined && semver === undefined && commit === undefined;
}

interface ChartTag {
  readonly tag: string;
  readonly repository: string;
  /** The image: a text, or a mapping with the tag. */
  readonly image: Path;
  readonly steps: Path;
  /** Whether it is in a part of the values that is switched off, or that only `helm test` uses. */
  readonly isOff: boolean;
}

/**
 * The image tags in a chart's values: those next to a `repository`, or at or below a key that ends in `image`. The chart's own defaults are not read.
 */
function* chartTags(values: unknown, above: Path, isPartOff = false): Generator<ChartTag> {
  const entries = Array.isArray(values) ? [...values.entries()] : Object.entries(fields(values));
  for (const [key, value] of entries) {
    const { enabled, repository, tag, digest } = fields(value);
    const isOff = isPartOff || enabled === false || /^tests?$/.test(String(key));
    const isImage = /image$/i.test(String(key)) || typeof repository === "string";
    const image = [...above, key];
    const [, name = "", own] = /^([^@]+):([^/:@]+)$/.exec(text(value) ?? "") ?? [];
    if (isImage && own !== undefined) yield { tag: own, repository: name, image, steps: image, isOff };
    if (isImage && typeof tag === "string" && (text(digest) ?? "") === "")
      yield { tag, repository: text(repository) ?? "", image, steps: [...image, "tag"], isOff };
    yield* chartTags(value, image, isOff);
  }
}

/** Whether an image is in a registry on the node itself. */
function isLocal(image: string): boolean {
  return /^(?:localhost|127\.0\.0\.1)(?::\d+)?\//.test(image);
}

/** What charts write above their values (https://github.com/norwoodj/helm-docs marks it with `--`), and with it those who copy the values. */
const OF_CHART = /^--|^overrides the image tag\b/i;

/** Whether the owner has written down why the image has its tag. */
function isExplained(comments: readonly string[]): boolean {
  return comments.some(
    (comment) =>
      /\b(?:latest|digests?|tags?|tagged|pin(?:s|ned|ning)?)\b/i.test(comment) &&
      !/^(?:todo|fixme)\b/i.test(comment) &&
      !OF_CHART.test(comment) &&
      comment.split(/\s+/).length > 2,
  );
}

/**
 * Whether a part of the name is still to be filled in, such as PROJECT_NAME: the path of an image has no capitals. Source: path-component in reference.go of
 * https://github.com/distribution/reference.
 */
function isTemplate(image: string): boolean {
  const [, path = ""] = /^(?:[^/]*\/)?([^:@]*)/.exec(image) ?? [];
  return /[A-Z]/.test(path);
}

/** What is wrong with an image's tag, and whether that is a tag that moves. */
function imageProblem(
  image: string,
  {
    requireDigest,
    floatingTags,
  }: { readonly requireDigest: boolean; readonly floatingTags: readonly string[] },
): { readonly message: string; readonly moves: boolean } | undefined {
  // The values of variables and template expressions are not known; the tag of an image from Nixery is a channel, and has no versions (https://nixery.dev).
  if (hasPlaceholder(image) || image.startsWith("nixery.dev/") || isTemplate(image)) return undefined;
  const [reference = "", digest] = image.split("@");
  if (digest !== undefined) return undefined;
  // A colon before the last slash belongs to a registry's port.
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  if (tag === undefined)
    return {
      message: `The image ${image} has neither a tag nor a digest, so the tag "latest" is pulled.`,
      moves: false,
    };
  if (floatingTags.includes(tag))
    return {
      message: `The tag ${tag} of ${image} moves: it may name a different image tomorrow.`,
      moves: true,
    };
  return requireDigest ? { message: `The image ${image} has no digest.`, moves: false } : undefined;
}
