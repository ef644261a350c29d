import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import { literal } from "./config.ts";

interface BasicLogin {
  readonly basic: { readonly username: string };
}

interface OidcLogin {
  readonly oidc: {
    readonly issuerUrl: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly allowedSubjects: readonly string[];
  };
  /** URL of the page. */
  readonly page: string;
}

/** A login whose secret value the stack has. */
export type OwnLogin =
  | (BasicLogin & { readonly passwordHash: pulumi.Input<string> })
  | (OidcLogin & { readonly clientSecret: pulumi.Input<string> });

/** A login whose secret value is under a key in an existing Secret in Gatus's namespace. */
export type ExistingLogin = (BasicLogin | OidcLogin) & { readonly secret: string; readonly key: string };

/** Who may see the results. */
export type GatusLogin = OwnLogin | ExistingLogin;

/** Name of the Secret, if the stack writes it. */
export const LOGIN_SECRET = "gatus-login";
/** Name of the volume. */
export const LOGIN = "login";

/** A separate file of the configuration, so that it can be a Secret. */
export function loginSecret(login: OwnLogin, namespace: string): KubeObject {
  const file = pulumi
    .output("basic" in login ? login.passwordHash : login.clientSecret)
    .apply((secret) => stringify(loginSettings(login, literal(secret)), { lineWidth: 0 }));
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: LOGIN_SECRET, namespace },
    type: "Opaque",
    stringData: { "login.yaml": file },
  };
}

/** The part of the configuration for the login (Gatus 5.36, `security/`). @param secret the hash of the password, or the client secret */
export function loginSettings(login: BasicLogin | OidcLogin, secret: unknown): object {
  if ("basic" in login)
    return {
      security: { basic: { username: literal(login.basic.username), "password-bcrypt-base64": secret } },
    };
  const { issuerUrl, clientId, scopes, allowedSubjects } = login.oidc;
  const oidc = {
    "issuer-url": literal(issuerUrl),
    "redirect-url": `${login.page}/authorization-code/callback`,
    "client-id": literal(clientId),
    "client-secret": secret,
    scopes: scopes.map(literal),
    ...(allowedSubjects.length > 0 && { "allowed-subjects": allowedSubjects.map(literal) }),
  };
  return { security: { oidc } };
}
