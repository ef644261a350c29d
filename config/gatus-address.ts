import { z } from "zod";
import { labelName } from "./values.ts";

/** How to reach a stack's Gatus; part of both the configuration and the evidence. */
export const gatusAddress = z.union(
  [
    z.strictObject({
      url: z
        .string()
        .regex(/^https?:\/\/[^\s/@]+(\/[^\s?#]*[^\s?#/])?$/, "a URL without credentials or trailing slash")
        .describe("URL of Gatus, such as `https://status.example.com`."),
    }),
    z.strictObject({
      namespace: labelName.describe(
        "Namespace of the Gatus Service, which is reached through the API server.",
      ),
      service: labelName.describe("Name of the Gatus Service."),
      port: z.string().min(1).default("80").describe("Port of the Gatus Service, by name or number."),
    }),
  ],
  { error: "either { url } or { namespace, service, port? }" },
);
export type GatusAddress = z.infer<typeof gatusAddress>;

/** Where the endpoints of routes come from. */
export interface RouteProbes {
  /** Whether gatus-sidecar writes them for this stack's Gatus, with its defaults. If another owner runs Gatus, only what annotations set is known. */
  readonly discovered: boolean;
}
