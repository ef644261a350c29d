import { z } from "zod";
import { duration, labelName, objectName, secretReference } from "./values.ts";

const tag = z
  .string()
  .min(1)
  .refine((value) => value !== "latest", 'a fixed tag, not "latest"')
  .describe("A tag; never `latest`.");
const semver = z.string().min(1).describe("A semantic version range, such as `4.x`.");
const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .describe("`sha256:` and 64 hexadecimal digits.");
const commit = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .describe("A commit: 40 hexadecimal digits.");
const branch = z.string().min(1).describe("A branch.");

const sourceReference = z.union(
  [
    z.strictObject({ branch, commit: commit.optional() }),
    z.strictObject({ tag }),
    z.strictObject({ semver }),
    z.strictObject({ digest }),
    z.strictObject({ commit }),
  ],
  {
    error:
      'exactly one of { branch, commit? }, { tag }, { semver }, { digest } or { commit }; the tag must not be "latest"',
  },
);

const ociReference = z.union(
  [z.strictObject({ tag }), z.strictObject({ semver }), z.strictObject({ digest })],
  { error: 'exactly one of { tag }, { semver } or { digest }; the tag must not be "latest"' },
);

const verify = z.strictObject({
  provider: z.enum(["cosign", "notation"]).describe("Signature format."),
  secretRef: secretReference
    .optional()
    .describe("Secret with the public keys. If omitted, cosign uses keyless verification."),
  matchOIDCIdentity: z
    .array(
      z.strictObject({
        issuer: z.string().describe("Regular expression for the issuer in the certificate."),
        subject: z.string().describe("Regular expression for the subject in the certificate."),
      }),
    )
    .optional()
    .describe("Accepted identities of keyless signatures."),
});

const gitVerify = z.strictObject({
  mode: z
    .enum(["HEAD", "Tag", "TagAndHEAD"])
    .default("HEAD")
    .describe("Which Git objects must be signed: the commit at HEAD, the tag, or both."),
  secretRef: secretReference.describe("Secret with the public keys."),
});

/** An entry of `flux.sources`. */
export const ociSource = z.strictObject({
  name: objectName.describe("Name of the OCIRepository."),
  namespace: labelName.default("flux-system").describe("Namespace of the OCIRepository."),
  url: z
    .string()
    .regex(/^oci:\/\/[^\s/]+\/\S+$/, "a URL such as oci://registry.example.com/charts/app")
    .describe(
      "URL of the artifact, without a tag. For a Helm chart, the chart itself (`oci://…/app-template`).",
    ),
  ref: ociReference.describe("Version of the artifact."),
  interval: duration.default("1h").describe("Poll interval."),
  secretRef: secretReference.optional().describe("Secret with the registry's credentials."),
  verify: verify.optional().describe("Signature that the artifact must have."),
  helmChart: z
    .boolean()
    .default(true)
    .describe("`true` if the artifact is a Helm chart: Flux passes its layer to helm-controller unchanged."),
  insecure: z.boolean().default(false).describe("Use plain HTTP, for a local registry."),
});

/** The section `flux.source`. */
export const repositorySource = z
  .strictObject({
    kind: z.enum(["GitRepository", "OCIRepository"]).describe("Kind of the Flux source."),
    name: objectName.describe("Name of the source."),
    namespace: labelName.default("flux-system").describe("Namespace of the source."),
    url: z
      .string()
      .regex(/^(https?|ssh|oci):\/\/\S+$/, "an https://, ssh:// or oci:// URL")
      .describe("URL: `https://` or `ssh://` for a GitRepository, `oci://` for an OCIRepository."),
    ref: sourceReference.describe(
      "Revision to follow. With `branch` and `commit`, the branch only makes the clone smaller.",
    ),
    interval: duration.default("30m").describe("Poll interval."),
    ignore: z.string().optional().describe("Files to ignore, in `.gitignore` format."),
    secretRef: secretReference.optional().describe("Secret with the credentials."),
    verify: z
      .union([verify, gitVerify], {
        error:
          "{ provider, secretRef?, matchOIDCIdentity? } for an OCIRepository, { mode?, secretRef } for a GitRepository",
      })
      .optional()
      .describe("Signature that the revision must have."),
    insecure: z.boolean().default(false).describe("Use plain HTTP; OCIRepository only."),
  })
  .superRefine((source, context) => {
    const oci = source.kind === "OCIRepository";
    const refuse = (path: keyof typeof source, message: string): void => {
      context.addIssue({ code: "custom", path: [path], input: source[path], message });
    };
    if (oci !== source.url.startsWith("oci://"))
      refuse(
        "url",
        oci ? "an oci:// URL for an OCIRepository" : "an https:// or ssh:// URL for a GitRepository",
      );
    if (source.verify !== undefined && oci !== "provider" in source.verify)
      refuse(
        "verify",
        oci
          ? "{ provider, secretRef?, matchOIDCIdentity? } for an OCIRepository"
          : "{ mode?, secretRef } for a GitRepository",
      );
    if (!oci && source.insecure)
      refuse("insecure", "only for an OCIRepository; for a GitRepository, use an http:// URL");
    if (oci && ("branch" in source.ref || "commit" in source.ref))
      refuse("ref", "tag, semver or digest for an OCIRepository");
    if (!oci && "digest" in source.ref) refuse("ref", "branch, tag, semver or commit for a GitRepository");
  });
