import { z } from "zod";
import { labelName } from "./values.ts";

/** How a verification reaches a stack's Gatus; both the configuration and the evidence hold it. */
export const gatusAddress = z.union(
  [
    z.strictObject({
      url: z
        .string()
        .regex(
          /^https?:\/\/[^\s/@]+(\/[^\s?#]*[^\s?#/])?$/,
          "an address without credentials and trailing slash",
        )
        .describe("Address of Gatus, such as `https://status.example.com`."),
    }),
    z.strictObject({
      namespace: labelName.describe("Namespace of its Service, which is reached through the API server."),
      service: labelName.describe("Name of its Service."),
      port: z.string().min(1).default("80").describe("Port of its Service, by name or number."),
    }),
  ],
  { error: "either { url } or { namespace, service, port? }" },
);
export type GatusAddress = z.infer<typeof gatusAddress>;
