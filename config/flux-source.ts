import { z } from "zod";
import { duration, labelName, objectName, secretReference } from "./values.ts";

const tag = z
  .string()
  .min(1)
  .refine((value) => value !== "latest", "a real tag, never latest")
  .describe("A tag; never `latest`.");
const semver = z.string().min(1).describe("A range of semantic versions, such as `4.x`.");
const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .describe("`sha256:` and 64 hexadecimal digits.");
const commit = z
  .string()
  .regex(/^[0-9a-f]{40}$/)
  .describe("A commit, by its 40 hexadecimal digits.");
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
      "exactly one of { branch, commit? }, { tag }, { semver }, { digest }, { commit }; a tag is never latest",
  },
);

const ociReference = z.union(
  [z.strictObject({ tag }), z.strictObject({ semver }), z.strictObject({ digest })],
  { error: "exactly one of { tag }, { semver } or { digest }; a tag is never latest" },
);

const verify = z.strictObject({
  provider: z.enum(["cosign", "notation"]).describe("What made the signature."),
  secretRef: secretReference
    .optional()
    .describe("Secret with the public keys; without one, cosign's keyless way."),
  matchOIDCIdentity: z
    .array(
      z.strictObject({
        issuer: z.string().describe("Regular expression over the certificate's issuer."),
        subject: z.string().describe("Regular expression over the certificate's subject."),
      }),
    )
    .optional()
    .describe("Whose keyless signature is accepted."),
});

const gitVerify = z.strictObject({
  mode: z.enum(["HEAD", "Tag", "TagAndHEAD"]).default("HEAD").describe("What must be signed."),
  secretRef: secretReference.describe("Secret with the public keys."),
});

/** An entry of `flux.sources`. */
export const ociSource = z.strictObject({
  name: objectName.describe("Its name."),
  namespace: labelName.default("flux-system").describe("Its namespace."),
  url: z
    .string()
    .regex(/^oci:\/\/[^\s/]+\/\S+$/, "an address such as oci://registry.example.com/charts/app")
    .describe("The artifact, without a tag; of a chart, the chart itself (`oci://…/app-template`)."),
  ref: ociReference.describe("Which version."),
  interval: duration.default("1h").describe("How often the registry is asked."),
  secretRef: secretReference.optional().describe("Secret with the registry's credentials."),
  verify: verify.optional().describe("By which signature the artifact is accepted."),
  helmChart: z
    .boolean()
    .default(true)
    .describe("true for a Helm chart: hands the chart's layer to helm-controller as it is."),
  insecure: z.boolean().default(false).describe("Plain HTTP, for a registry on this machine."),
});

/** The section `flux.source`. */
export const repositorySource = z
  .strictObject({
    kind: z.enum(["GitRepository", "OCIRepository"]).describe("What the repository is to Flux."),
    name: objectName.describe("Its name."),
    namespace: labelName.default("flux-system").describe("Its namespace."),
    url: z
      .string()
      .regex(/^(https?|ssh|oci):\/\/\S+$/, "an https://, ssh:// or oci:// address")
      .describe("Where it is: `https://` or `ssh://` of a GitRepository, `oci://` of an OCIRepository."),
    ref: sourceReference.describe(
      "What is taken from it; with branch and commit, the branch only makes the clone smaller.",
    ),
    interval: duration.default("30m").describe("How often it is asked."),
    ignore: z.string().optional().describe("`.gitignore`-style filter of what is taken from the repository."),
    secretRef: secretReference.optional().describe("Secret with its credentials."),
    verify: z
      .union([verify, gitVerify], {
        error:
          "{ provider, secretRef?, matchOIDCIdentity? } of an OCIRepository, { mode?, secretRef } of a GitRepository",
      })
      .optional()
      .describe("Whose signature it must carry."),
    insecure: z.boolean().default(false).describe("Plain HTTP; of an OCIRepository."),
  })
  .superRefine((source, context) => {
    const oci = source.kind === "OCIRepository";
    const fault = (path: keyof typeof source, message: string): void => {
      context.addIssue({ code: "custom", path: [path], input: source[path], message });
    };
    if (oci !== source.url.startsWith("oci://"))
      fault(
        "url",
        oci ? "an oci:// address for an OCIRepository" : "an https:// or ssh:// address for a GitRepository",
      );
    if (source.verify !== undefined && oci !== "provider" in source.verify)
      fault(
        "verify",
        oci
          ? "{ provider, secretRef?, matchOIDCIdentity? } for an OCIRepository"
          : "{ mode?, secretRef } for a GitRepository",
      );
    if (!oci && source.insecure)
      fault("insecure", "only for an OCIRepository; a GitRepository says it by its http:// address");
    if (oci && ("branch" in source.ref || "commit" in source.ref))
      fault("ref", "tag, semver or digest for an OCIRepository");
    if (!oci && "digest" in source.ref) fault("ref", "branch, tag, semver or commit for a GitRepository");
  });
