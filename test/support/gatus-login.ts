import type * as pulumi from "@pulumi/pulumi";
import { loginSecret, type GatusLogin } from "../../components/gatus/login.ts";

/** The file in the Secret of a login, as Gatus reads it. */
export function loginFile(login: GatusLogin): Promise<string> {
  const { "login.yaml": file } = loginSecret(login, "observability").stringData as Record<
    string,
    pulumi.Output<string>
  >;
  return new Promise((resolve) => file!.apply(resolve));
}
