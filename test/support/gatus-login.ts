import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { loginSecret, type ExistingLogin, type OwnLogin } from "../../components/gatus/login.ts";
import { secretFiles, secretFileWriter } from "../../components/gatus/secret-files.ts";
import { writeSecretFile } from "./secret-file.ts";

/** The file in the Secret of a login, as Gatus reads it. */
export function loginFile(login: OwnLogin): Promise<string> {
  const { "login.yaml": file } = loginSecret(login, "observability").stringData as Record<
    string,
    pulumi.Output<string>
  >;
  return new Promise((resolve) => file!.apply(resolve));
}

/** Writes the file of a login from an existing Secret, as its init container does. @param value the value in the Secret @param dir Gatus's configuration */
export function writeLogin(login: ExistingLogin, value: string, dir: string): void {
  const [file] = secretFiles({ storage: { type: "memory" }, pushover: false, login });
  const writer = secretFileWriter(file!, "k8s-sidecar") as { readonly command: string[] };
  mkdirSync(join(dir, "login"));
  writeSecretFile(writer, { [login.key]: value }, join(dir, "login/login.yaml"));
}
