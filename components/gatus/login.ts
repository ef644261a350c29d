import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import { literal } from "./config.ts";

/** Who may see the results. */
export type GatusLogin =
  | { readonly basic: { readonly username: string }; readonly passwordHash: pulumi.Input<string> }
  | {
      readonly oidc: {
        readonly issuerUrl: string;
        readonly clientId: string;
        readonly scopes: readonly string[];
        readonly allowedSubjects: readonly string[];
      };
      readonly clientSecret: pulumi.Input<string>;
      /** URL of the page. */
      readonly page: string;
    };

/** Name of the Secret, and of its volume. */
export const LOGIN_SECRET = "gatus-login";
export const LOGIN = "login";

/** A separate file of the configuration, so that it can be a Secret (Gatus 5.36, `security/`). */
export function loginSecret(login: GatusLogin, namespace: string): KubeObject {
  const file = pulumi
    .output("basic" in login ? login.passwordHash : login.clientSecret)
    .apply((secret) => stringify({ security: securityOf(login, literal(secret)) }, { lineWidth: 0 }));
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: LOGIN_SECRET, namespace },
    type: "Opaque",
    stringData: { "login.yaml": file },
  };
}

function securityOf(login: GatusLogin, secret: string): Record<string, unknown> {
  if ("basic" in login)
    return { basic: { username: literal(login.basic.username), "password-bcrypt-base64": secret } };
  const { issuerUrl, clientId, scopes, allowedSubjects } = login.oidc;
  return {
    oidc: {
      "issuer-url": literal(issuerUrl),
      "redirect-url": `${login.page}/authorization-code/callback`,
      "client-id": literal(clientId),
      "client-secret": secret,
      scopes: scopes.map(literal),
      ...(allowedSubjects.length > 0 && { "allowed-subjects": allowedSubjects.map(literal) }),
    },
  };
}
