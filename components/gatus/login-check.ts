import type { ClusterReader, Finding } from "../../kube/client.ts";
import { isBcryptInBase64 } from "../../lib/bcrypt.ts";
import { readExistingSecret } from "../shared/existing-secret.ts";
import type { GatusLogin } from "./login.ts";

/** Reports an existing Secret for the login that lacks its key, or with a value that lets no one in. No message contains any part of the value. */
export async function checkLogin(
  login: GatusLogin | undefined,
  namespace: string,
  cluster: ClusterReader,
): Promise<Finding[]> {
  if (login === undefined || !("secret" in login)) return [];
  const { secret: name, key } = login;
  const isBasic = "basic" in login;
  const { findings, values } = await readExistingSecret(
    {
      name,
      namespace,
      content: isBasic ? "the password of Gatus's login" : "the client secret of Gatus's login",
      keys: { [key]: isBasic ? "HASH" : "CLIENT_SECRET" },
      consequence: "Gatus would not start",
    },
    cluster,
  );
  const value = values[key]?.trim();
  if (value === undefined) return [...findings];
  const warn = (problem: string, hint: string): Finding[] => [
    {
      severity: "warning",
      message: `Key ${key} of Secret ${namespace}/${name} on ${cluster.context} ${problem}`,
      hint: `${hint} Fix the Secret where it is defined.`,
    },
  ];
  if (isBasic && !isBcryptInBase64(value))
    return warn(
      "is not a bcrypt hash in base64: no one could log in to Gatus.",
      "The value itself is base64, in addition to what Kubernetes does with every Secret: htpasswd -nbBC 10 '' PASSWORD | tr -d ':\\n' | base64 -w0",
    );
  return value === "" ? warn("is empty: Gatus would not start.", "It is the client's secret.") : [];
}
